"""An archive has two members of the same name.

## Why it matters
One reader takes the first, another the last. A scanner that looks at the harmless one says nothing about the one that
is loaded: two parsers see two different models.

## Example
A PyTorch zip with two `archive/data.pkl`: the first runs a command, the last is a plain dictionary.

## Remedy
Do not load it. Ask its maker for an archive that says one thing only.

## References
CWE-436, Interpretation Conflict; research on parser differentials in model scanners; MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, same, shown
from assay.formats.archive.zip import Entry, Zip
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Names that unpack to the same place."""
    if isinstance(view, Zip):
        yield from _zip(view)
        return
    seen: set[str] = set()
    for place in view.places():
        name = same(place.name)
        if name in seen and not place.is_folder and place.name:  # a tar may be appended to: the last one counts
            yield Hit(f"the name {shown(place.name)} stands in it more than once", place.offset, severity=Severity.LOW)
        seen.add(name)


def _zip(view: Zip) -> Iterator[Hit]:
    seen: dict[str, Entry] = {}
    folded: dict[str, Entry] = {}
    for entry in view.entries:
        if entry.is_folder or not entry.listed:
            continue
        name = same(entry.name)
        first = seen.setdefault(name, entry)
        if first is not entry:
            equal = (first.crc, first.size) == (entry.crc, entry.size)
            what = "twice, with the same content" if equal else "twice, with different content"
            message = f"the name {shown(entry.name)} stands in it {what}"
            yield Hit(message, entry.header_offset, severity=Severity.LOW if equal else None)
        elif folded.setdefault(name.casefold(), entry) is not entry:
            # PyTorch's reader finds its records whatever the case of their names.
            severity = Severity.HIGH if name.casefold().endswith(".pkl") else Severity.LOW
            message = f"the name {shown(entry.name)} stands in it twice, but for upper and lower case"
            yield Hit(message, entry.header_offset, severity=severity)


RULE = Rule(
    id="archive-duplicate-entry",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
