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
    if "\0" in path:
        return "hides its end behind a zero byte"
    if _SCHEME.match(path):
        return "is an address and no file of the model"
    if path.startswith(("/", "\\")):
        return "is absolute"
    if _DRIVE.match(path):
        return "names a drive"
    if path.startswith("~"):
        return "leads to somebody's home folder"
    parts = re.split(r"[/\\]", path)
    if ".." in (part.strip() for part in parts):
        return "leads out of the model's folder"
    if any(_DEVICE.fullmatch(part) for part in parts):
        return "names a device"
    return None
