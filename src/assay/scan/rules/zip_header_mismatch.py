"""The two headers of a zip entry contradict each other.

## Why it matters
A zip describes each entry twice, before its data and in the directory at the end. Readers trust one or the other:
what a scanner lists under one name or size, a loader unpacks under another.

## Example
The directory says `archive/notes.txt`, the header before the data says `archive/data.pkl`.

## Remedy
Do not load it. Ask its maker for an archive that says one thing only.

## References
CVE-2025-1944 (GHSA-7q5r-7gvp-wc82); APPNOTE.TXT 4.3.7 and 4.3.12; MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive import zip_methods, zip_records
from assay.formats.archive.archive import Archive, same, shown
from assay.formats.archive.zip import Entry, Zip
from assay.formats.archive.zip_records import Header
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Names, methods, sizes and checksums of listed entries."""
    if not isinstance(view, Zip):
        return
    for entry in view.entries:
        if entry.listed and entry.local is not None and entry.central is not None:
            yield from _names(entry, entry.local, entry.central)
            yield from _numbers(entry, entry.local, entry.central)


def _names(entry: Entry, local: Header, central: Header) -> Iterator[Hit]:
    if local.raw_name != central.raw_name:
        severity = Severity.LOW if same(local.name) == same(central.name) else None
        message = f"it is {shown(central.name)} in the directory and {shown(local.name)} before its data"
        yield Hit(message, entry.header_offset, severity=severity)
    for header in (central, local):
        if header.unicode_name not in {None, header.name} and header.raw_name.isascii():
            message = f"it is {shown(header.name)} to some readers and {shown(header.unicode_name or '')} to others"
            yield Hit(message, entry.header_offset)


def _numbers(entry: Entry, local: Header, central: Header) -> Iterator[Hit]:
    described = local.flags & zip_records.DESCRIBED
    if local.method != central.method:
        names = zip_methods.described(central.method), zip_methods.described(local.method)
        message = f"the method of {shown(entry.name)} is {names[0]} in the directory and {names[1]} before its data"
        yield Hit(message, entry.header_offset)
    for what, before, listed in (
        ("compressed size", local.compressed, central.compressed),
        ("size", local.size, central.size),
        ("checksum", local.crc, central.crc),
    ):
        if before == listed or (before == 0 and described):
            continue
        empty = not (local.compressed or local.size or local.crc)  # some writers never fill them in
        message = f"the {what} of {shown(entry.name)} is {listed} in the directory and {before} before its data"
        yield Hit(message, entry.header_offset, severity=Severity.LOW if empty else None)


RULE = Rule(
    id="zip-header-mismatch",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
