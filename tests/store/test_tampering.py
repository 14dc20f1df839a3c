"""Everything that can be done to a ledger behind our back, and who notices: docs/ledger.md is this file in prose."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from assay.core import merkle
from assay.core.envelope import Envelope, Signature, parse_envelope
from assay.core.errors import LedgerTampered, StoreError
from assay.core.note import Checkpoint
from assay.store.audit import MAX_PROBLEMS, audit, check_head
from assay.store.ledger import Entry, Ledger
from assay.store.witness import Witness

#: The ledger that is tampered with: eleven entries, checkpoints at 1, 3, 7, 10 and 11.
SIZE = 11


@dataclass(frozen=True)
class Attack:
    """SQL that an attacker runs, what the audit names, and whether :func:`check_head` sees it beyond its window too."""

    name: str
    sql: tuple[str, ...]
    named: tuple[str, ...]
    far: bool
    values: dict[str, object] = field(default_factory=dict)


def swap(table: str, key: str, one: int, two: int) -> tuple[str, ...]:
    return (
        f"UPDATE {table} SET {key} = -99 WHERE {key} = {one}",
        f"UPDATE {table} SET {key} = {one} WHERE {key} = {two}",
        f"UPDATE {table} SET {key} = {two} WHERE {key} = -99",
    )


ATTACKS = [
    Attack("edited", ("UPDATE entries SET envelope = :new WHERE entry = 4",), ("entry 4",), False),
    Attack("newest edited", ("UPDATE entries SET envelope = :new WHERE entry = 10",), ("entry 10",), False),
    Attack(
        "edited, with its leaf",
        ("UPDATE entries SET envelope = :new WHERE entry = 4", "UPDATE nodes SET hash = :leaf WHERE number = 7"),
        ("node 9", "checkpoint 7"),
        False,
    ),
    Attack("deleted", ("DELETE FROM entries WHERE entry = 4",), ("entry 4",), False),
    Attack("first deleted", ("DELETE FROM entries WHERE entry = 0",), ("entry 0",), False),
    Attack("two swapped", swap("entries", "entry", 2, 5), ("entry 2", "entry 5"), False),
    Attack(
        "inserted in the middle",
        (
            "UPDATE entries SET entry = -entry - 1 WHERE entry > 4",
            "UPDATE entries SET entry = -entry WHERE entry < 0",
            "INSERT INTO entries VALUES (5, :new)",
        ),
        ("entry 5", "entry 10"),
        True,
    ),
    Attack("inserted at the end", ("INSERT INTO entries VALUES (11, :new)",), ("entry 11",), True),
    Attack("inserted far off", ("INSERT INTO entries VALUES (4000000000000000000, :new)",), ("entry 11",), True),
    Attack("inserted before the first", ("INSERT INTO entries VALUES (-1, :new)",), ("entry -1",), True),
    Attack("entry cut off", ("DELETE FROM entries WHERE entry = 10",), ("entry 10",), True),
    Attack(
        "tail cut off",
        ("DELETE FROM entries WHERE entry > 6", "DELETE FROM subjects WHERE entry > 6"),
        ("entries 7 to 10",),
        True,
    ),
    Attack(
        "tail cut off to no checkpoint",
        (
            "DELETE FROM entries WHERE entry > 7",
            "DELETE FROM subjects WHERE entry > 7",
            "DELETE FROM nodes WHERE number >= 15",
            "DELETE FROM checkpoints WHERE size > 7",
        ),
        ("entry 7",),
        True,
    ),
    Attack("all entries gone", ("DELETE FROM entries",), ("entries 0 to 10",), True),
    Attack("leaf edited", ("UPDATE nodes SET hash = :hash WHERE number = 7",), ("entry 4",), False),
    Attack("node edited", ("UPDATE nodes SET hash = :hash WHERE number = 9",), ("node 9",), False),
    Attack("frontier node edited", ("UPDATE nodes SET hash = :hash WHERE number = 14",), ("node 14",), True),
    Attack("node deleted", ("DELETE FROM nodes WHERE number = 9",), ("node 9",), False),
    Attack("node no hash", ("UPDATE nodes SET hash = x'00' WHERE number = 9",), ("node 9",), False),
    Attack("nodes added", ("INSERT INTO nodes VALUES (19, :hash)",), ("nodes",), True),
    Attack("nodes gone", ("DELETE FROM nodes",), ("nodes",), True),
    Attack("newest checkpoint removed", ("DELETE FROM checkpoints WHERE size = 11",), ("entry 10",), True),
    Attack("all checkpoints removed", ("DELETE FROM checkpoints",), ("entry 10",), True),
    Attack(
        "older checkpoint passed off as newest",
        (
            "DELETE FROM checkpoints WHERE size = 11",
            "UPDATE checkpoints SET size = 11 WHERE size = 10",
        ),
        ("checkpoint 11",),
        True,
    ),
    Attack("checkpoint of another ledger", ("UPDATE checkpoints SET note = :foreign",), ("checkpoint 11",), True),
    Attack("checkpoint by another key", ("UPDATE checkpoints SET note = :forged",), ("checkpoint 11",), True),
    Attack(
        "old checkpoint by another key",
        ("UPDATE checkpoints SET note = :forged WHERE size = 3",),
        ("checkpoint 3",),
        False,
    ),
    Attack("checkpoint garbage", ("UPDATE checkpoints SET note = 'x'",), ("checkpoint 11",), True),
    Attack(
        "checkpoint of the future",
        ("INSERT INTO checkpoints SELECT 4000000000000000000, note FROM checkpoints WHERE size = 11",),
        ("checkpoint 4000000000000000000",),
        True,
    ),
    Attack(
        "index name edited", ("UPDATE subjects SET name = 'other' WHERE entry = 4",), ("subjects of entry 4",), False
    ),
    Attack(
        "index digest edited",
        ("UPDATE subjects SET digest = 'sha256:' || hex(zeroblob(32)) WHERE entry = 4",),
        ("subjects of entry 4",),
        False,
    ),
    Attack(
        "index type edited",
        ("UPDATE subjects SET predicate_type = 'other' WHERE entry = 4",),
        ("subjects of entry 4",),
        False,
    ),
    Attack("index row deleted", ("DELETE FROM subjects WHERE entry = 4",), ("subjects of entry 4",), False),
    Attack("index row moved", ("UPDATE subjects SET number = 3 WHERE entry = 4",), ("subjects of entry 4",), False),
    Attack(
        "index row added",
        ("INSERT INTO subjects SELECT 4, 1, 'other', digest, predicate_type FROM subjects WHERE entry = 5",),
        ("subjects of entry 4",),
        False,
    ),
    Attack(
        "index row of no entry",
        ("INSERT INTO subjects SELECT 99, 0, name, digest, predicate_type FROM subjects WHERE entry = 5",),
        ("subjects",),
        True,
    ),
    Attack("renamed", ("UPDATE about SET origin = 'example.org/other'",), ("checkpoint 11",), True),
    Attack("two names", ("INSERT INTO about VALUES ('example.org/other')",), ("about",), True),
    Attack("no name", ("DELETE FROM about",), ("about",), True),
]


@pytest.fixture
def attack(
    request: pytest.FixtureRequest, filled: Ledger, tamper: Any, key: Any, make_key: Any, envelope: Any
) -> Attack:
    """The attack of this test, carried out."""
    found: Attack = request.param
    new = envelope("evil.onnx", 666)
    checkpoint = key.verify_note(filled.checkpoint())
    foreign = Checkpoint("example.org/other", SIZE, checkpoint.root)
    tamper(
        *found.sql,
        new=new,
        leaf=merkle.leaf_hash(new),
        hash=b"\x66" * 32,
        foreign=key.sign_note(foreign.render()),
        forged=make_key(b"\x66" * 32).sign_note(checkpoint.render()),
        **found.values,
    )
    return found


every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name, indirect=True)
#: Only the newest checkpoint speaks for the head.
every_attack_on_the_head = pytest.mark.parametrize(
    "attack",
    [attack for attack in ATTACKS if attack.name != "old checkpoint by another key"],
    ids=lambda attack: attack.name,
    indirect=True,
)


@every_attack
def test_an_audit_finds_and_names_it(attack: Attack, path: Path, key: Any) -> None:
    """Every row that was touched, or the smallest part of the ledger that it can be narrowed down to."""
    try:
        with Ledger.open(path) as ledger:
            places = [problem.where for problem in audit(ledger, verifier=key).problems]
    except LedgerTampered as error:
        places = [error.where]
    assert set(attack.named) <= set(places), places


@every_attack_on_the_head
def test_the_head_check_finds_it_within_its_window(attack: Attack, path: Path, key: Any, witness: Witness) -> None:
    """All of these, for a ledger that is not longer than the window."""
    with pytest.raises(LedgerTampered) as caught, Ledger.open(path) as ledger:
        check_head(ledger, verifier=key, witness=witness, entries=())
    assert caught.value.where
    assert caught.value.remedy


@every_attack
def test_the_head_check_finds_some_beyond_its_window(attack: Attack, path: Path, key: Any, witness: Witness) -> None:
    """With no window at all it still sees what changes the ends, the frontier, or the newest checkpoint."""
    noticed = False
    try:
        with Ledger.open(path) as ledger:
            check_head(ledger, verifier=key, witness=witness, entries=(), window=0)
    except LedgerTampered:
        noticed = True
    assert noticed == attack.far


@every_attack
def test_nothing_is_appended_to_a_ledger_whose_ends_do_not_hold(
    attack: Attack, path: Path, key: Any, envelope: Callable[..., bytes]
) -> None:
    """An append never signs over tampering that the head check would see in constant time."""
    before = path.read_bytes()
    refused = False
    try:
        with Ledger.open(path, writable=True) as ledger:
            ledger.append([envelope()], signer=key, verifier=key)
    except LedgerTampered:
        refused = True
    assert refused == attack.far
    assert not refused or path.read_bytes() == before


@pytest.mark.parametrize("index", range(SIZE))
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entries SET envelope = :new WHERE entry = :place",
        "DELETE FROM entries WHERE entry = :place",
        "UPDATE subjects SET name = 'other' WHERE entry = :place",
    ],
)
def test_the_head_check_vouches_for_the_entries_it_is_asked_about(
    index: int, sql: str, filled: Ledger, tamper: Any, key: Any, envelope: Callable[..., bytes]
) -> None:
    """However far back: an entry that a decision rests on is proven, and its index rows are derived anew."""
    tamper(sql, new=envelope("evil", 1), place=index)
    with pytest.raises(LedgerTampered, match=f"entry {index}|only 10 are there"):
        check_head(filled, verifier=key, witness=None, entries=[index], window=0)


@pytest.mark.parametrize("index", range(SIZE))
def test_an_entry_edited_where_no_index_looks_cannot_be_proven(
    index: int, filled: Ledger, tamper: Any, key: Any
) -> None:
    """Stops an edit of the predicate or the signature alone: name, digest and type stay what the index says."""
    parsed = parse_envelope(filled.entry(index).envelope)
    changed = Envelope(parsed.payload, parsed.payload_type, (Signature("", b"other"),)).render()
    tamper("UPDATE entries SET envelope = :new WHERE entry = :place", new=changed, place=index)
    with pytest.raises(LedgerTampered, match="cannot be proven") as caught:
        check_head(filled, verifier=key, witness=None, entries=[index], window=0)
    assert caught.value.where == f"entry {index}"


def test_a_trusted_key_cannot_sign_in_what_is_no_statement(ledger: Ledger, tamper: Any, key: Any) -> None:
    """Another tool with the right key wrote it; the tree is perfect, but nobody could have found or read the entry."""
    odd = b"not an envelope"
    checkpoint = Checkpoint(ledger.origin, 1, merkle.leaf_hash(odd))
    tamper(
        "INSERT INTO entries VALUES (0, :odd)",
        "INSERT INTO nodes VALUES (0, :root)",
        "INSERT INTO subjects VALUES (0, 0, 'name', 'digest', 'type')",
        "INSERT INTO checkpoints VALUES (1, :note)",
        odd=odd,
        root=checkpoint.root,
        note=key.sign_note(checkpoint.render()),
    )
    (problem,) = audit(ledger, verifier=key).problems
    assert (problem.entry, "no statement" in problem.message) == (0, True)
    for window in (0, 1000):
        with pytest.raises(LedgerTampered, match="no statement"):
            check_head(ledger, verifier=key, witness=None, entries=[0], window=window)


def test_an_untouched_ledger_passes(filled: Ledger, key: Any, witness: Witness) -> None:
    """No false alarm: whole, windowed, with every older note to compare with."""
    notes = [filled.checkpoint_at(size) or "" for size in (1, 3, 7, 10, 11)]
    report = audit(filled, verifier=key, since=[*notes, witness.signed_note() or ""])
    assert (report.size, report.checkpoints_checked, report.problems, report.clean) == (SIZE, 5, (), True)
    newest = key.verify_note(filled.checkpoint())
    for window in range(SIZE + 2):
        assert check_head(filled, verifier=key, witness=witness, entries=range(SIZE), window=window) == newest


def test_long_ledgers_are_gone_through_in_steps(
    ledger: Ledger, tamper: Any, key: Any, envelope: Callable[..., bytes]
) -> None:
    """Where one step ends and the next begins nothing is passed over: not a row, not a checkpoint, not an index row."""
    ledger.append([envelope(f"file-{number}", number) for number in range(600)], signer=key, verifier=key)
    report = audit(ledger, verifier=key)
    assert (report.size, report.checkpoints_checked, report.problems) == (600, 1, ())
    assert check_head(ledger, verifier=key, witness=None, entries=(), window=600).size == 600
    places = (0, 255, 256, 257, 511, 512, 599)
    for place in places:
        tamper("UPDATE subjects SET name = 'other' WHERE entry = :place", place=place)
    assert [problem.entry for problem in audit(ledger, verifier=key).problems] == list(places)
    with pytest.raises(LedgerTampered) as caught:
        check_head(ledger, verifier=key, witness=None, entries=(), window=599)
    assert caught.value.where == "subjects of entry 255"


def test_an_empty_ledger_audits_clean_and_proves_nothing(ledger: Ledger, key: Any, witness: Witness) -> None:
    """There is nothing wrong with it, and nothing that a decision could rest on."""
    assert audit(ledger, verifier=key) == audit(ledger, verifier=key)
    assert audit(ledger, verifier=key).clean
    with pytest.raises(StoreError, match="empty") as caught:
        check_head(ledger, verifier=key, witness=witness, entries=())
    assert not isinstance(caught.value, LedgerTampered)


def test_a_missing_entry_is_no_tampering(filled: Ledger, key: Any) -> None:
    """Asking about an entry that never was is the caller's mistake."""
    with pytest.raises(StoreError, match="there is no entry 11") as caught:
        check_head(filled, verifier=key, witness=None, entries=[SIZE])
    assert not isinstance(caught.value, LedgerTampered)


CUT = (
    "DELETE FROM entries WHERE entry >= 7",
    "DELETE FROM subjects WHERE entry >= 7",
    "DELETE FROM nodes WHERE number >= 11",
    "DELETE FROM checkpoints WHERE size > 7",
)


def test_a_cleanly_cut_tail_is_seen_by_who_remembers(filled: Ledger, tamper: Any, key: Any, witness: Witness) -> None:
    """The rollback that leaves a perfect, shorter ledger: found with a witness or a later note, by nobody without."""
    newest = filled.checkpoint() or ""
    tamper(*CUT)
    assert audit(filled, verifier=key).clean
    (problem,) = audit(filled, verifier=key, since=[newest]).problems
    assert "rolled back" in problem.message
    with pytest.raises(LedgerTampered, match="rolled back") as caught:
        check_head(filled, verifier=key, witness=witness, entries=())
    assert caught.value.where == "entries 7 to 10"
    with pytest.raises(LedgerTampered, match="rolled back"):
        filled.append([filled.entry(0).envelope], signer=key, verifier=key, witness=witness)


def test_a_forked_history_is_seen_by_who_remembers(
    filled: Ledger, key: Any, witness: Witness, envelope: Callable[..., bytes], tmp_path: Path
) -> None:
    """The same key signs two histories: each is perfect, and a note of one convicts the other."""
    newest = filled.checkpoint() or ""
    with Ledger.create(tmp_path / "fork.db", origin=filled.origin) as fork:
        fork.append([entry.envelope for entry in filled.entries(0, 7)], signer=key, verifier=key)
        fork.append([envelope("other", number) for number in range(8)], signer=key, verifier=key)
        assert audit(fork, verifier=key, since=[filled.checkpoint_at(7) or ""]).clean
        (problem,) = audit(fork, verifier=key, since=[newest]).problems
        assert "forked" in problem.message
        with pytest.raises(LedgerTampered, match="forked"):
            check_head(fork, verifier=key, witness=witness, entries=())
        with pytest.raises(LedgerTampered, match="forked"):
            fork.append([envelope()], signer=key, verifier=key, witness=witness)


def test_notes_that_prove_nothing_are_problems(filled: Ledger, key: Any, make_key: Any) -> None:
    """A note to compare with that is forged, garbage or of another ledger is reported, not passed over."""
    checkpoint = key.verify_note(filled.checkpoint())
    other = Checkpoint("example.org/other", 3, checkpoint.root)
    notes = [make_key(b"\x01" * 32).sign_note(checkpoint.render()), "garbage", key.sign_note(other.render())]
    assert len(audit(filled, verifier=key, since=notes).problems) == 3


def test_everything_rewritten_but_the_signature(filled: Ledger, tamper: Any, key: Any, envelope: Any) -> None:
    """Who recomputes the whole tree cannot sign its root; the audit narrows it to between two checkpoints."""
    batch = [entry.envelope for entry in filled.entries()]
    batch[8] = envelope("evil", 1)
    hashes: list[bytes] = []
    grown = chain.from_iterable(merkle.grow(hashes, place, merkle.leaf_hash(data)) for place, data in enumerate(batch))
    tamper("UPDATE entries SET envelope = :new WHERE entry = 8", new=batch[8])
    for level, index, value in grown:
        tamper(
            "UPDATE nodes SET hash = :value WHERE number = :place", value=value, place=merkle.node_number(level, index)
        )
    tamper(
        "UPDATE subjects SET name = 'evil', digest = :value WHERE entry = 8",
        value=f"sha256:{merkle.leaf_hash(b'evil 1').hex()}",
    )
    first, second = audit(filled, verifier=key).problems
    assert "the root that was signed" in first.message
    assert (second.where, second.message[:14]) == ("checkpoint 10", "entries 7 to 9")
    with pytest.raises(LedgerTampered):
        check_head(filled, verifier=key, witness=None, entries=(), window=0)


def test_an_audit_asks_about_each_entry(filled: Ledger, key: Any) -> None:
    """check_entry sees every entry once, in order; what it says is a problem. progress ends at the size."""
    seen: list[Entry] = []
    done: list[int] = []

    def check(entry: Entry) -> str | None:
        seen.append(entry)
        return "its signature does not hold" if entry.index == 5 else None

    (problem,) = audit(filled, verifier=key, check_entry=check, progress=done.append).problems
    assert (problem.entry, str(problem)) == (5, "entry 5: its signature does not hold")
    assert seen == list(filled.entries())
    assert done[-1] == SIZE


def test_an_audit_of_a_ruin_ends(filled: Ledger, tamper: Any, key: Any) -> None:
    """However many rows are wrong, or claimed by one far-off row, the report is bounded."""
    tamper("DELETE FROM entries", "INSERT INTO entries VALUES (9000000000000000000, x'00')")
    assert len(audit(filled, verifier=key).problems) == MAX_PROBLEMS


@pytest.mark.parametrize("column", ["digest", "name", "predicate_type"])
def test_an_entry_hidden_from_one_index_is_noticed(column: str, filled: Ledger, tamper: Any, key: Any) -> None:
    """Stops hiding an entry from find while its row looks right, by editing the row with the index out of the way."""
    index = f"subjects_by_{column}"
    tamper(
        "PRAGMA writable_schema = ON",
        "CREATE TEMP TABLE aside AS SELECT * FROM sqlite_schema WHERE name = :index",
        "DELETE FROM sqlite_schema WHERE name = :index",
        "PRAGMA writable_schema = RESET",
        f"CREATE TEMP TABLE old AS SELECT {column} AS value FROM subjects WHERE entry = 4",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema SELECT * FROM aside",
        "PRAGMA writable_schema = RESET",
        f"UPDATE subjects SET {column} = 'hidden' WHERE entry = 4",
        "PRAGMA writable_schema = ON",
        "DELETE FROM sqlite_schema WHERE name = :index",
        "PRAGMA writable_schema = RESET",
        f"UPDATE subjects SET {column} = (SELECT value FROM old) WHERE entry = 4",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema SELECT * FROM aside",
        index=index,
    )
    with Ledger.open(filled.path) as ledger:
        wanted = {"digest": None, "name": "file-4", "predicate_type": "tag:test,2026:thing"}[column]
        assert column == "digest" or 4 not in ledger.find(**{column: wanted})
        assert not audit(ledger, verifier=key).clean
        for window, entries in ((1000, ()), (0, (4,))):
            with pytest.raises(LedgerTampered, match="an index leaves this entry out") as caught:
                check_head(ledger, verifier=key, witness=None, entries=entries, window=window)
            assert caught.value.where == "subjects of entry 4"


def test_rows_of_the_wrong_type_are_tampering(filled: Ledger, tamper: Any, key: Any) -> None:
    """A STRICT table can be got round by writing its schema; what comes out is checked all the same."""
    tamper(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name IN ('entries', 'checkpoints', 'nodes')",
    )
    tamper(
        "UPDATE entries SET envelope = 'text' WHERE entry = 4",
        "UPDATE nodes SET hash = 'text' WHERE number = 14",
        "UPDATE checkpoints SET note = x'00' WHERE size = 3",
    )
    tamper(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name IN ('entries', 'checkpoints', 'nodes')",
    )
    with Ledger.open(filled.path) as ledger:
        places = {problem.where for problem in audit(ledger, verifier=key).problems}
        assert {"entry 4", "node 14", "checkpoint 3"} <= places
        for ask in (lambda: ledger.entry(4), lambda: ledger.prove_inclusion(9), lambda: ledger.checkpoint_at(3)):
            with pytest.raises(LedgerTampered):
                ask()


def test_a_witness_of_a_copy_is_not_asked_about_the_original(filled: Ledger, key: Any, tmp_path: Path) -> None:
    """A copied ledger with its own adopted witness is checked like the first."""
    copy = tmp_path / "copy.db"
    shutil.copy(filled.path, copy)
    own = Witness(tmp_path / "own.witness")
    with Ledger.open(copy) as ledger:
        own.adopt(ledger.checkpoint() or "", verifier=key)
        assert check_head(ledger, verifier=key, witness=own, entries=[0]).size == SIZE
