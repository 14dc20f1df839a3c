"""The pickle changes or ends the process that loads it.

## Why it matters

Environment variables, signal handlers, debugging hooks and module tables decide what code runs later and how; a pickle
that changes them takes over without calling anything that looks dangerous.

## Example

`sys.settrace(…)`, `os.putenv("LD_PRELOAD", "…")`, `sys.exit(0)` in the middle of a training run.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
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
    yield from judge(view).of("pickle-alters-process")


RULE = Rule(
    id="pickle-alters-process",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
