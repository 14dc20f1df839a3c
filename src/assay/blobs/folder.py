"""Objects in a folder: ``objects/ab/ab…``, each complete or not there at all, readable by their owner only."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from assay.blobs.naming import check_name, is_name
from assay.core.errors import BlobError

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_IN_THE_WAY: Final = (errno.ELOOP, errno.ENOTDIR)
OBJECTS: Final = "objects"
#: Uploads under way; what a killed process left here is no object and is never read.
UPLOADS: Final = "uploads"


class FolderObjects:
    """Objects below ``root``, which is made if need be. Below it no symbolic link is followed, wherever it leads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in (OBJECTS, UPLOADS):
                with suppress(FileExistsError):
                    (root / name).mkdir(mode=0o700)
        except OSError as error:
            raise self._failed("the store's folder cannot be made", error, root) from error

    def has(self, name: str) -> bool:
        """Whether there is an object called ``name``; whatever else lies there is refused."""
        try:
            os.close(self._open(check_name(name)))
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._failed("the object cannot be read", error, name) from error
        return True

    def put(self, name: str, write: Callable[[BinaryIO], None], *, replace: bool = False) -> None:
        """Write aside, sync, and put it under its name in one step; see :class:`assay.blobs.Objects`."""
        check_name(name)
        try:
            with self._folder(UPLOADS) as uploads, self._folder(OBJECTS, name[:2], make=True) as shard:
                aside = secrets.token_hex(16)
                try:
                    with os.fdopen(os.open(aside, _CREATE, 0o600, dir_fd=uploads), "wb") as file:
                        write(file)
                        file.flush()
                        os.fsync(file.fileno())
                    if replace:
                        os.rename(aside, name, src_dir_fd=uploads, dst_dir_fd=shard)
                    else:
                        with suppress(FileExistsError):
                            os.link(aside, name, src_dir_fd=uploads, dst_dir_fd=shard, follow_symlinks=False)
                    os.fsync(shard)
                finally:
                    with suppress(FileNotFoundError):
                        os.unlink(aside, dir_fd=uploads)
        except OSError as error:
            raise self._failed("the object cannot be written", error, name) from error

    def open(self, name: str) -> BinaryIO:
        """The object's bytes; a regular file and nothing else."""
        try:
            return os.fdopen(self._open(check_name(name)), "rb")
        except FileNotFoundError as error:
            raise BlobError("the object is not in the store", where=name, remedy="Push the artifact again.") from error
        except OSError as error:
            raise self._failed("the object cannot be read", error, name) from error

    def names(self) -> Iterator[str]:
        """The names of all objects, sorted; what has no object's name is passed over."""
        try:
            with self._folder(OBJECTS) as objects:
                shards = sorted(os.listdir(objects))  # noqa: PTH208 - a descriptor, not a path
            for shard in shards:
                if len(shard) == 2:
                    with self._folder(OBJECTS, shard) as folder:
                        found = sorted(os.listdir(folder))  # noqa: PTH208 - a descriptor, not a path
                    yield from (name for name in found if is_name(name) and name.startswith(shard))
        except OSError as error:
            raise self._failed("the store cannot be listed", error, self.root) from error

    def exposed(self) -> Iterator[tuple[str, int]]:
        """The paths in the store, relative to it, that others than their owner may read or change, with their modes."""
        places = [self.root, *sorted(self.root.rglob("*"))]
        for place in places:
            mode = stat.S_IMODE(place.lstat().st_mode)
            if not place.is_symlink() and mode & 0o077:
                yield place.relative_to(self.root).as_posix(), mode

    def _open(self, name: str) -> int:
        with self._folder(OBJECTS, name[:2]) as shard:
            descriptor = os.open(name, _READ, dir_fd=shard)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise BlobError("something else than a file lies in the object's place", where=name)
        return descriptor

    @contextmanager
    def _folder(self, *parts: str, make: bool = False) -> Iterator[int]:
        """An open folder below the root, reached without following a link."""
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, 0o700, dir_fd=descriptor)
                        os.fsync(descriptor)
                deeper = os.open(part, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = deeper
            yield descriptor
        finally:
            os.close(descriptor)

    def _failed(self, what: str, error: OSError, where: object) -> BlobError:
        reason = "a symbolic link or another thing stands in its way" if error.errno in _IN_THE_WAY else error.strerror
        return BlobError(f"{what}: {(reason or 'unknown reason').lower()}", where=str(where))
