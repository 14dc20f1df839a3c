"""The folder that an isolated command takes for the project, and what is taken from it afterwards."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from assay.core.errors import StageError
from assay.stage.paths import check_path, clear_folder, move, parent_folder, status

#: Undeclared files that are told by name; a command that leaves more has its first ones told.
MAX_UNDECLARED: Final = 1000

_PRIVILEGED: Final = stat.S_ISUID | stat.S_ISGID


def prepare(staging: Path, project: Path, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    """Fill ``staging``, empty, with a place for each input to be mounted on and the folders that outputs lie in.

    :raises StageError: an input does not exist, or is a symbolic link or a special file
    """
    try:
        if any(staging.iterdir()):
            raise StageError("an earlier run left its files here", where=str(staging), remedy="Recover it first.")
        for name in inputs:
            path = check_path(name, what="an input")
            found = status(project, path)
            if found is None:
                raise StageError("the input is not there", where=name, remedy="Make it, or remove it from the stage.")
            if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                raise StageError("the input is a symbolic link or a special file", where=name)
            _make_place(staging, path, folder=stat.S_ISDIR(found.st_mode))
        for name in outputs:
            with parent_folder(staging, check_path(name, what="an output"), create=True):
                pass
    except OSError as error:
        raise StageError(f"the stage's workspace cannot be prepared: {error.strerror}", where=str(staging)) from error


def make_places(staging: Path, project: Path, folders: tuple[Path, ...]) -> tuple[str, ...]:
    """Make a place for each of ``folders`` that lies in the project; their paths in the project."""
    inside = [folder.relative_to(project).as_posix() for folder in folders if folder.is_relative_to(project)]
    try:
        for name in inside:
            _make_place(staging, PurePosixPath(name), folder=True)
    except OSError as error:
        raise StageError(f"the stage's workspace cannot be prepared: {error.strerror}", where=str(staging)) from error
    return tuple(inside)


def collect(staging: Path, project: Path, outputs: tuple[str, ...]) -> None:
    """Move the outputs that were made from ``staging`` into the project.

    :raises StageError: an output stands in the project already, is or holds something other than files, folders and
        links, or runs with its owner's rights
    """
    for name in outputs:
        path = check_path(name, what="an output")
        made = status(staging, path)
        if made is None:
            continue
        if status(project, path) is not None:
            raise StageError("the output is already there; a new one never replaces it unseen", where=name)
        _check_made(staging / path, name)
        move((staging, path), (project, path))


def undeclared(staging: Path, placed: tuple[str, ...], outputs: tuple[str, ...]) -> tuple[str, ...]:
    """The files in ``staging`` that are neither in ``placed`` nor in ``outputs``, sorted; at most a thousand.

    A folder that cannot be read is told itself, with a final ``/``. What cannot be printed in a name is escaped.
    """
    known = {*placed, *outputs}
    found: list[str] = []
    pending = [""]
    while pending and len(found) < MAX_UNDECLARED:
        folder = pending.pop()
        try:
            with os.scandir(staging / folder) as entries:
                for entry in sorted(entries, key=lambda item: item.name):
                    name = f"{folder}/{entry.name}" if folder else entry.name
                    if name in known:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(name)
                    else:
                        found.append(name)
        except OSError:
            found.append(f"{folder}/")
    return tuple(sorted(_printable(name) for name in found)[:MAX_UNDECLARED])


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make ``folder``, open to its owner only, and remove it with all that is in it; nothing when it was there before.

    :raises StageError: it cannot be made or removed
    """
    try:
        if folder.is_dir():
            made = False
        else:
            folder.mkdir(mode=0o700)
            made = True
    except OSError as error:
        raise StageError(f"the stage's workspace cannot be made: {error.strerror}", where=str(folder)) from error
    try:
        yield
    finally:
        if made:
            clear_folder(folder)
            try:
                folder.rmdir()
            except OSError as error:
                raise StageError(
                    f"the stage's workspace cannot be removed: {error.strerror}", where=str(folder)
                ) from error


def _printable(name: str) -> str:
    """A name that a command chose, fit for a terminal and for UTF-8."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in name)


def _make_place(staging: Path, path: PurePosixPath, *, folder: bool) -> None:
    with parent_folder(staging, path, create=True) as parent:
        if status(staging, path) is not None:
            return
        if folder:
            os.mkdir(path.name, dir_fd=parent)
        else:
            os.close(os.open(path.name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600, dir_fd=parent))


def _check_made(top: Path, name: str) -> None:
    pending = [top]
    while pending:
        path = pending.pop()
        try:
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                pending.extend(path.iterdir())
        except OSError as error:
            raise StageError(f"the output cannot be read: {error.strerror}", where=name) from error
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            raise StageError("the output is or holds a special file (a pipe, socket or device)", where=name)
        if stat.S_ISREG(mode) and mode & _PRIVILEGED:
            raise StageError("the output is or holds a program that runs with its owner's rights", where=name)
