"""Paths inside a project: checked by name, walked without following a symbolic link, removed without recursion."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from assay.core.errors import StageError

#: Folders of a project that no stage may read or write: assay's keys and ledger, and Git's hooks and objects.
RESERVED: Final = (".assay", ".git")

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def check_path(text: str, *, what: str) -> PurePosixPath:
    """Read a project-relative path with ``/`` between parts.

    :raises StageError: absolute, leaving the project, not in its plain form, or in a reserved folder
    """
    path = PurePosixPath(text)
    plain = text == str(path) and ".." not in path.parts and not path.is_absolute() and "\0" not in text
    if not plain or not path.parts:
        raise StageError(
            f"{text!r} is not a plain path inside the project",
            where=what,
            remedy="Write it relative to the project's folder, without `..`, `./` or a final `/`.",
        )
    if path.parts[0] in RESERVED:
        raise StageError(f"{text!r} lies in {path.parts[0]}, which no stage may read or write", where=what)
    return path


def check_declared(inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Check a stage's inputs and outputs against each other, by name alone.

    :raises StageError: a path that :func:`check_path` refuses, two outputs of which one holds the other, or an input
        and an output of which one holds the other
    """
    made = [check_path(output, what="an output") for output in outputs]
    read = [check_path(item, what="an input") for item in inputs]
    for position, output in enumerate(made):
        for other in made[position + 1 :]:
            if overlap(output, other):
                raise StageError(
                    f"the outputs {str(output)!r} and {str(other)!r} overlap", remedy="Declare one of them."
                )
        for item in read:
            if overlap(output, item):
                raise StageError(
                    f"the output {str(output)!r} and the input {str(item)!r} overlap",
                    remedy="A stage may not write what it reads; give the output a place of its own.",
                )


def overlap(first: PurePosixPath, second: PurePosixPath) -> bool:
    """Whether the two are the same path or one lies inside the other."""
    return first.is_relative_to(second) or second.is_relative_to(first)


@contextmanager
def parent_folder(root: Path, path: PurePosixPath, *, create: bool = False) -> Iterator[int]:
    """A descriptor of the folder that holds ``root/path``, reached without following a symbolic link below ``root``.

    :param create: make the folders that are missing
    :raises StageError: a part of the way is a symbolic link, no folder, or cannot be entered
    :raises FileNotFoundError: a part of the way is missing and ``create`` is off
    """
    descriptor = _enter(str(root), None, root)
    try:
        for part in path.parts[:-1]:
            inner = _enter(part, descriptor, root / path, create=create)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def status(root: Path, path: PurePosixPath) -> os.stat_result | None:
    """What stands at ``root/path`` itself, a symbolic link not followed; ``None`` when nothing does.

    :raises StageError: a part of the way is a symbolic link, or cannot be entered
    """
    try:
        with parent_folder(root, path) as folder:
            return os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def move(source: tuple[Path, PurePosixPath], target: tuple[Path, PurePosixPath]) -> None:
    """Rename one (root, path) to another, both ways walked without following a symbolic link.

    :raises StageError: nothing is there, a symbolic link is on the way, or the two lie on different file systems
    """
    try:
        with parent_folder(*source) as old, parent_folder(*target, create=True) as new:
            os.rename(source[1].name, target[1].name, src_dir_fd=old, dst_dir_fd=new)
    except OSError as error:
        raise StageError(
            f"{str(source[1])!r} cannot be moved to {str(target[0] / target[1])!r}: {error.strerror}",
            where=str(source[0]),
            remedy="The project and assay's workspace must lie on one file system, both writable.",
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` outlast a loss of power.

    :raises OSError: it is no folder, or the disk fails
    """
    descriptor = os.open(folder, _FOLDER)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_folder(folder: Path) -> None:
    """Remove everything in ``folder``, itself not; whatever depth or permissions a hostile command left.

    A folder that is found is moved up to the top and emptied there, so that neither recursion nor the length of a path
    is a limit.

    :raises StageError: something cannot be removed
    """
    try:
        descriptor = os.open(folder, _FOLDER)
        try:
            _clear(descriptor)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StageError(
            f"a stage's leftovers cannot be removed: {error.strerror}", where=str(folder), remedy="Remove them by hand."
        ) from error


def _clear(top: int) -> None:
    pending = [name for name in os.listdir(top) if _unlink_unless_folder(name, top)]
    taken = set(pending)
    counter = 0
    while pending:
        name = pending.pop()
        os.chmod(name, 0o700, dir_fd=top)
        inner = os.open(name, _FOLDER, dir_fd=top)
        try:
            for child in os.listdir(inner):  # noqa: PTH208 - a descriptor has no path
                if not _unlink_unless_folder(child, inner):
                    continue
                while (moved := f"d{counter}") in taken:
                    counter += 1
                counter += 1
                os.chmod(child, 0o700, dir_fd=inner)
                os.rename(child, moved, src_dir_fd=inner, dst_dir_fd=top)
                pending.append(moved)
        finally:
            os.close(inner)
        os.rmdir(name, dir_fd=top)


def _unlink_unless_folder(name: str, folder: int) -> bool:
    """Whether ``name`` is a real folder; anything else is unlinked."""
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return True
    os.unlink(name, dir_fd=folder)
    return False


def _enter(name: str, folder: int | None, way: Path, *, create: bool = False) -> int:
    try:
        if create:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
        # The root itself is the caller's choice and may be a link.
        return os.open(name, _FOLDER if folder is not None else _FOLDER & ~os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise StageError(
                f"the way to it goes through {name!r}, which is a symbolic link or no folder",
                where=str(way),
                remedy="Replace it by a real folder.",
            ) from error
        raise StageError(f"{name!r} on the way to it cannot be entered: {error.strerror}", where=str(way)) from error
