"""The pickle reaches a name through something else instead of naming it.

## Why it matters

Names that lead through another module's imports, through double-underscored attributes, or that are put together while
the pickle is loaded have one purpose: that whoever reads the file does not see them.

## Example

`random._os.system`, `numpy.__builtins__`, `getattr(torch.serialization, "os")`.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- GHSA-5j3x-jp52-966f: https://github.com/advisories/GHSA-5j3x-jp52-966f
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
    yield from judge(view).of("pickle-indirect-name")


RULE = Rule(
    id="pickle-indirect-name",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
