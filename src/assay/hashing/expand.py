"""Expand a pattern into paths, without the silence of a shell: what cannot be listed is an error, not a gap."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from assay.core.errors import HashingError
from assay.hashing.names import shown
from assay.hashing.opening import link, unreadable

_MAGIC: Final = frozenset("*?[")


def expand(pattern: str) -> tuple[Path, ...]:
    """The paths that ``pattern`` names, sorted; a path that exists, or has none of ``* ? [``, names itself.

    ``*``, ``?`` and ``[...]`` match within one part, hidden names too; a part ``**`` matches any number of folders.
    What lies in a folder that is itself among the matches is left to that folder.

    :raises RefusedPath: a symbolic link to a folder lies on the way, after the first part that is a pattern: to follow
        it leaves the data, to pass it over leaves a gap
    :raises HashingError: nothing matches, or a folder on the way cannot be listed
    """
    path = Path(pattern)
    if not _MAGIC.intersection(pattern) or os.path.lexists(path):
        return (path,)
    start, parts = (Path(path.anchor), path.parts[1:]) if path.is_absolute() else (Path(), path.parts)
    while not _MAGIC.intersection(parts[0]):
        start, parts = start / parts[0], parts[1:]
    matches = set(_matches(start, parts))
    if not matches:
        raise HashingError("the pattern matches nothing", where=shown(pattern), remedy="Check it and the folder.")
    return tuple(sorted(match for match in matches if matches.isdisjoint(match.parents)))


def _matches(here: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    if not parts:
        yield here
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _matches(here, rest)
        for entry in _listed(here):
            if entry.is_dir(follow_symlinks=False):
                yield from _matches(here / entry.name, parts)
            else:
                _refuse_link(here / entry.name)
    elif _MAGIC.intersection(part):
        for entry in _listed(here):
            if fnmatchcase(entry.name, part):
                yield from _step(here / entry.name, rest)
    else:
        yield from _step(here / part, rest)


def _step(path: Path, rest: tuple[str, ...]) -> Iterator[Path]:
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise unreadable(error, str(path)) from error
    if not rest:
        yield path
    elif stat.S_ISLNK(mode):
        _refuse_link(path)
    elif stat.S_ISDIR(mode):
        yield from _matches(path, rest)


def _refuse_link(path: Path) -> None:
    if path.is_symlink() and os.path.isdir(path):  # noqa: PTH112 - a link that leads nowhere readable is no folder
        raise link(str(path), None, str(path))


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except NotADirectoryError:
        return []
    except OSError as error:
        raise unreadable(error, str(folder)) from error
