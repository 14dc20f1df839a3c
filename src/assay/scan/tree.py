"""The files under a path, every one of them: what cannot be entered or opened is told as well."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.core.errors import HashingError
from assay.core.finding import Unknown
from assay.hashing.opening import special, unreadable


@dataclass(frozen=True, slots=True)
class Found:
    """A file to inspect.

    :param place: where it lies
    :param path: its name in results: as the caller named it, or below the folder as the caller named that
    :param status: what the system said of it when it was found (of its target, for a link)
    :param target: where it really lies, when it is a link out of its folder; else empty
    """

    place: str
    path: str
    status: os.stat_result
    target: str = ""


def files_under(root: Path) -> Iterator[Found | Unknown]:
    """Every regular file at or below ``root``, by name; for what cannot be read, why.

    A link to a file is followed, under the link's name: Hugging Face's cache consists of them. A link to a folder is
    not; when what it points to lies elsewhere, that is told.

    :raises HashingError: there is nothing at ``root``
    """
    try:
        status = root.stat()
    except (OSError, ValueError) as error:
        raise _missing(error, root) from error
    if stat.S_ISDIR(status.st_mode):
        yield from _below(str(root), "" if str(root) == "." else str(root).rstrip("/") + "/", os.path.realpath(root))
    elif stat.S_ISREG(status.st_mode):
        yield Found(str(root), str(root), status)
    else:
        raise special(status.st_mode, str(root))


def _below(folder: str, shown: str, top: str) -> Iterator[Found | Unknown]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        yield Unknown(shown.rstrip("/"), unreadable(error, folder).what)
        return
    folders = []
    for entry in entries:
        path = shown + entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, path + "/"))
                continue
            status = entry.stat()
        except OSError as error:
            yield Unknown(path, _unreached(entry, error))
            continue
        if stat.S_ISREG(status.st_mode):
            yield Found(entry.path, path, status, _elsewhere(entry.path) if entry.is_symlink() else "")
        elif stat.S_ISDIR(status.st_mode):
            if not _within(os.path.realpath(entry.path), top):
                yield Unknown(path, "it is a link to a folder elsewhere; scan that folder by its own name")
        else:
            yield Unknown(path, special(status.st_mode, entry.path).what)
    for place, path in folders:
        yield from _below(place, path, top)


def _elsewhere(link: str) -> str:
    target = os.path.realpath(link)
    return "" if target.rpartition("/")[0] == os.path.realpath(link.rpartition("/")[0] or ".") else target


def _within(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")


def _unreached(entry: os.DirEntry[str], error: OSError) -> str:
    if entry.is_symlink() and isinstance(error, FileNotFoundError):
        return "it is a link to nothing"
    return unreadable(error, entry.path).what


def _missing(error: OSError | ValueError, root: Path) -> HashingError:
    if isinstance(error, FileNotFoundError):
        return HashingError("there is nothing here", where=str(root), remedy="Check the path.")
    if isinstance(error, OSError):
        return unreadable(error, str(root))
    return HashingError("the path contains a null byte", where=repr(str(root)))
