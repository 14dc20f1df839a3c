"""Read one open file from its first byte to its last, and notice when it changes meanwhile.

The file's size and times only ever *end* a reading with an error; they never stand in for reading. A writer with a
shared memory map can change bytes without moving either (and forge times with ``utime``), so no digest is cached.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Final, TypeAlias

from assay.core.digest import SHA256, Digest
from assay.hashing.opening import changed

#: Bytes of one read. Measured flat from 128 KiB to 1 MiB; larger ones leave the processor's cache (benchmarks/hash).
CHUNK: Final = 256 * 1024

#: Gets the number of bytes read since it was last called.
Progress: TypeAlias = Callable[[int], None]
#: Device, inode, size, and times of the last change of content and of status, in nanoseconds.
Identity: TypeAlias = tuple[int, int, int, int, int]


def identity(status: os.stat_result) -> Identity:
    """What tells one state of one file from another."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def new_buffer() -> memoryview:
    """A buffer to read through, for one thread; reused for file after file so that memory stays flat."""
    return memoryview(bytearray(CHUNK))


def read_through(
    descriptor: int,
    before: os.stat_result,
    buffer: memoryview,
    take: Callable[[memoryview], object],
    where: str,
    progress: Progress | None,
) -> int:
    """Hand every byte of an open file to ``take`` in order, in pieces that are valid only during the call.

    Reads to the end whatever the size says: files of ``/proc`` claim to be empty and are not. Only a read that came
    back short with the last byte of the size is taken for the end itself; asking again costs a call per small file.

    :param before: the status when it was opened; when any of it differs at the end, the bytes are of no one moment
    :returns: the number of bytes
    :raises HashingError: it changed while it was being read
    :raises OSError: it could not be read on; the caller knows how to say so
    """
    whole, pieces, total, size = len(buffer), [buffer], 0, before.st_size
    while count := os.readv(descriptor, pieces):
        take(buffer if count == whole else buffer[:count])
        total += count
        if progress is not None:
            progress(count)
        if total > size:
            raise changed(where, f"it holds more than the {size} bytes of its size")
        if total == size and count < whole:
            break
    if total != size:
        raise changed(where, f"{total} bytes were read of a size of {size}")
    after = os.fstat(descriptor)
    if after.st_size != size or after.st_mtime_ns != before.st_mtime_ns or after.st_ctime_ns != before.st_ctime_ns:
        raise changed(where, "its size or times moved")
    return total


def digest_file(
    descriptor: int, before: os.stat_result, buffer: memoryview, where: str, progress: Progress | None
) -> Digest:
    """The SHA-256 of an open file; as :func:`read_through`."""
    hasher = hashlib.sha256()
    read_through(descriptor, before, buffer, hasher.update, where, progress)
    return Digest(SHA256, hasher.hexdigest())
