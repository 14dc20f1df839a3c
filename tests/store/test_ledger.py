"""The ledger's calls: what goes in comes out, what cannot be right is refused, and every failure says what to do."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assay.core import merkle
from assay.core.bundle import Bundle, KeyHint
from assay.core.digest import Digest
from assay.core.envelope import Envelope, Signature, parse_envelope
from assay.core.errors import LedgerBusy, LedgerTampered, SignatureError, StatementError, StoreError
from assay.core.note import parse_checkpoint, parse_note
from assay.core.statement import PAYLOAD_TYPE, Statement, Subject
from assay.store.ledger import Entry, Ledger


def wrap(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    return Envelope(payload, payload_type, (Signature("", b"s"),)).render()


def test_what_was_appended_is_read_back(ledger: Ledger, key: Any, envelope: Callable[..., bytes]) -> None:
    """Bytes in, the same bytes out, at the places that append returned; also after closing."""
    batch = [envelope("a", 1), envelope("b", 2)]
    assert ledger.size == 0
    assert ledger.checkpoint() is None
    assert ledger.append(batch, signer=key, verifier=key) == (0, 1)
    assert ledger.append([envelope("c", 3)], signer=key, verifier=key) == (2,)
    ledger.close()
    with Ledger.open(ledger.path) as again:
        assert again.size == 3
        assert again.origin == ledger.origin
        assert again.entry(1) == Entry(1, batch[1])
        assert [entry.envelope for entry in again.entries()] == [*batch, envelope("c", 3)]
        assert [entry.index for entry in again.entries(1, 2)] == [1]


def test_each_append_leaves_a_signed_checkpoint(filled: Ledger, key: Any) -> None:
    """The newest note is over everything; the older ones stay; between appends there is none."""
    newest = key.verify_note(filled.checkpoint())
    assert (newest.origin, newest.size) == (filled.origin, 11)
    hashes: list[bytes] = []
    for entry in filled.entries():
        list(merkle.grow(hashes, entry.index, merkle.leaf_hash(entry.envelope)))
    assert newest.root == merkle.frontier_root(hashes)
    assert [size for size in range(13) if filled.checkpoint_at(size)] == [1, 3, 7, 10, 11]


def test_every_entry_has_a_proof_under_every_checkpoint(filled: Ledger, key: Any) -> None:
    """Inclusion and consistency proofs verify against the signed roots, old and new."""
    signed = {size: key.verify_note(filled.checkpoint_at(size)) for size in (1, 3, 7, 10, 11)}
    for size, checkpoint in signed.items():
        for index in range(size):
            leaf = merkle.leaf_hash(filled.entry(index).envelope)
            proof = filled.prove_inclusion(index, size)
            assert merkle.verify_inclusion(leaf, index, size, proof, checkpoint.root)
        for old in (known for known in signed if known <= size):
            proof = filled.prove_consistency(old, size)
            assert merkle.verify_consistency(old, size, signed[old].root, checkpoint.root, proof)
    assert filled.prove_inclusion(4) == filled.prove_inclusion(4, 11)
    assert filled.prove_consistency(4) == filled.prove_consistency(4, 11)


def test_entries_are_found_by_what_they_say(ledger: Ledger, key: Any, envelope: Callable[..., bytes]) -> None:
    """By digest, name and predicate type, each alone and together, newest first, across many reads."""
    kinds = ["tag:test,2026:even", "tag:test,2026:odd"]
    batch = [envelope(f"file-{number % 3}", number // 2, kinds[number % 2]) for number in range(300)]
    ledger.append(batch, signer=key, verifier=key)
    assert list(ledger.find()) == list(range(299, -1, -1))
    assert list(ledger.find(name="file-0")) == list(range(297, -1, -3))
    assert list(ledger.find(predicate_type=kinds[1])) == list(range(299, -1, -2))
    assert list(ledger.find(predicate_type=kinds[1], name="file-0")) == list(range(297, -1, -6))
    digest = Digest("sha256", merkle.leaf_hash(b"file-0 5").hex())
    assert list(ledger.find(digest=digest)) == [n for n in range(299, -1, -1) if (n % 3, n // 2) == (0, 5)]
    assert list(ledger.find(digest=digest, name="file-1")) == []
    assert list(ledger.find(name="\ud800")) == list(ledger.find(name="file")) == []
    assert list(ledger.find(digest=Digest("dirHash", digest.value))) == []


def test_a_digest_and_a_name_must_be_of_one_subject(ledger: Ledger, key: Any) -> None:
    """Stops mix-and-match: one statement about two files does not say that either has the other's digest."""
    one, two = (Digest("sha256", hashlib.sha256(text).hexdigest()) for text in (b"1", b"2"))
    statement = Statement((Subject("a", one), Subject("b", two), Subject("a", one)), "tag:test,2026:thing", {})
    ledger.append([wrap(statement.render())], signer=key, verifier=key)
    assert list(ledger.find(name="a", digest=one)) == [0]
    assert list(ledger.find(name="a", digest=two)) == []


def test_a_bundle_is_an_entry_as_its_envelope_is(ledger: Ledger, key: Any, envelope: Callable[..., bytes]) -> None:
    """Kept byte for byte, found by what the statement in it says."""
    bundle = Bundle(parse_envelope(envelope("model", 1)), KeyHint("somebody"), (b"stamp",)).render()
    assert ledger.append([envelope("other", 2), bundle], signer=key, verifier=key) == (0, 1)
    assert ledger.entry(1).envelope == bundle
    assert list(ledger.find(name="model")) == [1]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (b"", "JSON"),
        (b"{}", "payloadType"),
        (wrap(b"{}"), "Statement/v1"),
        (wrap(b"{}", "text/plain"), "text/plain"),
        (wrap(Statement((Subject("a", Digest("gitCommit", "0" * 40)),), "x", {}).render()[:-1]), "JSON"),
        (
            wrap(
                Statement((Subject("NAME", Digest("gitCommit", "0" * 40)),), "x", {})
                .render()
                .replace(b"NAME", b"\\ud800")
            ),
            "half a character",
        ),
    ],
)
def test_what_is_no_statement_is_refused_with_the_whole_append(
    filled: Ledger, key: Any, envelope: Callable[..., bytes], wrong: bytes, why: str
) -> None:
    """One bad envelope and nothing is appended; the message says which one."""
    with pytest.raises(StatementError, match=why) as caught:
        filled.append([envelope(), wrong], signer=key, verifier=key)
    assert caught.value.where == "envelope 2 of 2"
    assert filled.size == 11


def test_nothing_to_append_adds_nothing(filled: Ledger, key: Any) -> None:
    """An empty append makes no checkpoint."""
    before = filled.checkpoint()
    assert filled.append([], signer=key, verifier=key) == ()
    assert (filled.size, filled.checkpoint()) == (11, before)


def test_a_signature_nobody_trusts_is_not_stored(
    filled: Ledger, key: Any, make_key: Any, envelope: Callable[..., bytes]
) -> None:
    """A wrong key must not leave a ledger that can never be appended to again."""
    with pytest.raises(SignatureError):
        filled.append([envelope()], signer=make_key(b"\x08" * 32), verifier=key)
    assert filled.size == 11
    assert filled.append([envelope()], signer=key, verifier=key) == (11,)


def test_a_signer_that_signs_something_else_is_refused(
    filled: Ledger, key: Any, envelope: Callable[..., bytes]
) -> None:
    """A good signature on another text does not pass for a checkpoint of this append."""

    class Replays:
        def sign_note(self, text: str) -> str:
            return filled.checkpoint() or ""

    with pytest.raises(StoreError, match="something else"):
        filled.append([envelope()], signer=Replays(), verifier=key)
    assert filled.size == 11


def test_a_signer_that_fails_leaves_no_trace(filled: Ledger, key: Any, envelope: Callable[..., bytes]) -> None:
    """Whatever breaks in the middle, the transaction is taken back and the next append works."""

    class Interrupted:
        def sign_note(self, text: str) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filled.append([envelope()], signer=Interrupted(), verifier=key)
    assert filled.size == 11
    assert filled.append([envelope()], signer=key, verifier=key) == (11,)


@pytest.mark.parametrize("index", [-1, 11, 2**70])
def test_an_entry_that_is_not_there_is_an_error(filled: Ledger, index: int) -> None:
    """Out of range says so; never another entry, as Python's negative indexes would."""
    for ask in (filled.entry, filled.prove_inclusion, lambda index: list(filled.entries(index, index + 1))):
        with pytest.raises(StoreError, match="the ledger has 11"):
            ask(index)
    with pytest.raises(StoreError):
        filled.prove_inclusion(3, 3)
    with pytest.raises(StoreError):
        filled.prove_inclusion(3, 12)
    with pytest.raises(StoreError):
        filled.prove_consistency(5, 4)


def test_a_ledger_is_made_once(path: Path, ledger: Ledger) -> None:
    """create does not touch what is there, and leaves nothing aside."""
    with pytest.raises(StoreError, match="something here already"):
        Ledger.create(path, origin="another")
    assert [item.name for item in path.parent.iterdir()] == ["ledger.db"]
    assert ledger.origin == "example.org/models"


def test_an_origin_that_no_checkpoint_can_hold_is_refused(path: Path) -> None:
    """It would only be noticed at the first append."""
    with pytest.raises(StatementError):
        Ledger.create(path, origin="two\nlines")
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no ledger here"),
        (b"", "not a ledger"),
        (b"\x00" * 5000, "not a ledger"),
        (b"SQLite format 3\x00", "not a ledger"),
        (b"# assay\n" * 1000, "not a ledger"),
    ],
)
def test_what_is_no_ledger_is_not_opened(tmp_path: Path, content: bytes | None, why: str) -> None:
    """Missing, empty and foreign files are told apart from ledgers and left alone."""
    path = tmp_path / "other"
    if content is not None:
        path.write_bytes(content)
    for writable in (False, True):
        with pytest.raises(StoreError, match=why) as caught:
            Ledger.open(path, writable=writable)
        assert str(path) in caught.value.where
    assert (path.read_bytes() if path.exists() else None) == content


def test_another_database_is_not_opened(tmp_path: Path) -> None:
    """Someone else's SQLite file is refused and not written to."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE entries (entry)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a ledger"):
        Ledger.open(path, writable=True)
    assert path.read_bytes() == before


def test_a_folder_is_not_opened(tmp_path: Path) -> None:
    """Nor is a device or a pipe, which could hang."""
    with pytest.raises(StoreError, match="folder"):
        Ledger.open(tmp_path)


def test_a_newer_format_is_refused(path: Path, ledger: Ledger, tamper: Callable[..., None]) -> None:
    """An old assay does not guess at what a newer one wrote."""
    tamper("PRAGMA user_version = 2")
    with pytest.raises(StoreError, match="format 2"):
        Ledger.open(path)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TRIGGER hide AFTER INSERT ON entries BEGIN DELETE FROM subjects; END",
        "CREATE VIEW more AS SELECT * FROM entries",
        "CREATE TABLE more (value)",
        "DROP INDEX subjects_by_digest",
        "ALTER TABLE entries ADD COLUMN more TEXT",
        "ALTER TABLE entries RENAME TO old",
    ],
)
def test_other_tables_than_ours_are_tampering(
    path: Path, ledger: Ledger, tamper: Callable[..., None], change: str
) -> None:
    """Stops a trigger or view slipped into the file from running when we read or append ("defense in depth")."""
    tamper(change)
    with pytest.raises(LedgerTampered, match="tables"):
        Ledger.open(path)


def test_a_trigger_cannot_hide_behind_a_reserved_name(path: Path, ledger: Ledger, tamper: Callable[..., None]) -> None:
    """Names that begin with sqlite_ are usually left out of listings of the schema."""
    tamper(
        "CREATE TRIGGER hide AFTER INSERT ON entries BEGIN DELETE FROM subjects; END",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET name = 'sqlite_hide' WHERE name = 'hide'",
    )
    with pytest.raises(StoreError):
        Ledger.open(path)


def test_a_reader_cannot_write(filled: Ledger, key: Any, envelope: Callable[..., bytes]) -> None:
    """A ledger opened for reading refuses to append, and says why."""
    with Ledger.open(filled.path) as reader:
        with pytest.raises(StoreError, match="read-only"):
            reader.append([envelope()], signer=key, verifier=key)
        assert reader.size == 11


def test_a_closed_ledger_says_so(filled: Ledger) -> None:
    """Not a traceback out of SQLite."""
    filled.close()
    with pytest.raises(StoreError):
        _ = filled.size


def test_a_locked_ledger_is_busy(path: Path, filled: Ledger, key: Any, envelope: Callable[..., bytes]) -> None:
    """Who waits too long is told that somebody else has it; nothing was appended, and it works afterwards."""
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        Ledger.open(path, writable=True, timeout=0.05) as ours,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy):
            ours.append([envelope()], signer=key, verifier=key)
        assert ours.size == 11  # a writer at work does not keep readers out
        other.execute("ROLLBACK")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerBusy):
            _ = ours.size
        with pytest.raises(LedgerBusy):
            Ledger.open(path, timeout=0.05)
        other.execute("ROLLBACK")
        assert ours.append([envelope()], signer=key, verifier=key) == (11,)


def test_a_slow_reader_does_not_keep_writers_out(filled: Ledger, key: Any, envelope: Callable[..., bytes]) -> None:
    """Iterators hold no lock between two items."""
    with Ledger.open(filled.path, timeout=0.05) as reader:
        entries, found = reader.entries(), reader.find(predicate_type="tag:test,2026:thing")
        next(entries), next(found)
        assert filled.append([envelope()], signer=key, verifier=key) == (11,)
        assert len(list(entries)) == 10
        assert len(list(found)) == 10


def test_the_file_alone_is_the_ledger(filled: Ledger, tmp_path: Path) -> None:
    """Stops loss by copying: no committed entry waits in a second file while the ledger is still open."""
    copy = tmp_path / "copy.db"
    copy.write_bytes(filled.path.read_bytes())
    with Ledger.open(copy) as again:
        assert again.size == 11
        assert again.checkpoint() == filled.checkpoint()


def test_the_same_appends_give_the_same_checkpoints(tmp_path: Path, key: Any, envelope: Callable[..., bytes]) -> None:
    """No clock and no chance in it."""
    notes = []
    for name in ("one.db", "two.db"):
        with Ledger.create(tmp_path / name, origin="example.org/log") as ledger:
            ledger.append([envelope("a", 1), envelope("b", 2)], signer=key, verifier=key)
            notes.append(ledger.checkpoint())
    assert notes[0] == notes[1]
    assert parse_checkpoint(parse_note(notes[0] or "").text).size == 2
