"""The array's type and shape need more bytes than the file has.

## Why it matters
A reader that maps the file by its shape reads beyond it, and one that allocates by its shape exhausts memory.

## Example
Shape (1099511627776,) in a file of 200 bytes.

## Remedy
If the file was cut off on its way, fetch it again. Otherwise do not use it.

## References
NumPy's description of its format, `numpy.lib.format`.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.npy import Npy
from assay.scan.rule import Hit, Rule


def check(view: Npy) -> Iterator[Hit]:
    """Bytes that are missing."""
    if view.missing:
        message = f"type and shape need {view.data_size:,} bytes, {view.missing:,} more than there are"
        yield Hit(message, view.data_start)


RULE = Rule(
    id="numpy-size-mismatch",
    reads=Npy.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
