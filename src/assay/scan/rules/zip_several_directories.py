"""A zip has more than one directory, or one that miscounts its entries.

## Why it matters
Readers find the directory in different ways: the last end record, the one whose comment reaches the end of the file,
an offset counted from the start. Where they disagree, a scanner lists one set of files and a loader opens another.

## Example
The comment of one end record holds a second end record that points to another directory.

## Remedy
Do not load it. Ask its maker for an archive that says one thing only.

## References
CWE-436, Interpretation Conflict; APPNOTE.TXT 4.3.16; MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive
from assay.formats.archive.zip import Zip
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Directories and end records that contradict each other."""
    if not isinstance(view, Zip):
        return
    if view.directories > 1:
        yield Hit(f"{view.directories} different directories can be taken for the zip's own", view.ends[0].directory)
    if view.miscounted is not None:
        declared, there = view.miscounted
        message = f"the end record counts {declared:,} entries, the directory lists {there:,}"
        yield Hit(message, view.ends[0].offset)


RULE = Rule(
    id="zip-several-directories",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
