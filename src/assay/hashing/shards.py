"""Digests of ranges of one file, so that all cores can share it.

A file's own SHA-256 is sequential by nature; a list of digests of its shards is not. The ranges and their names,
``path:start:end``, are those of the OpenSSF Model Signing specification v1.0 ("shards" serialization). An empty file
has one empty shard, where ``model-signing`` lists none: so that its removal shows.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.core.digest import SHA256, Digest
from assay.core.errors import HashingError
from assay.hashing.mapping import Mappers
from assay.hashing.opening import Target, changed, guarded, opened, unreadable
from assay.hashing.reading import Progress, identity
from assay.hashing.schedule import spread

MAX_SHARDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Shard:
    """The bytes from ``start`` up to, not including, ``end``, and their SHA-256."""

    start: int
    end: int
    digest: Digest


def hash_shards(
    path: Path, shard_size: int, *, within: Path | None = None, progress: Progress | None = None
) -> tuple[Shard, ...]:
    """Hash the regular file at ``path`` in shards of ``shard_size`` bytes (the last may be shorter) on all cores.

    :raises HashingError: as :func:`assay.hashing.artifact.hash_artifact`; it is a folder; ``shard_size`` is not
        positive, or so small that there would be more than :data:`MAX_SHARDS`
    """
    target = Target(path, within)
    if shard_size < 1:
        raise HashingError("a shard has at least one byte", where=target.where)
    with guarded(target.where), opened(target) as (descriptor, before):
        if not stat.S_ISREG(before.st_mode):
            raise HashingError("only a file can be hashed in shards", where=target.where, remedy="Name its files.")
        size = before.st_size
        if size > shard_size * MAX_SHARDS:
            raise HashingError(f"more than {MAX_SHARDS} shards", where=target.where, remedy="Take larger shards.")
        starts = range(0, max(size, 1), shard_size)

        def work(start: int, buffer: memoryview, report: Progress) -> Shard:
            end = min(start + shard_size, size)
            mapped = mappers.digest(descriptor, start, end, str(path), report)
            return Shard(start, end, mapped or _digest(descriptor, start, end, buffer, report, str(path)))

        with Mappers(size) as mappers:
            shards = spread(work, starts, progress=progress)
        if os.preadv(descriptor, [bytearray(1)], size) or identity(os.fstat(descriptor)) != identity(before):
            raise changed(str(path), "its size or times moved")
    return shards


def _digest(descriptor: int, start: int, end: int, buffer: memoryview, report: Progress, where: str) -> Digest:
    hasher, offset = hashlib.sha256(), start
    while offset < end:
        try:
            count = os.preadv(descriptor, [buffer[: end - offset]], offset)
        except OSError as error:
            raise unreadable(error, where) from error
        if not count:
            raise changed(where, f"it ends before byte {end}")
        hasher.update(buffer[:count])
        offset += count
        report(count)
    return Digest(SHA256, hasher.hexdigest())
