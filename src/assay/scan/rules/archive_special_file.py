"""An archive has a member that is a device, a pipe or a socket.

## Why it matters
No model needs one. Unpacked by a privileged tool, a device gives access to a disk or to memory; reading a pipe waits
forever.

## Example
A tar with a block device `weights` of the numbers 8:0, the first disk.

## Remedy
Do not unpack it, least of all as an administrator. Ask its maker for one that holds files only.

## References
Python, *tarfile extraction filters* (PEP 706); MITRE ATLAS AML.T0011.000.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """What is neither file, folder nor link."""
    for place in view.places():
        if place.special:
            yield Hit(f"the member {shown(place.name)} is {place.special}", place.offset)


RULE = Rule(
    id="archive-special-file",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
