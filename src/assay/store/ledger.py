"""The ledger: what was stated, in order, under a Merkle tree whose root is signed with every append.

There is no call that alters or removes an entry, and one made behind our back shows: each append first proves that the
ledger still is what was signed last, and :mod:`assay.store.audit` proves the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar

from assay.core import merkle
from assay.core.digest import Digest
from assay.core.errors import Error, LedgerTampered, StatementError, StoreError
from assay.core.note import Checkpoint
from assay.store import rows
from assay.store.database import create_database, open_database, sqlite_errors, transaction
from assay.store.index import IndexRow, index_rows, is_text
from assay.store.tip import Tip, verified_tip
from assay.store.witness import CheckpointVerifier, Witness

#: Seconds to wait for another process.
TIMEOUT: Final = 30.0

#: Rows fetched at a time: no reader holds the file for longer than that takes, so that no writer starves.
_CHUNK: Final = 64

_T = TypeVar("_T")


class CheckpointSigner(Protocol):
    """Whoever holds the ledger's key."""

    def sign_note(self, text: str) -> str:
        """The whole signed note around a checkpoint's text."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its place from 0, and the signed envelope exactly as it was appended."""

    index: int
    envelope: bytes


class Ledger:
    """An open ledger; use it as a context manager, in one thread.

    Every method raises :class:`StoreError` when the file cannot be read, :class:`LedgerBusy` when another process holds
    it too long, and :class:`LedgerTampered` when it meets a row that is missing or malformed.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self.path = path
        self._connection = connection
        with sqlite_errors(path):
            self.origin = rows.origin(connection)

    @classmethod
    def create(cls, path: Path, *, origin: str, timeout: float = TIMEOUT) -> Self:
        """Make an empty ledger and open it for writing.

        :param origin: its name in its checkpoints, e.g. ``example.org/models``: one line, the same for ever
        :raises StoreError: something is at ``path`` already, or it cannot be written
        :raises StatementError: an origin that a checkpoint cannot hold
        """
        Checkpoint(origin, 0, merkle.EMPTY_ROOT)
        create_database(path, origin=origin)
        return cls.open(path, writable=True, timeout=timeout)

    @classmethod
    def open(cls, path: Path, *, writable: bool = False, timeout: float = TIMEOUT) -> Self:
        """Open the ledger at ``path``.

        :param timeout: seconds to wait for another process, here and in each method
        :raises StoreError: missing, not a ledger, damaged, of a newer version, or not writable although it should be
        :raises LedgerTampered: its tables are not the ones that assay makes
        """
        connection = open_database(path, writable=writable, timeout=timeout)
        try:
            return cls(path, connection)
        except BaseException:
            connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; what was appended is on the disk already."""
        self._connection.close()

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._read(rows.size)

    def checkpoint(self) -> str | None:
        """The newest signed note, not verified; ``None`` before the first append."""
        newest = self._read(rows.newest_checkpoint)
        return None if newest is None else newest[1]

    def checkpoint_at(self, size: int) -> str | None:
        """The signed note over the first ``size`` entries, not verified; ``None`` when no append ended there."""
        return self._read(lambda connection: rows.checkpoint(connection, size))

    def entry(self, index: int) -> Entry:
        """The entry at ``index``, from 0.

        :raises StoreError: there is no such entry
        """

        def read(connection: sqlite3.Connection) -> Entry:
            self._check_range(index, index + 1, rows.size(connection))
            return Entry(index, rows.envelope(connection, index))

        return self._read(read)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """The entries from ``start`` to before ``stop`` (all that there are now), in order.

        :raises StoreError: there are not so many
        """
        size = self.size
        end = size if stop is None else stop
        self._check_range(start, end, size)
        return (self.entry(index) for index in range(start, end))

    def find(
        self, *, digest: Digest | None = None, name: str | None = None, predicate_type: str | None = None
    ) -> Iterator[int]:
        """The places of the entries whose statement has a subject with all that is given, newest first.

        ``digest`` and ``name`` must be of one subject. The answer is as good as the index: :func:`check_head` and
        :func:`audit` derive it anew.
        """
        wanted = {"digest": str(digest) if digest else None, "name": name, "predicate_type": predicate_type}
        conditions = {column: value for column, value in wanted.items() if value is not None}
        before = self.size
        if not all(is_text(value) for value in conditions.values()):
            return  # not proper text, so it is in no entry
        if not conditions:
            yield from range(before - 1, -1, -1)
            return
        while found := self._read(partial(rows.find, conditions=conditions, before=before, limit=_CHUNK)):
            yield from found
            before = found[-1]

    def prove_inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The hashes that lead from entry ``index`` to the root over the first ``size`` entries (all).

        :raises StoreError: there is no such entry, or there are not so many
        """

        def read(connection: sqlite3.Connection) -> tuple[bytes, ...]:
            there = rows.size(connection)
            whole = there if size is None else size
            self._check_range(0, whole, there)
            self._check_range(index, index + 1, whole)
            return merkle.inclusion_proof(index, whole, partial(rows.node, connection))

        return self._read(read)

    def prove_consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """The hashes that show that the first ``old`` entries are still the same among the first ``new`` (all).

        :raises StoreError: there are not so many
        """

        def read(connection: sqlite3.Connection) -> tuple[bytes, ...]:
            there = rows.size(connection)
            whole = there if new is None else new
            self._check_range(0, whole, there)
            self._check_range(0, old, whole)
            return merkle.consistency_proof(old, whole, partial(rows.node, connection))

        return self._read(read)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """One state of the ledger for everything asked within; no writer can commit until it ends, so be brief.

        The connection is for the modules of this room.
        """
        with sqlite_errors(self.path):
            nested = self._connection.in_transaction
        with nullcontext() if nested else transaction(self._connection, self.path), sqlite_errors(self.path):
            yield self._connection

    def append(
        self,
        envelopes: Sequence[bytes],
        *,
        signer: CheckpointSigner,
        verifier: CheckpointVerifier,
        witness: Witness | None = None,
    ) -> tuple[int, ...]:
        """Append all of ``envelopes`` or none, sign a checkpoint over them, and return their places.

        When this returns they are on the disk. Before anything is added the newest checkpoint is verified and held to
        the stored tree and to ``witness``; a signature that ``verifier`` would not accept is not stored. The key is
        used while the ledger is locked.

        :param envelopes: DSSE envelopes around in-toto statements, kept byte for byte; an empty sequence adds nothing
        :param witness: its file is made with the first entry, and moved on after each append
        :raises StatementError: one is no envelope around a statement
        :raises LedgerTampered: the ledger is not what was signed last, or not what the witness remembers
        :raises SignatureError: the signer's key is not trusted
        :raises StoreError: read-only, disk full; nothing was appended unless the message says so
        """
        derived = _derived(envelopes)
        if not derived:
            return ()
        with transaction(self._connection, self.path, writing=True):
            tip = verified_tip(self._connection, verifier=verifier)
            if witness is not None:
                self._consult(witness, tip, signer=signer, verifier=verifier)
            signed = self._extend(tip, envelopes, derived, signer=signer, verifier=verifier)
        start = tip.checkpoint.size
        if witness is not None:
            self._inform(witness, signed, verifier=verifier)
        return tuple(range(start, start + len(envelopes)))

    def _extend(
        self,
        tip: Tip,
        envelopes: Sequence[bytes],
        derived: Sequence[tuple[IndexRow, ...]],
        *,
        signer: CheckpointSigner,
        verifier: CheckpointVerifier,
    ) -> str:
        start, hashes = tip.checkpoint.size, list(tip.frontier)
        nodes = [
            (merkle.node_number(level, index), value)
            for place, envelope in enumerate(envelopes, start)
            for level, index, value in merkle.grow(hashes, place, merkle.leaf_hash(envelope))
        ]
        grown = Checkpoint(self.origin, start + len(envelopes), merkle.frontier_root(hashes))
        signed = signer.sign_note(grown.render())
        if verifier.verify_note(signed) != grown:
            raise StoreError("the signer returned a note about something else", where=str(self.path))
        subjects = ((place, row) for place, found in enumerate(derived, start) for row in found)
        rows.add(self._connection, enumerate(envelopes, start), nodes, subjects, (grown.size, signed))
        return signed

    def _consult(self, witness: Witness, tip: Tip, *, signer: CheckpointSigner, verifier: CheckpointVerifier) -> None:
        if tip.checkpoint.size == 0 and witness.remembered(verifier=verifier) is None:
            # Before the first entry is there: had we made it after, a crash between the two would look like a theft.
            witness.adopt(signer.sign_note(tip.checkpoint.render()), verifier=verifier)
        prove = partial(merkle.consistency_proof, node=partial(rows.node, self._connection))
        witness.check(tip.checkpoint, prove, verifier=verifier)

    def _inform(self, witness: Witness, signed: str, *, verifier: CheckpointVerifier) -> None:
        try:
            witness.advance(signed, self.prove_consistency, verifier=verifier)
        except LedgerTampered:
            raise
        except Error as error:
            raise StoreError(
                f"the entries were recorded, but the witness was not moved on ({error.what})",
                where=error.where,
                remedy=f"Do not record them again. {error.remedy}".rstrip(),
            ) from error

    def _read(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        with self.snapshot() as connection:
            return action(connection)

    def _check_range(self, start: int, stop: int, size: int) -> None:
        if not 0 <= start <= stop <= size:
            raise StoreError(f"there is no entry {max(start, stop - 1)}, the ledger has {size}", where=str(self.path))


def _derived(envelopes: Sequence[bytes]) -> tuple[tuple[IndexRow, ...], ...]:
    """The index rows of each envelope, before anything is locked."""
    found = []
    for number, envelope in enumerate(envelopes):
        try:
            found.append(index_rows(envelope))
        except StatementError as error:
            where = f"envelope {number + 1} of {len(envelopes)}"
            raise StatementError(f"{error.what}; nothing was appended", where=where, remedy=error.remedy) from error
    return tuple(found)
