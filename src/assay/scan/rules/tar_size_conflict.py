"""A tar gives one member two sizes.

## Why it matters
A reader finds the next member by the size of this one. Where one reader believes the extended record and another the
plain header, each finds different members after it: what a scanner lists is not what is unpacked.

## Example
A pax record says `size=1048576`, the header after it says 0: some readers take the megabyte for further members.

## Remedy
Do not unpack it. Ask its maker for one that was packed by a common tool.

## References
CVE-2025-62518 (TARmageddon); POSIX.1-2024 pax; MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.formats.archive.tar import Tar
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Members whose two sizes differ."""
    if isinstance(view, Tar):
        for offset, name, taken, other in view.conflicts:
            yield Hit(f"the member {shown(name)} has {taken:,} bytes to some readers and {other:,} to others", offset)


RULE = Rule(
    id="tar-size-conflict",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
