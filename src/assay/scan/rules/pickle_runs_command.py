"""The pickle runs a command on the machine that loads it.

## Why it matters

A pickle is a program: whoever loads it calls what it names. This one starts a shell or another program, which is what
nearly every malicious model does first. No model needs it.

## Example

`os.system("curl … | sh")` in a `__reduce__`, or one of the many ways to the same place: `pip.main`, `pty.spawn`,
`uuid._get_command_stdout`, `torch.utils.collect_env.run`.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- Advisories of a scanner that kept a list of bad names: https://github.com/mmaitre314/picklescan/security/advisories
- The Art of Hide and Seek: making pickle-based model supply chain poisoning stealthy: https://arxiv.org/abs/2508.19774
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.pickles.judgement import judge
from assay.scan.rule import Hit, Rule


def check(view: Pickle) -> Iterator[Hit]:
    """What :mod:`assay.scan.pickles` found for this rule."""
    yield from judge(view).of("pickle-runs-command")


RULE = Rule(
    id="pickle-runs-command",
    reads=Pickle.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
