"""The ledger's newest state, and whether a trusted key stands behind it: O(log n) rows however long the ledger is."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from assay.core import merkle
from assay.core.errors import LedgerTampered, SignatureError, StatementError
from assay.core.note import Checkpoint
from assay.store import rows
from assay.store.database import RESTORE
from assay.store.witness import CheckpointVerifier


@dataclass(frozen=True, slots=True)
class Tip:
    """``checkpoint`` is the verified newest one, or the unsigned empty one of a ledger without entries.

    ``frontier`` are the stored hashes that its root is over, as :func:`merkle.frontier` orders them.
    """

    checkpoint: Checkpoint
    frontier: tuple[bytes, ...]


def verified_tip(connection: sqlite3.Connection, *, verifier: CheckpointVerifier) -> Tip:
    """Read the newest checkpoint and hold the tables' ends to it.

    Checked: its signature, its origin, that each table ends where it says, and that the stored frontier hashes to its
    root. Not checked: rows further back.

    :raises LedgerTampered: one of these does not hold
    """
    origin, size = rows.origin(connection), rows.size(connection)
    newest = rows.newest_checkpoint(connection)
    if newest is None:
        checkpoint = Checkpoint(origin, 0, merkle.EMPTY_ROOT)
    else:
        checkpoint = verified_checkpoint(*newest, origin=origin, verifier=verifier)
    _check_ends(connection, checkpoint.size, size)
    frontier = tuple(rows.node(connection, level, index) for level, index in merkle.frontier(size))
    if merkle.frontier_root(frontier) != checkpoint.root:
        raise LedgerTampered(
            "the stored tree does not have the root that was signed", where=f"checkpoint {size}", remedy=RESTORE
        )
    return Tip(checkpoint, frontier)


def verified_checkpoint(size: int, note: str, *, origin: str, verifier: CheckpointVerifier) -> Checkpoint:
    """The checkpoint that is stored under ``size``.

    :raises LedgerTampered: no trusted key signed it, or it is another ledger's or another size's
    """
    where = f"checkpoint {size}"
    try:
        checkpoint = verifier.verify_note(note)
    except SignatureError as error:
        raise LedgerTampered(
            f"no trusted key signed this checkpoint ({error.what})",
            where=where,
            remedy=f"If the trust file should name the ledger's key, correct it. {RESTORE}",
        ) from error
    except StatementError as error:
        raise LedgerTampered(f"this is no checkpoint ({error.what})", where=where, remedy=RESTORE) from error
    if checkpoint.origin != origin or checkpoint.size != size:
        raise LedgerTampered(
            f"this checkpoint was signed for {checkpoint.origin!r} at size {checkpoint.size}, not for {origin!r}",
            where=where,
            remedy=RESTORE,
        )
    return checkpoint


def _check_ends(connection: sqlite3.Connection, signed: int, size: int) -> None:
    if size < signed:
        raise LedgerTampered(
            f"the newest checkpoint is over {signed} entries, only {size} are there",
            where=f"entry {size}" if size == signed - 1 else f"entries {size} to {signed - 1}",
            remedy=RESTORE,
        )
    if size > signed:
        raise LedgerTampered(
            f"there are entries after the newest checkpoint, which is over {signed}",
            where=f"entry {size - 1}",
            remedy=RESTORE,
        )
    if rows.next_node(connection) != merkle.node_count(size):
        raise LedgerTampered("the stored tree is not as long as the entries", where="nodes", remedy=RESTORE)
    if rows.next_indexed(connection) != size:
        raise LedgerTampered("the index is not as long as the entries", where="subjects", remedy=RESTORE)
    if rows.below_zero(connection):
        raise LedgerTampered("there are rows before the first", where="entry -1", remedy=RESTORE)
