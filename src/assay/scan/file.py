"""One file on disk → its inspection: opened once, hashed and read through the same descriptor."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from assay.core.digest import SHA256, Digest
from assay.core.errors import FormatError, HashingError
from assay.core.finding import Location, Outcome, Scanned, Unknown
from assay.formats.budget import Budget
from assay.formats.source import Descriptor, Memory, Source
from assay.hashing.opening import special, unreadable
from assay.hashing.reading import Progress, digest_file, identity
from assay.scan.beside import in_process, in_thread, may_fork
from assay.scan.callables.inert import inert_names
from assay.scan.inspection import Inspection
from assay.scan.inspector import Inspector
from assay.scan.settings import Settings

if TYPE_CHECKING:
    from assay.scan.cache import Cache

#: What a file is read as when another one says that it holds its weights.
RAW: Final = "raw-tensor"
#: Files up to this size are read once into memory, hashed there and looked at there.
SMALL: Final = 1 << 20
#: Files from this size on are worth a process that hashes them meanwhile.
APART: Final = 32 << 20
#: Bytes that are hashed at once: the larger, the less the two passes wait for each other, as long as the processor's
#: cache holds them.
PIECE: Final = 2 << 20
# A link is followed on purpose: Hugging Face's cache is made of them. O_NONBLOCK: a pipe must fail, not wait.
_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def inspect_file(
    place: str, path: str, settings: Settings, cache: Cache | None = None, *, progress: Progress | None = None
) -> Inspection:
    """Inspect one file; whatever stops it is in the result.

    :param place: where it lies
    :param path: its name in the result
    :param cache: where results for the same bytes may be
    :param progress: gets counts of bytes while a large file is read, from another thread
    """
    try:
        descriptor, status = _open(place)
        try:
            return inspect_descriptor(descriptor, status, place, path, settings, cache=cache, progress=progress)
        finally:
            os.close(descriptor)
    except (HashingError, FormatError) as error:
        return unread(path, error.what)


def unread(path: str, reason: str) -> Inspection:
    """The result of what could not be read at all."""
    file = Scanned(path, (), None, 0, Outcome.UNKNOWN)
    return Inspection(file, (), (Unknown(path, reason, Location()),))


@contextmanager
def opened(place: str) -> Iterator[tuple[int, os.stat_result]]:
    """Open a regular file for reading, following links; gives its descriptor and status.

    :raises HashingError: it cannot be opened, or is no regular file
    """
    descriptor, status = _open(place)
    try:
        yield descriptor, status
    finally:
        os.close(descriptor)


def _open(place: str) -> tuple[int, os.stat_result]:
    try:
        descriptor = os.open(place, _FLAGS)
    except (OSError, ValueError) as error:
        raise _unopened(error, place) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise special(status.st_mode, place)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status


def inspect_numbers(place: str, path: str, settings: Settings) -> Inspection:
    """Inspect a file that another one says holds raw numbers; as :func:`inspect_file`."""
    try:
        with opened(place) as (descriptor, status):
            return inspect_descriptor(descriptor, status, place, path, settings, (RAW,))
    except (HashingError, FormatError) as error:
        return unread(path, error.what)


def inspect_descriptor(
    descriptor: int,
    status: os.stat_result,
    place: str,
    path: str,
    settings: Settings,
    expected: tuple[str, ...] = (),
    *,
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> Inspection:
    """Inspect an open file.

    :param expected: formats to read it as, besides those that its bytes look like
    :raises HashingError: it changed meanwhile, so that what was read is of no one moment
    """
    if status.st_size <= SMALL:
        data = _read_small(descriptor, status, place)
        digest = Digest(SHA256, hashlib.sha256(data).hexdigest())
        known = cache.find(digest, path, len(data)) if cache is not None else None
        return known or _inspect(Memory(data), path, digest, settings, expected)
    if settings.need_digest or (cache is not None and cache.suggests(status)):
        digest = _digest(descriptor, status, place, progress)
        known = cache.find(digest, path, status.st_size) if cache is not None else None
        return known or _inspect(Descriptor(descriptor, status.st_size), path, digest, settings, expected)
    # The second pass finds its pages in memory. A copy of this process could not tell how far it is.
    apart = status.st_size >= APART and progress is None and may_fork()
    with (in_process if apart else in_thread)(lambda: _digest(descriptor, status, place, progress).value) as hashing:
        found = _inspect(Descriptor(descriptor, status.st_size), path, None, settings, expected)
    return replace(found, file=replace(found.file, digest=Digest(SHA256, hashing())))


def _inspect(
    source: Source, path: str, digest: Digest | None, settings: Settings, expected: tuple[str, ...]
) -> Inspection:
    inspector = Inspector(path, Budget(settings.limits, inert=inert_names()), settings.allowed(digest))
    outcome, formats = inspector.inspect(source, path.rpartition("/")[2], expected)
    return Inspection(
        Scanned(path, formats, digest, source.size, outcome),
        inspector.findings,
        inspector.unknown,
        tuple(inspector.facts),
        unrecognised=inspector.unrecognised,
    )


def _digest(descriptor: int, status: os.stat_result, place: str, progress: Progress | None) -> Digest:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return digest_file(descriptor, status, memoryview(bytearray(PIECE)), place, progress)


def _read_small(descriptor: int, before: os.stat_result, place: str) -> bytes:
    data = os.read(descriptor, before.st_size + 1)
    if len(data) != before.st_size or identity(os.fstat(descriptor)) != identity(before):
        raise HashingError("it changed while it was being read", where=place)
    return data


def _unopened(error: OSError | ValueError, place: str) -> HashingError:
    if isinstance(error, OSError):
        return unreadable(error, place)
    return HashingError("the path contains a null byte", where=place)
