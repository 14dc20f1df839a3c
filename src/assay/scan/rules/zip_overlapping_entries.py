"""Entries of a zip share the same bytes.

## Why it matters
No packer writes that. It makes a bomb (thousands of files out of one block of data), or lets one entry be read as a
part of another.

## Example
A zip of 42 kB whose 250 entries all end in the same deflated data and expand to 5 GB.

## Remedy
Do not unpack it: no packer writes such an archive by accident.

## References
D. Fifield, "A better zip bomb", WOOT 2019; CWE-409; MITRE ATLAS AML.T0029.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.formats.archive.zip import Zip
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Listed entries that begin before the one in front of them ends."""
    if not isinstance(view, Zip):
        return
    before = None
    for entry in view.entries:
        if not entry.listed or entry.local is None:
            continue
        if before is not None and entry.header_offset < before.end:
            message = f"the entry {shown(entry.name)} lies within the data of {shown(before.name)}"
            yield Hit(message, entry.header_offset)
        if before is None or entry.end > before.end:
            before = entry


RULE = Rule(
    id="zip-overlapping-entries",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
