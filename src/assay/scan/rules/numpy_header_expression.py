"""The header of a NumPy array is a Python expression, not a literal.

## Why it matters
The header is written as a Python dictionary. NumPy reads it as a literal and refuses anything else; other readers, and
NumPy itself long ago, evaluate it, and then what stands there runs.

## Example
`{'descr': __import__('os').system('…'), 'fortran_order': False, 'shape': (1,)}`.

## Remedy
Do not load the file with anything. Ask its author for the array, saved anew.

## References
NumPy, *NEP 1: a simple file format for NumPy arrays*. CWE-95, Eval Injection.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.npy import Npy
from assay.scan.rule import Hit, Rule


def check(view: Npy) -> Iterator[Hit]:
    """A header that calls something or reaches into it."""
    if view.expression:
        yield Hit("its header is an expression, which a reader that evaluates it would run", 8)


RULE = Rule(
    id="numpy-header-expression",
    reads=Npy.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
