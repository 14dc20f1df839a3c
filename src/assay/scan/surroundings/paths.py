"""Paths that configurations name."""

from __future__ import annotations

import re
from typing import Final

_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")


def leaves(path: str) -> bool:
    """Whether a path leads out of the folder it is relative to. Addresses are no paths."""
    if "://" in path:
        return path.lower().startswith("file:")
    plain = path.replace("\\", "/")
    if plain.startswith(("/", "~")) or _DRIVE.match(path):
        return True
    depth = 0
    for part in plain.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False
