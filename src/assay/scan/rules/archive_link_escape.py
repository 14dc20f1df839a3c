"""An archive has a link that points out of the folder it is unpacked in.

## Why it matters
A link that was unpacked first turns the next member, or whatever the loading program writes, into a write to a place
of the archive's choosing; and what reads the unpacked folder reads a foreign file in its stead.

## Example
A tar with a symbolic link `weights -> /home/user/.ssh` and then a file `weights/authorized_keys`.

## Remedy
Do not unpack it. Ask its maker for one that holds the files instead of links to them.

## References
CWE-59; CVE-2024-12718 and CVE-2025-4517 (Python's tarfile and links); MITRE ATLAS AML.T0011.000.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, link_escape, same, shown
from assay.scan.rule import Hit, Rule

#: Folders at the top of a Unix system: in a layer of a container, links from its root are what they should be.
_ROOT = frozenset(
    {"bin", "boot", "dev", "etc", "home", "lib", "lib64", "opt", "proc", "root", "run", "sbin", "srv", "usr", "var"}
)


def check(view: Archive) -> Iterator[Hit]:
    """Links that leave, and members that are written through them."""
    places = list(view.places())
    layer = len(_ROOT & {same(place.name).partition("/")[0] for place in places}) > 2
    leaving: dict[str, str] = {}
    for place in places:
        through = next((leaving[folder] for folder in _folders(same(place.name)) if folder in leaving), None)
        if through is not None:
            yield Hit(f"the member {shown(place.name)} is written through the link to {shown(through)}", place.offset)
        if place.link is None:
            continue
        where = link_escape(place.name, place.link, hard=place.hard)
        if where:
            leaving[same(place.name)] = place.link
            severity = Severity.LOW if layer and not place.hard and place.link.startswith("/") else None
            kind = "hard link" if place.hard else "link"
            message = f"the {kind} {shown(place.name)} points to {shown(place.link)}, {where}"
            yield Hit(message, place.offset, severity=severity)


def _folders(name: str) -> Iterator[str]:
    at = name.find("/")
    while at >= 0:
        yield name[:at]
        at = name.find("/", at + 1)


RULE = Rule(
    id="archive-link-escape",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
