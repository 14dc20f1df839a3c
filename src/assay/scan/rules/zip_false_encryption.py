"""A zip entry says that it is encrypted, and is not.

## Why it matters
Tools that honour the mark refuse the entry or skip it; loaders that ignore the mark, PyTorch's among them, load it.
So the mark hides the entry from a scanner and from nobody else.

## Example
A PyTorch zip in which bit 0 of the flags of `archive/data.pkl` was set, and nothing else changed.

## Remedy
Do not load it: no tool writes such an entry by accident.

## References
CVE-2025-1945 (GHSA-w8jq-xcqf-f792); APPNOTE.TXT 4.4.4; MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.formats.archive.zip import Zip
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Entries whose data were read without a password, and have the declared checksum."""
    if isinstance(view, Zip):
        for entry in view.not_encrypted:
            yield Hit(f"the entry {shown(entry.name)} is marked as encrypted and is not", entry.header_offset)


RULE = Rule(
    id="zip-false-encryption",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
