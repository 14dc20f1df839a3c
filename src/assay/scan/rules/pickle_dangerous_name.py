"""The pickle names something dangerous without calling it.

## Why it matters

A function that is kept in an object is there to be called by somebody: by an attribute that is looked up later, by a
method that calls what it was given, by another pickle. No honest model keeps a reference to what runs commands.

## Example

`FunctionTransformer(func=os.system)`: harmless to load, a shell when the pipeline transforms its first row.

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
    yield from judge(view).of("pickle-dangerous-name")


RULE = Rule(
    id="pickle-dangerous-name",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
