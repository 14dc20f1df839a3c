"""Copy an artifact to a new place while hashing the very bytes that are written there."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import closing
from pathlib import Path, PurePosixPath

from assay.core.digest import SHA256, Digest
from assay.core.errors import HashingError
from assay.core.manifest import Entry
from assay.hashing.names import shown
from assay.hashing.opening import Target, unreadable
from assay.hashing.reading import new_buffer, read_through
from assay.hashing.visit import Visited, visit
from assay.hashing.walk import Limits


def copy_files(target: Target, destination: Path, limits: Limits) -> tuple[Entry, ...]:
    """Copy every file of ``target`` to ``destination``; files get mode 0600, folders 0700, and empty folders are left.

    :returns: the files, with the digests of what was written
    :raises HashingError: ``destination`` exists, lies inside ``target``, or cannot be written; or ``target`` cannot be
        read faithfully. Nothing is left behind.
    """
    _refuse_inside(destination, target.path)
    copy = _Copy(destination)
    try:
        with closing(visit(target, limits)) as files:
            return tuple([copy.add(file) for file in files])
    except BaseException:
        copy.remove()
        raise


class _Copy:
    """The growing copy; it removes only what it made."""

    def __init__(self, destination: Path) -> None:
        self._destination = destination
        self._made: set[PurePosixPath] = set()
        self._buffer = new_buffer()

    def add(self, file: Visited) -> Entry:
        path = PurePosixPath(file.path)
        place = self._destination / path
        try:
            for folder in reversed(path.parents) if file.path else ():
                if folder not in self._made:
                    (self._destination / folder).mkdir(mode=0o700)
                    self._made.add(folder)
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise _unwritable(error, place) from error
        self._made.add(path)
        try:
            digest = self._write(file, descriptor, place)
        finally:
            os.close(descriptor)
        return Entry(file.path, file.status.st_size, digest)

    def remove(self) -> None:
        """Remove what was made; a remainder that cannot be removed must not hide the error that led here."""
        if not self._made:
            return
        if self._destination.is_dir() and not self._destination.is_symlink():
            shutil.rmtree(self._destination, ignore_errors=True)
        else:
            self._destination.unlink(missing_ok=True)

    def _write(self, file: Visited, descriptor: int, place: Path) -> Digest:
        hasher = hashlib.sha256()

        def take(piece: memoryview) -> None:
            hasher.update(piece)
            written = 0
            while written < len(piece):
                try:
                    written += os.write(descriptor, piece[written:])
                except OSError as error:
                    raise _unwritable(error, place) from error

        try:
            read_through(file.descriptor, file.status, self._buffer, take, file.where, None)
        except OSError as error:
            raise unreadable(error, file.where) from error
        return Digest(SHA256, hasher.hexdigest())


def _refuse_inside(destination: Path, source: Path) -> None:
    try:
        inside = Path(os.path.realpath(destination)).is_relative_to(os.path.realpath(source))
    except ValueError as error:
        raise HashingError("a path contains a null byte", where=shown(str(source))) from error
    if inside:
        raise HashingError("a copy cannot lie inside what it copies", where=shown(str(destination)))


def _unwritable(error: OSError, place: Path) -> HashingError:
    if isinstance(error, FileExistsError):
        return HashingError("something lies there already", where=shown(str(place)), remedy="Copy to a new path.")
    reason = (error.strerror or "unknown reason").lower()
    return HashingError(f"the copy cannot be written: {reason}", where=shown(str(place)), remedy="Nothing was kept.")
