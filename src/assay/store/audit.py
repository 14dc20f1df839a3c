"""Does the ledger hold what was appended, all of it, and nothing else?

Two answers at two prices. :func:`audit` goes through everything. :func:`check_head` costs the same however long the
ledger is, and stands before every decision of the gate. docs/ledger.md lists what each of them finds.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from sqlite3 import Connection
from typing import Final

from assay.core import merkle
from assay.core.errors import Error, LedgerTampered, StatementError, StoreError
from assay.core.note import Checkpoint
from assay.store import rows
from assay.store.database import RESTORE
from assay.store.index import index_rows
from assay.store.ledger import Entry, Ledger
from assay.store.replay import Problem, Replay
from assay.store.tip import verified_checkpoint, verified_tip
from assay.store.witness import CheckpointVerifier, Witness

#: An audit stops here: whoever has so many problems needs a copy, not a longer list.
MAX_PROBLEMS: Final = 100

#: Entries per read: long enough to be quick, short enough that a writer can come in between.
_CHUNK: Final = 256


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit saw: how many entries and checkpoints, and every problem up to :data:`MAX_PROBLEMS`."""

    size: int
    checkpoints_checked: int
    problems: tuple[Problem, ...]

    @property
    def clean(self) -> bool:
        """Whether there was nothing to report."""
        return not self.problems


def audit(
    ledger: Ledger,
    *,
    verifier: CheckpointVerifier,
    since: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
    check_entry: Callable[[Entry], str | None] | None = None,
) -> AuditReport:
    """Recompute everything from the entries and hold it to what is stored and signed. Memory does not grow with size.

    Checked: SQLite's own structure and its indexes; every entry against its leaf hash; every stored node; the root and
    the signature of every checkpoint; every index row, derived anew; and that the ledger continues each of ``since``.
    Others may append meanwhile: what was there at the start is audited.

    :param since: signed notes from elsewhere, a witness or a colleague's copy, that the ledger must continue
    :param progress: told how many entries are done, now and then
    :param check_entry: looks at each entry further, such as its signature, and returns what is wrong with it
    :raises StoreError: the file is too damaged to be read on
    """
    run = _Audit(ledger, verifier, progress, check_entry)
    with closing(run.problems(since)) as found:
        problems = tuple(islice(found, MAX_PROBLEMS))
    return AuditReport(run.size, run.checkpoints, problems)


class _Audit:
    def __init__(
        self,
        ledger: Ledger,
        verifier: CheckpointVerifier,
        progress: Callable[[int], None] | None,
        check_entry: Callable[[Entry], str | None] | None,
    ) -> None:
        self._ledger = ledger
        self._verifier = verifier
        self._progress = progress
        self._check_entry = check_entry
        self._notes: dict[int, object] = {}
        self._agreed: int | None = 0  # the size up to which roots agree; None once one did not
        self.size = 0
        self.checkpoints = 0

    def problems(self, since: Sequence[str]) -> Generator[Problem, None, None]:
        with self._ledger.snapshot() as connection:
            self.size = rows.size(connection)
            yield from _structure(connection)
            yield from _raised(partial(verified_tip, connection, verifier=self._verifier))
        for note in since:
            yield from self._continues(note)
        check = self._check_entry
        each = None if check is None else lambda place, envelope: check(Entry(place, envelope))
        replay = Replay(0, [], each=each, at_size=self._checkpoint)
        while replay.size < self.size:
            stop = min(replay.size + _CHUNK, self.size)
            with self._ledger.snapshot() as connection:
                self._notes = rows.checkpoints(connection, replay.size + 1, stop + 1)
                yield from replay.run(connection, stop)
            if self._progress is not None:
                self._progress(stop)

    def _checkpoint(self, size: int, hashes: Sequence[bytes]) -> Iterator[Problem]:
        note = self._notes.get(size)
        if note is None:
            return
        self.checkpoints += 1
        where = f"checkpoint {size}"
        try:
            text = rows.text(note, where)
            signed = verified_checkpoint(size, text, origin=self._ledger.origin, verifier=self._verifier)
        except LedgerTampered as error:
            yield _problem(error)
            return
        if self._agreed is None:
            return
        if merkle.frontier_root(hashes) == signed.root:
            self._agreed = size
        else:
            message = f"entries {self._agreed} to {size - 1} do not have the root that was signed over them"
            entry = self._agreed if self._agreed == size - 1 else None
            self._agreed = None  # every later root differs for the same reason
            yield Problem(where, message, entry)

    def _continues(self, note: str) -> Iterator[Problem]:
        try:
            known = self._verifier.verify_note(note)
        except Error as error:
            yield Problem("since", f"a checkpoint to compare with is not signed by a trusted key ({error.what})")
            return
        where = f"since {known.size}"
        if known.origin != self._ledger.origin:
            yield Problem(where, f"this checkpoint is of another ledger, {known.origin!r}")
        elif known.size > self.size:
            yield Problem(where, f"rolled back: {known.size} entries were signed once, {self.size} are there")
        else:
            yield from self._forked(where, known)

    def _forked(self, where: str, known: Checkpoint) -> Iterator[Problem]:
        try:
            with self._ledger.snapshot() as connection:
                root = merkle.root(known.size, partial(rows.node, connection))
        except LedgerTampered as error:
            yield _problem(error)
            return
        if root != known.root:
            yield Problem(where, f"forked: the first {known.size} entries are not those that were signed once")


def check_head(
    ledger: Ledger,
    *,
    verifier: CheckpointVerifier,
    witness: Witness | None,
    entries: Iterable[int],
    window: int = 1000,
) -> Checkpoint:
    """Make sure of the newest state, of the last ``window`` entries, and of the ``entries`` that a decision rests on.

    Costs O(window + len(entries) * log n). Checked: the newest checkpoint is signed by a trusted key and ends where the
    tables end; the stored tree has its root; the last entries hash to it and their index rows are what they say; each
    of ``entries`` has an inclusion proof under it and the right index rows; it continues what ``witness`` remembers.
    A ledger not longer than the window is checked whole. For what lies further back, :func:`audit`.

    :return: the newest checkpoint
    :raises LedgerTampered: something does not hold; it names the row
    :raises StoreError: there is no entry yet, or not one of ``entries``
    """
    with ledger.snapshot() as connection:
        tip = verified_tip(connection, verifier=verifier)
        newest = tip.checkpoint
        prove = partial(merkle.consistency_proof, node=partial(rows.node, connection))
        start = max(0, newest.size - window)
        _raise_first(_recent(connection, newest, start))
        for entry in sorted(set(entries)):
            if not 0 <= entry < newest.size:
                raise StoreError(f"there is no entry {entry}, the ledger has {newest.size}", where=str(ledger.path))
            if entry < start:
                _raise_first(_single(connection, newest, entry))
        if witness is not None:
            witness.check(newest, prove, verifier=verifier)
    if newest.size == 0:
        raise StoreError("the ledger is empty", where=str(ledger.path), remedy="Record something first.")
    return newest


def _recent(connection: Connection, newest: Checkpoint, start: int) -> Iterator[Problem]:
    """The entries from ``start`` on, replayed onto the stored frontier before them.

    Each hash on the way is held to the stored one, and those at the end were held to the signed root already: so it is
    the signed root that entries and frontier lead to.
    """
    hashes = [rows.node(connection, level, index) for level, index in merkle.frontier(start)]
    replay = Replay(start, hashes)
    while replay.size < newest.size:
        yield from replay.run(connection, min(replay.size + _CHUNK, newest.size))
    yield from _hidden(connection, start, newest.size)


def _single(connection: Connection, newest: Checkpoint, entry: int) -> Iterator[Problem]:
    """One entry further back, by its inclusion proof."""
    where = f"entry {entry}"
    envelope = rows.envelope(connection, entry)
    proof = merkle.inclusion_proof(entry, newest.size, partial(rows.node, connection))
    if not merkle.verify_inclusion(merkle.leaf_hash(envelope), entry, newest.size, proof, newest.root):
        yield Problem(where, "this entry cannot be proven to be under the signed root", entry)
        return
    try:
        derived = [(entry, row) for row in index_rows(envelope)]
    except StatementError as error:
        yield Problem(where, f"this entry is no statement ({error.what})", entry)
        return
    if list(rows.index(connection, entry, entry + 1)) != derived:
        yield Problem(f"subjects of {where}", "the index rows do not say what the entry says", entry)
    yield from _hidden(connection, entry, entry + 1)


def _hidden(connection: Connection, start: int, stop: int) -> Iterator[Problem]:
    entry = rows.unreached(connection, start, stop)
    if entry is not None:
        yield Problem(f"subjects of entry {entry}", "an index leaves this entry out", entry)


def _structure(connection: Connection) -> Iterator[Problem]:
    """SQLite's check of its pages, and of each index against its table."""
    for (message,) in connection.execute(f"PRAGMA integrity_check({MAX_PROBLEMS})"):
        if message != "ok":
            yield Problem("file", f"SQLite finds it damaged: {message}")


def _raised(action: Callable[[], object]) -> Iterator[Problem]:
    try:
        action()
    except LedgerTampered as error:
        yield _problem(error)


def _raise_first(problems: Iterator[Problem]) -> None:
    found = list(islice(problems, 5))
    if found:
        also = "".join(f"; {problem}" for problem in found[1:])
        raise LedgerTampered(f"{found[0].message}{also}", where=found[0].where, remedy=RESTORE)


def _problem(error: LedgerTampered) -> Problem:
    return Problem(error.where, error.what)
