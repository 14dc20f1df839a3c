"""The ledger's rows, read and written one kind at a time; a row that is missing or malformed is named.

Every function takes an open connection and runs in the caller's transaction. Ranges are ``start <= key < stop``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from assay.core import merkle, note
from assay.core.errors import LedgerTampered
from assay.store.database import RESTORE
from assay.store.index import IndexRow

#: Find entries by one column and the predicate type with the help of an index, newest first: however many others there
#: are of the same name, none of them is looked at. Other conditions are checked on the rows that it leads to.
_FIND: Final = (
    "SELECT DISTINCT entry FROM subjects INDEXED BY {index} WHERE {conditions} AND entry < ?"
    " ORDER BY entry DESC LIMIT ?"
)
_INDEXED: Final = ("digest", "name", "predicate_type")  # most telling first

#: An entry with a row that one index does not lead to.
_UNREACHED: Final = (
    "SELECT entry FROM subjects AS row WHERE entry >= ? AND entry < ? AND NOT EXISTS (SELECT 1 FROM subjects AS found"
    " INDEXED BY subjects_by_{column} WHERE found.{column} = row.{column} AND found.entry = row.entry"
    " AND found.predicate_type = row.predicate_type AND found.number = row.number) LIMIT 1"
)


def origin(connection: sqlite3.Connection) -> str:
    """The ledger's name, as it stands in its checkpoints."""
    found = connection.execute("SELECT origin FROM about LIMIT 2").fetchall()
    if len(found) != 1:
        raise LedgerTampered("the ledger has lost its name, or has two", where="about", remedy=RESTORE)
    return text(found[0][0], "about")


def size(connection: sqlite3.Connection) -> int:
    """How many entries there are, by the largest key: one look-up however many there are."""
    return _next(connection, "SELECT max(entry) FROM entries")


def next_node(connection: sqlite3.Connection) -> int:
    """The number that the next node would get."""
    return _next(connection, "SELECT max(number) FROM nodes")


def next_indexed(connection: sqlite3.Connection) -> int:
    """One more than the last entry that the index knows."""
    return _next(connection, "SELECT max(entry) FROM subjects")


def below_zero(connection: sqlite3.Connection) -> bool:
    """Whether there are rows before the first: none of ours are, and none of our ranges would see them."""
    smallest = connection.execute(
        "SELECT (SELECT min(entry) FROM entries), (SELECT min(number) FROM nodes), (SELECT min(entry) FROM subjects),"
        " (SELECT min(size) FROM checkpoints) - 1"
    ).fetchone()
    return any(value is not None and integer(value, "smallest keys") < 0 for value in smallest)


def envelope(connection: sqlite3.Connection, entry: int) -> bytes:
    """The bytes of one entry.

    :raises LedgerTampered: the row is missing
    """
    found = connection.execute("SELECT envelope FROM entries WHERE entry = ?", (entry,)).fetchone()
    if found is None:
        raise missing_entry(entry)
    return blob(found[0], f"entry {entry}")


def envelopes(connection: sqlite3.Connection, start: int, stop: int) -> Iterator[tuple[int, object]]:
    """The entries of a range that are there, in order; each is to go through :func:`blob`."""
    return connection.execute(
        "SELECT entry, envelope FROM entries WHERE entry >= ? AND entry < ? ORDER BY entry", (start, stop)
    )


def node(connection: sqlite3.Connection, level: int, index: int) -> bytes:
    """The stored hash of a complete subtree.

    :raises LedgerTampered: the row is missing, or no hash
    """
    number = merkle.node_number(level, index)
    found = connection.execute("SELECT hash FROM nodes WHERE number = ?", (number,)).fetchone()
    if found is None:
        raise LedgerTampered(
            f"the tree's hash over {covered(level, index)} is missing", where=f"node {number}", remedy=RESTORE
        )
    return blob(found[0], f"node {number}")


def nodes(connection: sqlite3.Connection, start: int, stop: int) -> dict[int, object]:
    """The stored hashes with numbers in a range: only to be compared with."""
    query = "SELECT number, substr(hash, 1, ?) FROM nodes WHERE number >= ? AND number < ?"  # no room for a giant one
    return dict(connection.execute(query, (merkle.HASH_BYTES + 1, start, stop)).fetchall())


def newest_checkpoint(connection: sqlite3.Connection) -> tuple[int, str] | None:
    """The size and signed note of the newest checkpoint; ``None`` before the first append."""
    found = connection.execute("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
    return None if found is None else (integer(found[0], "checkpoints"), text(found[1], f"checkpoint {found[0]}"))


def checkpoint(connection: sqlite3.Connection, at: int) -> str | None:
    """The signed note of the checkpoint at a size, if one was made there."""
    found = connection.execute("SELECT note FROM checkpoints WHERE size = ?", (at,)).fetchone()
    return None if found is None else text(found[0], f"checkpoint {at}")


def checkpoints(connection: sqlite3.Connection, start: int, stop: int) -> dict[int, object]:
    """The signed notes of the checkpoints with sizes in a range; each is to go through :func:`text`."""
    query = "SELECT size, substr(note, 1, ?) FROM checkpoints WHERE size >= ? AND size < ?"
    return dict(connection.execute(query, (note.MAX_BYTES + 1, start, stop)).fetchall())


def index(connection: sqlite3.Connection, start: int, stop: int) -> Iterator[tuple[int, IndexRow]]:
    """The index rows of a range of entries, in order."""
    found = connection.execute(
        "SELECT entry, number, name, digest, predicate_type FROM subjects WHERE entry >= ? AND entry < ?"
        " ORDER BY entry, number",
        (start, stop),
    )
    return ((integer(entry, "subjects"), IndexRow(*row)) for entry, *row in found)


def unreached(connection: sqlite3.Connection, start: int, stop: int) -> int | None:
    """The first entry of a range that one of SQLite's indexes hides, so that :func:`find` would pass it over."""
    for column in _INDEXED:
        found = connection.execute(_UNREACHED.format(column=column), (start, stop)).fetchone()
        if found is not None:
            return integer(found[0], "subjects")
    return None


def find(connection: sqlite3.Connection, conditions: dict[str, str], before: int, limit: int) -> list[int]:
    """The newest entries below ``before`` that fulfil all of ``conditions`` (column: value), newest first."""
    used = [column for column in _INDEXED if column in conditions]
    query = _FIND.format(index=f"subjects_by_{used[0]}", conditions=" AND ".join(f"{column} = ?" for column in used))
    found = connection.execute(query, (*(conditions[column] for column in used), before, limit))
    return [integer(entry, "subjects") for (entry,) in found]


def add(
    connection: sqlite3.Connection,
    entries: Iterable[tuple[int, bytes]],
    new_nodes: Iterable[tuple[int, bytes]],
    subjects: Iterable[tuple[int, IndexRow]],
    checkpoint_row: tuple[int, str],
) -> None:
    """Write everything that one append adds."""
    connection.executemany("INSERT INTO entries (entry, envelope) VALUES (?, ?)", entries)
    connection.executemany("INSERT INTO nodes (number, hash) VALUES (?, ?)", new_nodes)
    connection.executemany(
        "INSERT INTO subjects (entry, number, name, digest, predicate_type) VALUES (?, ?, ?, ?, ?)",
        ((entry, row.number, row.name, row.digest, row.predicate_type) for entry, row in subjects),
    )
    connection.execute("INSERT INTO checkpoints (size, note) VALUES (?, ?)", checkpoint_row)


def covered(level: int, index: int) -> str:
    """Which entries a subtree is over, for people."""
    first, last = index << level, ((index + 1) << level) - 1
    return f"entry {first}" if first == last else f"entries {first} to {last}"


def missing_entry(entry: int) -> LedgerTampered:
    """The error about an entry that should be there."""
    return LedgerTampered("this entry is missing", where=f"entry {entry}", remedy=RESTORE)


def blob(value: object, where: str) -> bytes:
    """``value`` as bytes. A damaged file can hold another type in spite of the table's.

    :raises LedgerTampered: it is not bytes
    """
    if not isinstance(value, bytes):
        raise LedgerTampered("this row does not hold bytes", where=where, remedy=RESTORE)
    return value


def integer(value: object, where: str) -> int:
    """``value`` as a number, for the same reason.

    :raises LedgerTampered: it is not a whole number
    """
    if not isinstance(value, int):
        raise LedgerTampered("this row does not hold a whole number", where=where, remedy=RESTORE)
    return value


def text(value: object, where: str) -> str:
    """``value`` as text, for the same reason.

    :raises LedgerTampered: it is not text
    """
    if not isinstance(value, str):
        raise LedgerTampered("this row does not hold text", where=where, remedy=RESTORE)
    return value


def _next(connection: sqlite3.Connection, query: str) -> int:
    (largest,) = connection.execute(query).fetchone()
    return 0 if largest is None else integer(largest, query.rpartition(" ")[2]) + 1
