"""Any sequence of appends, crashes and restarts: a log whose earlier checkpoints are its beginnings."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.core import merkle
from assay.store.audit import audit, check_head
from assay.store.ledger import Ledger
from assay.store.witness import Witness

APPEND, RESTART, CRASH = "append", "restart", "crash"

#: (what happens, how many entries, before which statement of the transaction the power goes, whether pages spill early)
STEPS = st.lists(
    st.tuples(st.sampled_from([APPEND, APPEND, RESTART, CRASH]), st.integers(1, 9), st.integers(0, 40), st.booleans()),
    min_size=1,
    max_size=12,
)


class World:
    """A ledger, its witness, and what a perfect memory would know of them."""

    def __init__(self, folder: Path, key: Any, envelope: Any) -> None:
        self.folder, self.key, self.envelope = folder, key, envelope
        self.generation = self.made = 0
        self.entries: list[bytes] = []
        self.notes: list[str] = []
        self._disk().mkdir()
        self.ledger = Ledger.create(self._disk() / "ledger.db", origin="example.org/log")

    def append(self, count: int) -> None:
        batch = self._batch(count)
        places = self.ledger.append(batch, signer=self.key, verifier=self.key, witness=self._witness())
        assert places == tuple(range(len(self.entries), len(self.entries) + count))
        self.entries += batch
        self.notes.append(self.ledger.checkpoint() or "")

    def restart(self) -> None:
        path = self.ledger.path
        self.ledger.close()
        self.ledger = Ledger.open(path, writable=True)

    def crash(self, count: int, before: int, spill: bool) -> None:
        """Append, and go on with the disk as it was just before one statement of that append ran."""
        connection, old, seen = self.ledger._connection, self._disk(), 0
        self.generation += 1

        def at_statement(_: str) -> None:
            nonlocal seen
            if seen == before:
                shutil.copytree(old, self._disk())
            seen += 1

        if spill:
            connection.execute("PRAGMA cache_size = 1")
        connection.set_trace_callback(at_statement)
        batch = self._batch(count)
        self.ledger.append(batch, signer=self.key, verifier=self.key, witness=Witness(old / "ledger.witness"))
        connection.set_trace_callback(None)
        note = self.ledger.checkpoint() or ""
        self.ledger.close()
        if before >= seen:  # the append was over before the power went
            shutil.copytree(old, self._disk())
        self.ledger = Ledger.open(self._disk() / "ledger.db", writable=True)
        if self.ledger.size > len(self.entries):  # it had been committed: then all of it
            self.entries += batch
            self.notes.append(note)

    def check(self) -> None:
        """The log is what memory says, every earlier checkpoint is its beginning, and the witness agrees."""
        assert [entry.envelope for entry in self.ledger.entries()] == self.entries
        assert audit(self.ledger, verifier=self.key, since=self.notes).problems == ()
        newest = self.key.verify_note(self.notes[-1]) if self.notes else None
        for known in map(self.key.verify_note, self.notes):
            proof = self.ledger.prove_consistency(known.size)
            assert merkle.verify_consistency(known.size, newest.size, known.root, newest.root, proof)
        if newest is not None:
            assert check_head(self.ledger, verifier=self.key, witness=self._witness(), entries=[0]) == newest

    def _batch(self, count: int) -> list[bytes]:
        self.made += count
        return [self.envelope(f"file-{number % 5}", number) for number in range(self.made - count, self.made)]

    def _disk(self) -> Path:
        return self.folder / str(self.generation)

    def _witness(self) -> Witness:
        return Witness(self._disk() / "ledger.witness")


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_any_history_keeps_its_beginnings(steps: list[tuple[str, int, int, bool]], key: Any, envelope: Any) -> None:
    """A crash loses the append that it hit, or nothing; never part of one, never anything older, never the witness."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), key, envelope)
        try:
            for what, count, before, spill in steps:
                actions = {
                    APPEND: partial(world.append, count),
                    RESTART: world.restart,
                    CRASH: partial(world.crash, count, before, spill),
                }
                actions[what]()
                world.check()
        finally:
            world.ledger.close()


@pytest.mark.parametrize("before", range(45))
def test_a_crash_before_each_statement(before: int, key: Any, envelope: Any, tmp_path: Path) -> None:
    """Every statement of a second append, one by one, with its pages on the disk as early as can be."""
    world = World(tmp_path, key, envelope)
    try:
        world.append(2)
        world.crash(4, before, spill=True)
        world.check()
        world.append(1)
        world.check()
    finally:
        world.ledger.close()
