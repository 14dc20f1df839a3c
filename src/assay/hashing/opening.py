"""Open a file or folder by descriptors, so that no symbolic link put in its place meanwhile can redirect us."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.core.errors import HashingError, RefusedPath
from assay.hashing.names import shown

# O_NONBLOCK: opening a pipe without a writer must fail, not wait. It changes nothing for a regular file.
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
FOLDER: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY
_PASSAGE: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_DIRECTORY

_KINDS: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}
_MOVED: Final = "Hash it again when nothing writes to it any more."


@dataclass(frozen=True, slots=True)
class Target:
    """A path to read and how far the caller vouches for it.

    Below ``within`` no component may be a symbolic link. Without it, that holds for every component of a relative path
    and for the last one of an absolute path; what lies above is taken as the caller's word.

    ``without`` are paths below a folder (``a/b``) that are left out, whatever they are: neither read nor refused.
    """

    path: Path
    within: Path | None = None
    without: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """The path as messages name it."""
        return shown(str(self.path))

    def route(self) -> tuple[str, tuple[str, ...]]:
        """The folder to start from, and the parts to walk from there without following a link.

        :raises HashingError: the path does not lie within ``within``
        """
        if self.within is not None:
            try:
                return str(self.within), self.path.relative_to(self.within).parts
            except ValueError as error:
                raise HashingError(f"it does not lie within {shown(str(self.within))}", where=self.where) from error
        if not self.path.is_absolute():
            return ".", self.path.parts
        return str(self.path.parent), self.path.parts[-1:] if self.path.name else ()


@contextmanager
def guarded(where: str) -> Iterator[None]:
    """Turn an operating system's error that nothing more precise caught into a :class:`HashingError`."""
    try:
        yield
    except OSError as error:
        raise unreadable(error, where) from error


@contextmanager
def opened(target: Target) -> Iterator[tuple[int, os.stat_result]]:
    """Open a regular file or a folder for reading; gives its descriptor and status, and closes it again.

    :raises RefusedPath: a symbolic link, a pipe, a socket or a device
    :raises HashingError: it is not there or cannot be opened
    """
    start, parts = target.route()
    # The start is the caller's word: here, and only here, a link is followed.
    flags = (_PASSAGE if parts else FOLDER) & ~os.O_NOFOLLOW
    with _held(_open(start, flags, None, start)) as folder:
        if not parts:
            yield folder, os.fstat(folder)
            return
        with below(folder, parts, within=start) as (descriptor, status):
            yield descriptor, status


@contextmanager
def below(folder: int, parts: Sequence[str], *, within: str) -> Iterator[tuple[int, os.stat_result]]:
    """Open what lies at ``parts`` below an open folder, which is named ``within`` in messages; as :func:`opened`."""
    passed, here = _open(".", _PASSAGE, folder, within), Path(within)
    try:
        for part in parts[:-1]:
            here /= part
            deeper = _open(part, _PASSAGE, passed, str(here))
            os.close(passed)
            passed = deeper
        descriptor = _open_last(parts[-1], passed, str(here / parts[-1]))
    finally:
        os.close(passed)
    with _held(descriptor):
        yield descriptor, os.fstat(descriptor)


def open_file(name: str, folder: int, where: str) -> tuple[int, os.stat_result]:
    """Open a regular file in an open folder whose listing named it; the caller closes the descriptor.

    :param where: the path for messages
    :raises RefusedPath: it is no regular file
    :raises HashingError: it cannot be opened, or is gone
    """
    try:
        descriptor = os.open(name, FILE, dir_fd=folder)
    except FileNotFoundError as error:
        raise changed(where, "it is gone") from error
    except OSError as error:
        raise failure(error, name, folder, where) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise special(status.st_mode, where)
    return descriptor, status


def open_folder(name: str, folder: int, where: str) -> int:
    """Open a folder in an open folder whose listing named it; as :func:`open_file`."""
    try:
        return os.open(name, FOLDER, dir_fd=folder)
    except FileNotFoundError as error:
        raise changed(where, "it is gone") from error
    except OSError as error:
        raise failure(error, name, folder, where) from error


def failure(error: OSError, name: str, folder: int | None, where: str) -> HashingError:
    """What to say when ``name`` could not be opened: what stands there says more than the error's number."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except (OSError, ValueError):
        mode = 0
    if stat.S_ISLNK(mode):
        return link(name, folder, where)
    if stat.S_IFMT(mode) in _KINDS:
        return special(mode, where)
    if isinstance(error, FileNotFoundError):
        return HashingError("there is nothing here", where=shown(where), remedy="Check the path.")
    return unreadable(error, where)


def unreadable(error: OSError, where: str) -> HashingError:
    """The error for what the system would not let us read."""
    reason = (error.strerror or "unknown reason").lower()
    return HashingError(
        f"it cannot be read: {reason}", where=shown(where), remedy="Mend that; nothing is hashed in its place."
    )


def link(name: str, folder: int | None, where: str) -> RefusedPath:
    """The refusal of a symbolic link, naming where it points."""
    try:
        end = shown(os.readlink(name, dir_fd=folder))
    except OSError:
        end = "an unreadable target"
    return RefusedPath(
        f"it is a symbolic link to {end}",
        where=shown(where),
        remedy="A link can be pointed elsewhere without changing a byte. Put the file itself there, or name it.",
    )


def special(mode: int, where: str) -> RefusedPath:
    """The refusal of what is neither a regular file nor a folder."""
    kind = _KINDS.get(stat.S_IFMT(mode), "neither a regular file nor a folder")
    return RefusedPath(f"it is {kind}", where=shown(where), remedy="Only regular files and folders can be hashed.")


def empty_folder(target: Target) -> RefusedPath:
    """The refusal of a folder without any file: its digest would vouch for nothing."""
    return RefusedPath("the folder holds no file", where=target.where, remedy="Check that this is the folder you mean.")


def changed(where: str, how: str) -> HashingError:
    """The error for bytes that moved under the reader."""
    return HashingError(f"it changed while it was being read: {how}", where=shown(where), remedy=_MOVED)


def _open(name: str, flags: int, folder: int | None, where: str) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except ValueError as error:  # a null byte
        raise RefusedPath("the path contains a null byte", where=shown(where)) from error
    except OSError as error:
        raise failure(error, name, folder, where) from error


def _open_last(name: str, folder: int, where: str) -> int:
    # Look first: opening a device, even without blocking, can make it act.
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except ValueError as error:
        raise RefusedPath("the path contains a null byte", where=shown(where)) from error
    except OSError as error:
        raise failure(error, name, folder, where) from error
    if stat.S_ISDIR(mode):
        return _open(name, FOLDER, folder, where)
    if stat.S_ISLNK(mode):
        raise link(name, folder, where)
    if not stat.S_ISREG(mode):
        raise special(mode, where)
    return open_file(name, folder, where)[0]


@contextmanager
def _held(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
