"""Where a path that a file names would lead, whatever system it is opened on."""

from __future__ import annotations

import re
from typing import Final

_DRIVE: Final = re.compile(r"[A-Za-z]:")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
#: Names that Windows takes for devices in every folder.
_DEVICE: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.[^/\\]*)?")


def escape(path: str) -> str | None:
    """How ``path`` leaves the folder it is relative to, as the end of a sentence; ``None`` when it stays.

    Both kinds of slash part names, since a file is opened where its reader runs, not where it was written.
    """
    parts = [part.strip() for part in re.split(r"[/\\]", path)]
    ways = (
        ("\0" in path, "hides its end behind a zero byte"),
        (_SCHEME.match(path), "is an address and no file of the model"),
        (path.startswith(("/", "\\")), "is absolute"),
        (_DRIVE.match(path), "names a drive"),
        (path.startswith("~"), "leads to somebody's home folder"),
        (".." in parts, "leads out of the model's folder"),
        (any(_DEVICE.fullmatch(part) for part in parts), "names a device"),
    )
    return next((how for found, how in ways if found), None)
