"""Something that can be loaded follows the end of a picture, sound or film.

## Why it matters
Viewers stop at the end and show a harmless picture; a loader that seeks behind it, or another file that names the
offset, finds a pickle, an archive or a program. It is an old way to carry things past those who look.

## Example
`logo.png` with a pickle after its last chunk.

## Remedy
Cut the file at its end, or make the picture anew. Ask where it came from.

## References
MITRE ATLAS AML.T0074, Masquerading; CWE-436, Interpretation Conflict.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.appended import recognised
from assay.formats.plain.plain import Plain
from assay.formats.source import Window
from assay.scan.rule import Hit, Rule


def check(view: Plain) -> Iterator[Hit]:
    """What follows the end and is a format of its own."""
    if view.end is not None and view.trailing and recognised(Window(view.source, view.end, view.trailing)):
        yield Hit(f"{view.trailing:,} bytes that are a file of their own follow its end", view.end)


RULE = Rule(
    id="plain-appended-data",
    reads=Plain.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
