"""A file is a link to somewhere else.

## Why it matters
Whoever opens it reads what it points to. A model folder that is copied to a server and holds `model.bin` as a link to
the server's own passwords or keys has the loader, or whatever serves the folder, read those. A link that leads to where
a cache keeps its files is ordinary.

## Example
`model.bin -> /etc/passwd`.

## Remedy
Put the file itself there, or remove the link. Do not serve or upload a folder with such links.

## References
CWE-59 (link following); CWE-61.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.python_constants import is_secret_place
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule

#: Where the system keeps what is nobody's model; programs and libraries, which environments link to, lie elsewhere.
_OF_SYSTEM: Final = ("/etc/", "/proc/", "/sys/", "/dev/", "/var/log/", "/var/lib/", "/boot/", "/run/")
#: In it, what is the same everywhere and says nothing: programs that can be exchanged, fonts, certificates, time zones.
_SHARED: Final = ("/etc/alternatives/", "/etc/ssl/certs/", "/etc/fonts/", "/etc/localtime", "/var/lib/docker/")


def check(view: Repository) -> Iterator[Hit]:
    """Links out of their folder to what is not among the files that were scanned."""
    for path, target in sorted(view.links.items()):
        home = str(PurePosixPath(target).parent)
        secret = is_secret_place(target) or (target.startswith(_OF_SYSTEM) and not target.startswith(_SHARED))
        if secret:
            yield Hit(f"it is a link to {target!a}, which is read in its place", member=path)
        elif not any(target.endswith(f"/{other}") for other in _near(view, target)):
            yield Hit(f"it is a link to a file in {home!a}", member=path, severity=Severity.LOW)


def _near(view: Repository, target: str) -> list[str]:
    """Scanned files of the target's name, as they are named from where the scan began."""
    name = PurePosixPath(target).name
    return view.by_name.get(name, [])


RULE = Rule(
    id="repository-link-escape",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
