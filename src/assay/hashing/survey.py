"""First pass over an artifact: hash its small files on the way, and list the large ones for all cores to share.

A small file costs more to hand to a thread than to hash, and threads then fight for the interpreter's lock (measured
three times slower); so one thread hashes them while their folder is open, and only large ones are scheduled.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assay.core.digest import SHA256, Digest
from assay.core.manifest import Entry
from assay.hashing.mapping import Mappers
from assay.hashing.opening import Target, below, changed, empty_folder, guarded, open_file, opened, unreadable
from assay.hashing.reading import Identity, Progress, digest_file, identity, read_through
from assay.hashing.walk import Folder, Limits, Walk

#: Bytes from which a file is worth a thread.
LARGE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Large:
    """A file left for the schedule, and the state it was in; ``path`` is ``""`` for an artifact that is one file."""

    target: Target
    path: str
    state: Identity

    @property
    def where(self) -> str:
        return f"{self.target.path}/{self.path}" if self.path else str(self.target.path)

    @property
    def size(self) -> int:
        return self.state[2]


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found. ``folders`` is ``None`` for a single file."""

    target: Target
    small: tuple[Entry, ...]
    large: tuple[Large, ...]
    folders: tuple[Folder, ...] | None


def survey(target: Target, buffer: memoryview, limits: Limits, progress: Progress | None) -> Survey:
    """Walk ``target``, hash its small files, and list its large ones.

    :raises HashingError: something cannot be hashed faithfully; :class:`RefusedPath` where it must not stand there
    """
    with guarded(target.where), opened(target) as (descriptor, status):
        if not stat.S_ISDIR(status.st_mode):
            if status.st_size >= LARGE:
                return Survey(target, (), (Large(target, "", identity(status)),), None)
            digest = digest_file(descriptor, status, buffer, str(target.path), progress)
            return Survey(target, (Entry("", status.st_size, digest),), (), None)
        return _survey_folder(target, descriptor, buffer, limits, progress)


def _survey_folder(target: Target, root: int, buffer: memoryview, limits: Limits, progress: Progress | None) -> Survey:
    walk, sha256 = Walk(root, str(target.path), limits, without=target.without), hashlib.sha256
    small: list[Entry] = []
    large: list[Large] = []
    for listed in walk.listed():
        here, folder = f"{walk.where}/{listed.prefix}", listed.descriptor
        for name in listed.names:  # the loop that 20,000 small files spend their time in
            path, where = listed.prefix + name, here + name
            descriptor, status = open_file(name, folder, where)
            try:
                if status.st_size >= LARGE:
                    large.append(Large(target, path, identity(status)))
                else:
                    hasher = sha256()
                    size = read_through(descriptor, status, buffer, hasher.update, where, progress)
                    small.append(Entry(path, size, Digest(SHA256, hasher.hexdigest())))
            except OSError as error:
                raise unreadable(error, where) from error
            finally:
                os.close(descriptor)
    if not small and not large:
        raise empty_folder(target)
    return Survey(target, tuple(small), tuple(large), tuple(walk.folders))


def digest_large(file: Large, buffer: memoryview, progress: Progress, mappers: Mappers | None = None) -> Digest:
    """Hash a file that a survey listed, if it is still the same one.

    :param mappers: workers that may map it; without them it is read

    :raises HashingError: it is another file by now, or changes while it is read
    """
    with guarded(file.where), opened(file.target) as (root, status):
        if not file.path:
            return _digest(file, root, status, buffer, progress, mappers)
        with below(root, file.path.split("/"), within=str(file.target.path)) as (descriptor, inner):
            return _digest(file, descriptor, inner, buffer, progress, mappers)


def confirm(found: Survey) -> None:
    """See that the folders still list what the survey saw; when every file has been read.

    :raises HashingError: something was added, removed or replaced meanwhile
    """
    if found.folders is not None:
        with guarded(found.target.where), opened(found.target) as (root, _):
            Walk(root, str(found.target.path), folders=list(found.folders)).confirm()


def entries(found: Survey, digests: Sequence[Digest]) -> tuple[Entry, ...]:
    """Every file of a survey, given the digests of its large ones in the survey's order."""
    large = [Entry(file.path, file.size, digest) for file, digest in zip(found.large, digests, strict=True)]
    return (*found.small, *large)


def _digest(
    file: Large,
    descriptor: int,
    status: os.stat_result,
    buffer: memoryview,
    progress: Progress,
    mappers: Mappers | None,
) -> Digest:
    if identity(status) != file.state:
        raise changed(file.where, "another state of it was listed")
    mapped = mappers and mappers.digest(descriptor, 0, file.size, file.where, progress)
    if mapped:
        if os.pread(descriptor, 1, file.size) or identity(os.fstat(descriptor)) != file.state:
            raise changed(file.where, "its size or times moved")
        return mapped
    return digest_file(descriptor, status, buffer, file.where, progress)
