"""A member's content does not have the checksum that the archive declares for it.

## Why it matters
Readers that check stop with an error, and some scanners then say nothing; readers that do not check, PyTorch's among
them, load what is there. Or the bytes were altered after packing.

## Example
A PyTorch zip in which the checksum of `archive/data.pkl` was changed: Python's zipfile refuses it, `torch.load` runs
it.

## Remedy
Get the file again and compare its digest with its maker's. If it stays so, ask for one that was packed anew.

## References
CVE-2025-10156 (a scanner stopped at the checksum and the loader did not); MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Checksums that were compared while the members were read."""
    for name, offset, absent in view.broken_sums:
        if absent:  # PyTorch can be told not to compute any
            yield Hit(f"no checksum is declared for {shown(name)}", offset, severity=Severity.LOW)
        else:
            yield Hit(f"the content of {shown(name)} has another checksum than declared", offset)


RULE = Rule(
    id="archive-wrong-checksum",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
