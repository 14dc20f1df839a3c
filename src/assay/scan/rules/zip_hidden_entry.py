"""A zip holds data that its directory does not list.

## Why it matters
Whoever lists the zip does not see them. Readers that walk it from the front, as streaming unpackers do, unpack them
all the same; and code inside the model can read them from the file.

## Example
Between two listed entries stands a third, `archive/evil.pkl`, whose line in the directory was removed.

## Remedy
Do not load it. Have it packed again from files you have looked at.

## References
CWE-436, Interpretation Conflict; APPNOTE.TXT 4.3.6; MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive import zip_gaps
from assay.formats.archive.archive import Archive, shown
from assay.formats.archive.zip import Zip
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Local headers without a line in the directory, and bytes that belong to no entry."""
    if not isinstance(view, Zip) or not view.ends:
        return
    for entry in view.entries:
        if not entry.listed and entry.central is None:
            yield Hit(f"the entry {shown(entry.name)} is not listed in the directory", entry.header_offset)
    for region in view.regions:
        if region.title == zip_gaps.GAP:
            message = f"{region.length:,} bytes between the entries belong to none"
            yield Hit(message, region.offset, severity=Severity.MEDIUM)
    for entry, length in view.slack:
        message = f"{length:,} bytes follow the compressed data of {shown(entry.name)} within its entry"
        yield Hit(message, entry.offset, severity=Severity.MEDIUM)


RULE = Rule(
    id="zip-hidden-entry",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
