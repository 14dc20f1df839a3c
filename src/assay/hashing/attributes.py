"""What lies in a folder beside names and bytes, which no digest covers: mode bits, hard links, empty folders."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from assay.hashing.opening import unreadable


@dataclass(slots=True)
class Attributes:
    """Paths below the folder, sorted; ``special`` have the set-user-id or set-group-id bit."""

    special: list[str] = field(default_factory=list)
    executable: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


def attributes(path: Path, without: frozenset[str]) -> Attributes:
    """Look at every file and folder under ``path`` but those in ``without``; nothing is opened, no link followed.

    :raises HashingError: a folder cannot be listed
    """
    found = Attributes()
    try:
        if path.is_dir():
            _look(str(path), "", without, found)
        else:
            _note(path.lstat(), path.name, found)
    except OSError as error:
        raise unreadable(error, str(path)) from error
    for listed in (found.special, found.executable, found.linked, found.empty):
        listed.sort()
    return found


def _look(root: str, prefix: str, without: frozenset[str], found: Attributes) -> None:
    with os.scandir(f"{root}/{prefix}") as entries:
        listed = list(entries)
    if not listed and prefix:
        found.empty.append(prefix.rstrip("/"))
    for entry in listed:
        path = prefix + entry.name
        if path in without:
            continue
        if entry.is_dir(follow_symlinks=False):
            _look(root, f"{path}/", without, found)
        else:
            _note(entry.stat(follow_symlinks=False), path, found)


def _note(status: os.stat_result, path: str, found: Attributes) -> None:
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        return
    if mode & (stat.S_ISUID | stat.S_ISGID):
        found.special.append(path)
    elif mode & 0o111:
        found.executable.append(path)
    if status.st_nlink > 1:
        found.linked.append(path)
