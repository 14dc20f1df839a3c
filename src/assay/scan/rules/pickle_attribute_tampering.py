"""The pickle changes a module, class or function that is not its own.

## Why it matters

A pickle may give a state to the objects it makes. Given to a function or class that it only fetched, it replaces parts
of a library in the running process: the next ordinary call then does what the pickle wants.

## Example

`BUILD` on `numpy.size` with `{"shape": numpy.__builtins__}`; items put into `sys.modules`.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- A bypass of that kind: https://github.com/protectai/modelscan/issues/330
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
    yield from judge(view).of("pickle-attribute-tampering")


RULE = Rule(
    id="pickle-attribute-tampering",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
