"""An archive has a member whose name is not what it looks like.

## Why it matters
A NUL ends a name for some readers and not for others; characters that reverse the direction of writing hide the real
ending from a person; names of devices are no files on Windows. Each lets a file pass as another one.

## Example
A zip whose member is called `data.pkl\0.txt`: Python opens `data.pkl`, other readers see a text.

## Remedy
Ask where the archive comes from; have it packed again with plain names.

## References
CWE-158; CVE-2021-42574 (bidirectional characters); MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, odd, shown
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Control characters, reversed writing, devices."""
    for place in view.places():
        how = odd(place.name)
        if how:
            severity = Severity.LOW if "device" in how else None
            yield Hit(f"the member's name {shown(place.name)} {how}", place.offset, severity=severity)


RULE = Rule(
    id="archive-odd-name",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
