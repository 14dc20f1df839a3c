"""The ledger's file: an SQLite database that commits durably, and whose every failure is one of our own errors.

Rollback journal rather than write-ahead log: between two transactions the one file is the whole ledger, so that a copy
of it holds every committed entry. docs/ledger.md says what that costs and what was measured.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from assay.core import jsontext
from assay.core.errors import LedgerBusy, LedgerTampered, StoreError

APPLICATION_ID: Final = 0x61737379  # "assy", so that `file` and we can tell a ledger from another database
SCHEMA_VERSION: Final = 1
#: No row may be larger: the largest envelope that can be read, and room for its columns.
MAX_ROW_BYTES: Final = jsontext.MAX_BYTES + 64 * 1024

#: Every table and index, by name, exactly as SQLite keeps their text.
SCHEMA: Final = {
    "about": "CREATE TABLE about (origin TEXT NOT NULL) STRICT",
    "entries": "CREATE TABLE entries (entry INTEGER PRIMARY KEY, envelope BLOB NOT NULL) STRICT",
    "nodes": "CREATE TABLE nodes (number INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT",
    "checkpoints": "CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT",
    "subjects": (
        "CREATE TABLE subjects (entry INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,"
        " digest TEXT NOT NULL, predicate_type TEXT NOT NULL, PRIMARY KEY (entry, number)) STRICT, WITHOUT ROWID"
    ),
    "subjects_by_name": "CREATE INDEX subjects_by_name ON subjects (name, predicate_type)",
    "subjects_by_digest": "CREATE INDEX subjects_by_digest ON subjects (digest, predicate_type)",
    "subjects_by_predicate_type": "CREATE INDEX subjects_by_predicate_type ON subjects (predicate_type)",
}

#: What to do about a ledger that does not hold.
RESTORE: Final = "Restore the ledger from a copy, then run a full audit against its witness."


_READ_ONLY: Final = (
    "the ledger is read-only here",
    "Make the file and its folder writable: after a crash even a reader must finish the last append.",
)
_DAMAGED: Final = ("the ledger's file is damaged", RESTORE)
_MEANINGS: Final = {
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: (
        "the ledger, or the journal beside it, cannot be opened",
        "Make the file and its folder readable and writable.",
    ),
    sqlite3.SQLITE_FULL: ("the disk is full; nothing was recorded", "Make room, then run the same again."),
    sqlite3.SQLITE_NOTADB: ("this is not a ledger, or its beginning was overwritten", RESTORE),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_TOOBIG: _DAMAGED,
    sqlite3.SQLITE_ERROR: _DAMAGED,
}


def create_database(path: Path, *, origin: str) -> None:
    """Make an empty ledger at ``path``; it is there whole, or not at all.

    :raises StoreError: something is at ``path`` already, or it cannot be written
    """
    with file_errors(path), sqlite_errors(path):
        # Built aside and linked into place: neither a crash nor a second creator can leave half a ledger.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".assay-") as aside:
            made = Path(aside) / path.name
            connection = sqlite3.connect(made, isolation_level=None)
            try:
                _settle(connection, writable=True)
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                for statement in SCHEMA.values():
                    connection.execute(statement)
                connection.execute("INSERT INTO about (origin) VALUES (?)", (origin,))
                connection.execute("COMMIT")
            finally:
                connection.close()
            path.hardlink_to(made)
        sync_folder(path.parent)


def open_database(path: Path, *, writable: bool, timeout: float) -> sqlite3.Connection:
    """Open the ledger at ``path`` and make sure that it is one of ours.

    A reader opens the file for writing too where it may: after a crash the first to come rolls the unfinished
    transaction back. Its statements cannot write all the same.

    :param timeout: seconds to wait for another process
    :raises StoreError: missing, not a ledger, damaged, of a newer version, or not writable although it should be
    :raises LedgerTampered: its tables are not the ones that assay makes
    """
    with file_errors(path), sqlite_errors(path):
        try:
            regular = stat.S_ISREG(path.stat().st_mode)
        except FileNotFoundError as error:
            raise StoreError("there is no ledger here", where=str(path), remedy="Create one first.") from error
        if not regular:
            raise StoreError("this is not a ledger but a folder or a special file", where=str(path))
        if writable and not os.access(path, os.W_OK):
            raise StoreError(_READ_ONLY[0], where=str(path), remedy=_READ_ONLY[1])
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=timeout, isolation_level=None
        )
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_ROW_BYTES)
            _settle(connection, writable=writable)
            _identify(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path, *, writing: bool = False) -> Iterator[None]:
    """One transaction: a reader sees one state, a writer's rows are on the disk when this ends, or none of them is."""
    with sqlite_errors(path):
        connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        try:
            yield
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                with suppress(sqlite3.Error):  # the error that brought us here says more
                    connection.execute("ROLLBACK")


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn what the file system says about ``path`` into a :class:`StoreError` that says what to do."""
    try:
        yield
    except FileExistsError as error:
        raise StoreError("there is something here already", where=str(path), remedy="Open it instead.") from error
    except PermissionError as error:
        raise StoreError("you may not read or write this", where=str(path), remedy="Check its permissions.") from error
    except OSError as error:
        raise StoreError(f"it cannot be read or written ({error.strerror})", where=str(path)) from error


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a :class:`StoreError` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translation(error, path) from error
    except UnicodeDecodeError as error:  # a damaged schema, met by Python before SQLite
        raise StoreError(_DAMAGED[0], where=str(path), remedy=_DAMAGED[1]) from error


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file in ``folder`` last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _settle(connection: sqlite3.Connection, *, writable: bool) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    if writable:
        connection.execute("PRAGMA cache_size = -32768")  # 32 MiB, so that a long append does not spill half-way
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = EXTRA")  # syncs the folder too once the journal is gone
    else:
        connection.execute("PRAGMA query_only = ON")


def _identify(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreError("this is not a ledger", where=str(path), remedy="Give the path of a ledger that assay made.")
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"this ledger has format {version}, this assay knows format {SCHEMA_VERSION}",
            where=str(path),
            remedy="Use the version of assay that wrote it, or a newer one.",
        )
    # All but the indexes that SQLite makes for its keys: a trigger or a view that somebody slipped in shows here.
    found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE NOT (type = 'index' AND sql IS NULL)")
    if sorted(found.fetchmany(len(SCHEMA) + 1), key=str) != sorted(SCHEMA.items(), key=str):
        raise LedgerTampered("the tables are not the ones that assay makes", where=str(path), remedy=RESTORE)


def _translation(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if getattr(error, "sqlite_errorname", "") == "SQLITE_IOERR_WRITE":  # a quota or a limit on the size of files
        code = sqlite3.SQLITE_FULL
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerBusy("another process held the ledger for too long", where=str(path), remedy="Try again.")
    what, remedy = _MEANINGS.get(code, ("the ledger cannot be read or written", ""))
    return StoreError(f"{what} ({error})", where=str(path), remedy=remedy)
