"""Expand a pattern into paths, without the silence of a shell: what cannot be listed is an error, not a gap."""

from __future__ import annotations

import os
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

    :raises RefusedPath: a ``**`` meets a symbolic link to a folder; it would be neither followed nor reported
    :raises HashingError: nothing matches, or a folder on the way cannot be listed
    """
    path = Path(pattern)
    if not _MAGIC.intersection(pattern) or os.path.lexists(path):
        return (path,)
    start, parts = (Path(path.anchor), path.parts[1:]) if path.is_absolute() else (Path(), path.parts)
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
            elif entry.is_symlink() and entry.is_dir():
                raise link(entry.path, None, entry.path)
    elif _MAGIC.intersection(part):
        for entry in _listed(here):
            if fnmatchcase(entry.name, part) and (not rest or entry.is_dir()):
                yield from _matches(here / entry.name, rest)
    elif os.path.lexists(here / part):
        yield from _matches(here / part, rest)


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except NotADirectoryError:
        return []
    except OSError as error:
        raise unreadable(error, str(folder)) from error
