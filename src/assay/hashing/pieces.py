"""Digests of files, whole or in shards, by other algorithms than ours: what other tools' signatures are made of.

One thread, and no mapping: SHA-256 of whole files, which is what signatures are made with now, has the fast path of
:mod:`assay.hashing.artifact`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final, Protocol

from assay.core.errors import HashingError
from assay.hashing.opening import Target, guarded
from assay.hashing.reading import new_buffer, read_through
from assay.hashing.visit import visit
from assay.hashing.walk import Limits


class Hasher(Protocol):
    """What ``hashlib`` makes."""

    def update(self, data: memoryview, /) -> object: ...

    def hexdigest(self) -> str: ...


def hasher(algorithm: str) -> Callable[[], Hasher]:
    """What makes a hasher for ``sha256``, ``blake2b`` or ``blake3``.

    :raises HashingError: BLAKE3, and it is not installed, or another algorithm
    """
    if algorithm in _STANDARD:
        return _STANDARD[algorithm]
    if algorithm != "blake3":
        raise HashingError(f"nothing is hashed with {algorithm!a} here")
    try:
        import blake3  # noqa: PLC0415 - for those who meet it
    except ModuleNotFoundError as error:
        raise HashingError(
            "it is hashed with BLAKE3, which is not installed", remedy="Run `pip install blake3`."
        ) from error
    make: Callable[[], Hasher] = blake3.blake3
    return make


def hash_pieces(
    target: Target, algorithm: str, shard_size: int | None, limits: Limits | None = None
) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    """Each file's path and its pieces as (start, end, digest): one for a whole file, even if it is empty; with a
    ``shard_size``, one a shard, and none for an empty file.

    :raises HashingError: something cannot be hashed faithfully
    """
    make, buffer = hasher(algorithm), new_buffer()
    with closing(visit(target, limits or Limits())) as files:
        for file in files:
            pieces = _Pieces(make, shard_size)
            with guarded(file.where):
                read_through(file.descriptor, file.status, buffer, pieces.take, file.where, None)
            yield file.path, pieces.finished()


class _Pieces:
    """The pieces of one file, as its bytes pass by."""

    def __init__(self, make: Callable[[], Hasher], shard_size: int | None) -> None:
        self._make, self._size = make, shard_size
        self._start = self._end = 0
        self._hasher = make()
        self._done: list[tuple[int, int, str]] = []

    def take(self, data: memoryview) -> None:
        while data:
            room = len(data) if self._size is None else self._start + self._size - self._end
            part, data = data[:room], data[room:]
            self._hasher.update(part)
            self._end += len(part)
            if self._size is not None and self._end - self._start == self._size:
                self._close()

    def finished(self) -> list[tuple[int, int, str]]:
        if self._end > self._start or self._size is None:
            self._close()
        return self._done

    def _close(self) -> None:
        self._done.append((self._start, self._end, self._hasher.hexdigest()))
        self._start, self._hasher = self._end, self._make()


_STANDARD: Final[dict[str, Callable[[], Hasher]]] = {"sha256": hashlib.sha256, "blake2b": hashlib.blake2b}
