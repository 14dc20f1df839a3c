"""Something other than another array follows the array.

## Why it matters
`numpy.load` reads the first array and stops. What follows is seen by nobody who loads it, and found by whoever knows
where to look.

## Example
A shell script behind the numbers of a `.npy`.

## Remedy
Load the array and save it again; compare it with the original.

## References
NumPy's description of its format, `numpy.lib.format`. What follows is inspected on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.npy import MAGIC, Npy
from assay.scan.rule import Hit, Rule


def check(view: Npy) -> Iterator[Hit]:
    """Bytes behind the array, unless they are one more array or zeros."""
    trailing = view.trailing
    start = trailing.read(0, 4096)
    if start.strip(b"\0") and not start.startswith(MAGIC):
        yield Hit(f"{trailing.size:,} bytes follow the array", view.data_end)


RULE = Rule(
    id="numpy-trailing-data",
    reads=Npy.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
