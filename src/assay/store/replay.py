"""Going through entries again: every hash and every index row anew from the entries, held to what is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from assay.core import merkle
from assay.core.errors import StatementError
from assay.store import rows
from assay.store.index import IndexRow, index_rows


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the ledger that is not as it was appended: the row, by table and key, and what is wrong with it.

    ``entry`` is the entry concerned when it is exactly one.
    """

    where: str
    message: str
    entry: int | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(slots=True)
class Replay:
    """How far the entries have been gone through: ``size`` of them, and the frontier that they hash to.

    ``each`` looks at every entry further, ``(place, envelope)``, and may object; ``at_size`` is asked after each.
    """

    size: int
    hashes: list[bytes]
    each: Callable[[int, bytes], str | None] | None = None
    at_size: Callable[[int, Sequence[bytes]], Iterator[Problem]] | None = None

    def run(self, connection: sqlite3.Connection, stop: int) -> Iterator[Problem]:
        """Go on to before entry ``stop``, in the caller's transaction. Rows are streamed.

        When an entry does not have the leaf hash that is stored, the stored one is carried on: then the tree above
        shows whether the entry or the hash was altered, and one altered entry is one problem.
        """
        start = self.size
        nodes = rows.nodes(connection, merkle.node_count(start), merkle.node_count(stop))
        index = _Stored(rows.index(connection, start, stop))
        found = rows.envelopes(connection, start, stop)
        ahead = next(found, None)
        for entry in range(start, stop):
            stored = nodes.get(merkle.node_count(entry))
            if ahead is not None and ahead[0] == entry:
                envelope: object = ahead[1]
                ahead = next(found, None)
                leaf = merkle.leaf_hash(envelope) if isinstance(envelope, bytes) else b""
                if leaf == stored:
                    yield from self._content(entry, envelope, index)
                else:
                    index.skip(entry)
                    yield Problem(f"entry {entry}", "this entry's bytes do not have the hash that is stored", entry)
            else:
                leaf = b""
                index.skip(entry)
                yield Problem(f"entry {entry}", "this entry is missing", entry)
            yield from self._grow(entry, stored if _is_hash(stored) else leaf, nodes)
            if self.at_size is not None:
                yield from self.at_size(self.size, self.hashes)

    def _content(self, entry: int, envelope: object, index: _Stored) -> Iterator[Problem]:
        assert isinstance(envelope, bytes)
        try:
            derived = index_rows(envelope)
        except StatementError as error:
            index.skip(entry)
            yield Problem(f"entry {entry}", f"this entry is no statement ({error.what})", entry)
            return
        if not index.holds(entry, derived):
            yield Problem(f"subjects of entry {entry}", "the index rows do not say what the entry says", entry)
        objection = self.each(entry, envelope) if self.each is not None else None
        if objection is not None:
            yield Problem(f"entry {entry}", objection, entry)

    def _grow(self, entry: int, leaf: bytes, nodes: dict[int, object]) -> Iterator[Problem]:
        number = merkle.node_count(entry)
        for level, place, value in merkle.grow(self.hashes, entry, leaf):
            if level and nodes.get(number) != value:
                over = rows.covered(level, place)
                yield Problem(f"node {number}", f"the stored hash over {over} is not that of its two halves")
            number += 1
        self.size = entry + 1


class _Stored:
    """The stored index rows in order, compared as they stream past."""

    def __init__(self, stream: Iterator[tuple[int, IndexRow]]) -> None:
        self._stream = stream
        self._ahead = next(stream, None)

    def holds(self, entry: int, derived: Sequence[IndexRow]) -> bool:
        """Whether the rows of ``entry`` are exactly ``derived``."""
        place, same = 0, True
        while self._ahead is not None and self._ahead[0] <= entry:
            same = same and place < len(derived) and self._ahead == (entry, derived[place])
            place += 1
            self._ahead = next(self._stream, None)
        return same and place == len(derived)

    def skip(self, entry: int) -> None:
        """Pass over the rows of an entry that is a problem already."""
        self.holds(entry, ())


def _is_hash(value: object) -> TypeGuard[bytes]:
    return isinstance(value, bytes) and len(value) == merkle.HASH_BYTES
