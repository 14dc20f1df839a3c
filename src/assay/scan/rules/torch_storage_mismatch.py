"""A run of numbers is not there, or not as long as the pickle says.

## Why it matters
The pickle says how many numbers a tensor's storage has, the archive how many bytes its entry has. Where they disagree a
reader takes memory that is not the storage's, or bytes lie behind the numbers that nobody loads.

## Example
`data.pkl` refers to storage 0 with 64 numbers of four bytes; `archive/data/0` has 4,096 bytes.

## Remedy
Fetch the file again and compare its digest. If it is what was published, do not use it.

## References
`torch.serialization` in PyTorch's source.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.torch_zip import Torch
from assay.scan.rule import Hit, Rule


def check(view: Torch) -> Iterator[Hit]:
    """Every storage that is missing, too short or too long."""
    for mismatch in view.mismatches:
        wanted = f"the pickle refers to {mismatch.expected:,} bytes in {mismatch.entry!r}"
        there = "there is no such entry" if mismatch.found is None else f"it has {mismatch.found:,}"
        yield Hit(f"{wanted}, and {there}", mismatch.offset, member=mismatch.entry)


RULE = Rule(
    id="torch-storage-mismatch",
    reads=Torch.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
