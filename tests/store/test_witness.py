"""The witness: it remembers, never goes back, and its absence is noticed."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assay.core import merkle
from assay.core.errors import LedgerBusy, LedgerTampered, SignatureError, StoreError
from assay.core.note import Checkpoint, parse_checkpoint
from assay.store.audit import audit, check_head
from assay.store.ledger import Ledger
from assay.store.witness import Witness


def test_it_is_made_with_the_first_entry_and_moves_on(
    ledger: Ledger, key: Any, witness: Witness, envelope: Callable[..., bytes]
) -> None:
    """After every append it remembers exactly the newest checkpoint, byte for byte."""
    assert witness.remembered(verifier=key) is None
    for number in range(4):
        ledger.append([envelope("a", number)], signer=key, verifier=key, witness=witness)
        assert witness.signed_note() == ledger.checkpoint()
    known = witness.remembered(verifier=key)
    assert known is not None
    assert known.size == 4
    assert sorted(item.name for item in witness.path.parent.iterdir()) == [
        "ledger.db", "ledger.witness", "ledger.witness.lock",
    ]  # fmt: skip


def test_a_missing_witness_beside_entries_is_tampering(
    filled: Ledger, key: Any, witness: Witness, envelope: Callable[..., bytes]
) -> None:
    """Stops rollback by deleting what remembers: neither a check nor an append passes, and the way out is named."""
    witness.path.unlink()
    for ask in (
        lambda: check_head(filled, verifier=key, witness=witness, entries=()),
        lambda: filled.append([envelope()], signer=key, verifier=key, witness=witness),
    ):
        with pytest.raises(LedgerTampered, match="the witness is missing") as caught:
            ask()
        assert "adopt" in caught.value.remedy
    assert filled.size == 11
    assert not witness.path.exists()


def test_a_fresh_copy_is_adopted_on_purpose(filled: Ledger, key: Any, tmp_path: Path, make_key: Any) -> None:
    """Adopting takes a trusted signature, and never replaces what is remembered."""
    fresh = Witness(tmp_path / "fresh.witness")
    note = filled.checkpoint() or ""
    with pytest.raises(SignatureError):
        fresh.adopt(make_key(b"\x01" * 32).sign_note(key.verify_note(note).render()), verifier=key)
    assert fresh.adopt(note, verifier=key).size == 11
    assert check_head(filled, verifier=key, witness=fresh, entries=()).size == 11
    with pytest.raises(StoreError, match="remembers a ledger already"):
        fresh.adopt(filled.checkpoint_at(3) or "", verifier=key)
    assert fresh.signed_note() == note


def test_a_crash_before_the_first_commit_is_no_alarm(
    ledger: Ledger, key: Any, witness: Witness, envelope: Callable[..., bytes]
) -> None:
    """The witness is made before the first entry is: killed between the two, the next append just goes on."""
    empty = Checkpoint(ledger.origin, 0, merkle.EMPTY_ROOT)
    witness.adopt(key.sign_note(empty.render()), verifier=key)
    ledger.append([envelope()], signer=key, verifier=key, witness=witness)
    assert witness.signed_note() == ledger.checkpoint()


def test_it_is_there_before_the_first_entry(
    ledger: Ledger, key: Any, witness: Witness, envelope: Callable[..., bytes]
) -> None:
    """Made after the commit, a crash between the two would leave entries without a witness: a false alarm for ever."""
    seen: list[tuple[int, bool]] = []

    class Watches:
        def sign_note(self, text: str) -> str:
            seen.append((parse_checkpoint(text).size, witness.path.exists()))
            signed: str = key.sign_note(text)
            return signed

    ledger.append([envelope()], signer=Watches(), verifier=key, witness=witness)
    assert seen == [(0, False), (1, True)]


def test_a_crash_before_the_witness_moved_on_is_no_alarm(
    filled: Ledger, key: Any, witness: Witness, envelope: Callable[..., bytes]
) -> None:
    """Killed between commit and witness, the witness is behind: that is in order, and the next append catches up."""
    filled.append([envelope("unwitnessed", 1)], signer=key, verifier=key)
    assert check_head(filled, verifier=key, witness=witness, entries=()).size == 12
    filled.append([envelope("witnessed", 2)], signer=key, verifier=key, witness=witness)
    assert witness.signed_note() == filled.checkpoint()


def test_it_never_moves_backwards(filled: Ledger, key: Any, witness: Witness) -> None:
    """A process that comes late with an older checkpoint changes nothing."""
    newest = witness.signed_note()
    for size in (1, 3, 7, 10):
        witness.advance(filled.checkpoint_at(size) or "", filled.prove_consistency, verifier=key)
    assert witness.signed_note() == newest


def test_many_threads_leave_the_newest(filled: Ledger, key: Any, witness: Witness, tmp_path: Path) -> None:
    """In whatever order they come, what stays is the newest, and no half-written file is ever seen."""
    notes = [filled.checkpoint_at(size) or "" for size in (1, 3, 7, 10, 11)]
    proofs = {(old, new): filled.prove_consistency(old, new) for new in (1, 3, 7, 10, 11) for old in range(new + 1)}
    shared = Witness(tmp_path / "shared.witness", timeout=20)
    shared.adopt(notes[0], verifier=key)
    threads = [
        threading.Thread(
            target=shared.advance, args=(note, lambda old, new: proofs[old, new]), kwargs={"verifier": key}
        )
        for note in notes * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.signed_note() == notes[-1]


def test_two_copies_cannot_share_a_witness(
    filled: Ledger, key: Any, witness: Witness, envelope: Callable[..., bytes], tmp_path: Path
) -> None:
    """Stops a fork between check and commit: whoever moves the witness on second is told that the history forked."""
    shutil.copy(filled.path, tmp_path / "copy.db")
    with Ledger.open(tmp_path / "copy.db", writable=True) as copy:
        copy.append([envelope("theirs", 1)], signer=key, verifier=key)
        filled.append([envelope("ours", 1)], signer=key, verifier=key, witness=witness)
        with pytest.raises(LedgerTampered, match="forked"):
            witness.advance(copy.checkpoint() or "", copy.prove_consistency, verifier=key)
    assert witness.signed_note() == filled.checkpoint()


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xfe", b"x" * 100_000])
def test_a_witness_that_cannot_be_read_is_tampering(filled: Ledger, key: Any, witness: Witness, content: bytes) -> None:
    """An unreadable memory is not an empty one."""
    witness.path.write_bytes(content)
    with pytest.raises(LedgerTampered, match="witness"):
        check_head(filled, verifier=key, witness=witness, entries=())


def test_changing_any_byte_of_the_witness_is_noticed(filled: Ledger, key: Any, witness: Witness) -> None:
    """Every byte is covered: by the signature, or by the form."""
    raw = witness.path.read_bytes()
    for place in range(len(raw)):
        witness.path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(LedgerTampered):
            witness.remembered(verifier=key)


def test_a_witness_of_another_ledger_is_tampering(filled: Ledger, key: Any, witness: Witness) -> None:
    """The same key may sign for two ledgers; a witness is for one."""
    other = Checkpoint("example.org/other", 3, merkle.EMPTY_ROOT)
    witness.path.write_text(key.sign_note(other.render()))
    with pytest.raises(LedgerTampered, match="remembers the ledger 'example"):
        check_head(filled, verifier=key, witness=witness, entries=())


def test_a_ledger_emptied_beside_its_witness_is_rolled_back(
    filled: Ledger, key: Any, witness: Witness, tmp_path: Path, envelope: Callable[..., bytes]
) -> None:
    """Starting over with a new file of the same name does not start over."""
    with Ledger.create(tmp_path / "new.db", origin=filled.origin) as new:
        assert audit(new, verifier=key).clean
        for ask in (
            partial(check_head, new, verifier=key, witness=witness, entries=()),
            partial(new.append, [envelope()], signer=key, verifier=key, witness=witness),
        ):
            with pytest.raises(LedgerTampered, match="rolled back"):
                ask()
        assert new.size == 0


def test_a_witness_that_cannot_be_written_is_told_apart(
    filled: Ledger, key: Any, witness: Witness, envelope: Callable[..., bytes]
) -> None:
    """The entries are there: the message must not invite anybody to record them again."""
    lock = witness.path.with_name(f"{witness.path.name}.lock")
    lock.unlink()
    lock.mkdir()
    with pytest.raises(StoreError, match="the entries were recorded, but the witness"):
        filled.append([envelope()], signer=key, verifier=key, witness=witness)
    assert filled.size == 12
    lock.rmdir()
    assert filled.append([envelope()], signer=key, verifier=key, witness=witness) == (12,)


def test_a_lock_is_not_followed_elsewhere(filled: Ledger, key: Any, witness: Witness, tmp_path: Path) -> None:
    """Stops a symbolic link at the lock's name from making us create a file somewhere else."""
    lock = witness.path.with_name(f"{witness.path.name}.lock")
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        witness.advance(filled.checkpoint() or "", filled.prove_consistency, verifier=key)
    assert not (tmp_path / "elsewhere").exists()


def test_waiting_for_the_witness_ends(filled: Ledger, key: Any, witness: Witness) -> None:
    """A process that hangs with the lock does not hang the others for ever."""
    descriptor = os.open(witness.path.with_name(f"{witness.path.name}.lock"), os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(LedgerBusy):
            Witness(witness.path, timeout=0.02).advance(
                filled.checkpoint() or "", filled.prove_consistency, verifier=key
            )
    finally:
        os.close(descriptor)
