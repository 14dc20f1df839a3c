"""An archive has a member whose name leads out of the folder it is unpacked in.

## Why it matters
Unpacking such a member with a tool that trusts names overwrites a file elsewhere: a start-up script, a key, the code
of the program that unpacks. Model archives (`.nemo`, `.mar`, `model.tar.gz`) are unpacked by the tools that load
them.

## Example
A tar with a member `../../evil.py`, or a zip with `/etc/cron.d/job` or `D:\\evil.dll`.

## Remedy
Do not unpack it. Ask its maker for one without such names; no honest tool writes them.

## References
CWE-22; CVE-2007-4559 (Python's tarfile); "Zip Slip", Snyk 2018; MITRE ATLAS AML.T0011.000.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, escape, shown
from assay.formats.archive.streams import Stream
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Absolute names, drives, and names that climb."""
    # Only `gunzip -N` obeys the name that gzip keeps, and it takes the last part of it.
    severity = Severity.LOW if isinstance(view, Stream) else None
    for place in view.places():
        how = escape(place.name)
        if how:
            yield Hit(f"the member {shown(place.name)} {how}", place.offset, severity=severity)


RULE = Rule(
    id="archive-path-escape",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
