"""The witness: a small file outside the ledger that remembers the newest checkpoint that we have verified.

The ledger proves by itself that nothing in it was altered, but not that nothing was taken off its end: a shorter ledger
is a good ledger too. Whoever remembers a later checkpoint can tell. Keep the file where someone who can write the
ledger cannot write: a witness is worth as much as the place it lies in.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from assay.core import merkle, note
from assay.core.errors import Error, LedgerBusy, LedgerTampered, StoreError
from assay.core.note import Checkpoint
from assay.store.database import file_errors, sync_folder

_PAUSE: Final = 0.005  # seconds between two tries for the lock


class CheckpointVerifier(Protocol):
    """Whoever knows which keys may sign checkpoints."""

    def verify_note(self, note: str) -> Checkpoint:
        """The checkpoint in a signed note.

        :raises SignatureError: no trusted key signed it
        """
        ...


#: ``prove(old, new)`` gives the ledger's consistency proof between two sizes.
Prove = Callable[[int, int], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Witness:
    """The file at ``path``, one signed note long; ``timeout`` is how many seconds to wait for another process."""

    path: Path
    timeout: float = 30.0

    def signed_note(self) -> str | None:
        """What the file holds, not verified; ``None`` when there is no file.

        :raises StoreError: the file cannot be read
        :raises LedgerTampered: it is not text
        """
        with file_errors(self.path):
            try:
                with self.path.open("rb") as file:
                    data = file.read(note.MAX_BYTES + 1)
            except FileNotFoundError:
                return None
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise LedgerTampered("the witness is not a signed note", where=str(self.path)) from error

    def remembered(self, *, verifier: CheckpointVerifier) -> Checkpoint | None:
        """The checkpoint that is remembered; ``None`` when there is no file.

        :raises StoreError: the file cannot be read
        :raises LedgerTampered: it does not hold a checkpoint that a trusted key signed
        """
        signed = self.signed_note()
        if signed is None:
            return None
        try:
            return verifier.verify_note(signed)
        except Error as error:
            raise LedgerTampered(
                f"the witness does not hold a checkpoint signed by a trusted key ({error.what})",
                where=str(self.path),
                remedy="If you changed the ledger's key on purpose, audit the ledger, then adopt it again.",
            ) from error

    def check(self, newest: Checkpoint, prove: Prove, *, verifier: CheckpointVerifier) -> None:
        """Make sure that the ledger, whose verified state is ``newest``, still begins with what is remembered.

        :raises LedgerTampered: rolled back, forked, another ledger, or the witness is missing beside a ledger that has
            entries
        """
        known = self.remembered(verifier=verifier)
        if known is not None:
            check_continues(known, newest, prove, where=str(self.path))
        elif newest.size:
            raise LedgerTampered(
                "the witness is missing, so nobody can tell whether the ledger was rolled back",
                where=str(self.path),
                remedy="Restore the file; if this is a fresh copy of a ledger that you trust, adopt it.",
            )

    def advance(self, signed: str, prove: Prove, *, verifier: CheckpointVerifier) -> None:
        """Remember ``signed``, unless something newer is remembered already. Never moves backwards.

        :raises LedgerTampered: ``signed`` does not continue what is remembered
        """
        newest = verifier.verify_note(signed)
        with self._locked():
            known = self.remembered(verifier=verifier)
            if known is not None and known.size > newest.size:
                return  # a process that committed after us was here before us
            if known is not None:
                check_continues(known, newest, prove, where=str(self.path))
            self._write(signed)

    def adopt(self, signed: str, *, verifier: CheckpointVerifier) -> Checkpoint:
        """Begin to remember, with a checkpoint of a ledger that somebody has decided to trust as it is.

        :raises StoreError: something is remembered already; who really wants to forget it removes the file first
        :raises SignatureError: no trusted key signed it
        """
        newest = verifier.verify_note(signed)
        with self._locked():
            if self.signed_note() is not None:
                raise StoreError(
                    "this witness remembers a ledger already",
                    where=str(self.path),
                    remedy="Remove the file by hand if you want to forget that ledger.",
                )
            self._write(signed)
        return newest

    def _write(self, signed: str) -> None:
        with file_errors(self.path):
            descriptor, aside = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    os.fchmod(descriptor, 0o644)  # public by nature, and the gate may run as somebody else
                    file.write(signed.encode())
                    file.flush()
                    os.fsync(file.fileno())
                Path(aside).replace(self.path)
            except BaseException:
                with suppress(FileNotFoundError):
                    Path(aside).unlink()
                raise
            sync_folder(self.path.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self.path.with_name(f"{self.path.name}.lock")
        with file_errors(lock):
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            self._wait(descriptor)
            yield
        finally:
            os.close(descriptor)  # and with it the lock

    def _wait(self, descriptor: int) -> None:
        end = time.monotonic() + self.timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= end:
                    raise LedgerBusy("another process held the witness for too long", where=str(self.path)) from error
                time.sleep(_PAUSE)
            else:
                return


def check_continues(known: Checkpoint, newest: Checkpoint, prove: Prove, *, where: str) -> None:
    """Make sure that the ledger, whose verified state is ``newest``, still begins with a state that was verified once.

    :param where: who remembers ``known``, for messages
    :raises LedgerTampered: rolled back, forked, or another ledger
    """
    if known.origin != newest.origin:
        raise LedgerTampered(
            f"the witness remembers the ledger {known.origin!r}, this one is {newest.origin!r}",
            where=where,
            remedy="Give each ledger a witness of its own.",
        )
    remedy = "Find who changed the ledger, and restore the copy that the witness remembers."
    if newest.size < known.size:
        raise LedgerTampered(
            f"rolled back: the ledger has {newest.size} entries, the witness remembers {known.size}",
            where=f"entries {newest.size} to {known.size - 1}",
            remedy=remedy,
        )
    proof = prove(known.size, newest.size)
    if not merkle.verify_consistency(known.size, newest.size, known.root, newest.root, proof):
        raise LedgerTampered(
            f"forked: the first {known.size} entries are not the ones that the witness remembers",
            where=f"entries 0 to {known.size - 1}",
            remedy=remedy,
        )
