"""A zip entry expands to another size than it declares.

## Why it matters
Readers that stop at the declared size and readers that go on to the end of the data see two different files.

## Example
`archive/data.pkl` declares 17 bytes, a harmless pickle; its data expand to 60 and hold a second one.

## Remedy
Do not load it. Ask its maker for an archive that says one thing only.

## References
CWE-130, Improper Handling of Length Parameter Inconsistency; MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.formats.archive.zip import Zip
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Sizes that were compared while the members were read."""
    if isinstance(view, Zip):
        for entry, size in view.wrong_size:
            message = f"the entry {shown(entry.name)} declares {entry.size:,} bytes and holds {size:,}"
            yield Hit(message, entry.header_offset)


RULE = Rule(
    id="zip-wrong-size",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
