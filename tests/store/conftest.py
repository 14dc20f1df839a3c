"""A throw-away key that signs and verifies checkpoints for real, and ledgers to try things on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assay.core.digest import Digest
from assay.core.envelope import Envelope, Signature
from assay.core.errors import SignatureError
from assay.core.merkle import leaf_hash
from assay.core.note import Checkpoint, NoteSignature, SignedNote, note_key_id, parse_checkpoint, parse_note
from assay.core.statement import PAYLOAD_TYPE, Statement, Subject
from assay.store.ledger import Ledger
from assay.store.witness import Witness

ORIGIN = "example.org/models"


@dataclass(frozen=True)
class Key:
    """Both ports in one: a signer, and a verifier that trusts nobody else. Ed25519 is deterministic, so the same seed
    gives the same bytes."""

    seed: bytes = b"\x07" * 32
    name: str = "ledger"
    private: Ed25519PrivateKey = field(init=False)
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        object.__setattr__(self, "private", private)
        object.__setattr__(self, "key_id", note_key_id(self.name, raw))

    def sign_note(self, text: str) -> str:
        signature = self.private.sign(text.encode())
        return SignedNote(text, (NoteSignature(self.name, self.key_id, signature),)).render()

    def verify_note(self, note: str) -> Checkpoint:
        signed = parse_note(note)
        for item in signed.signatures:
            if (item.name, item.key_id) == (self.name, self.key_id):
                try:
                    self.private.public_key().verify(item.signature, signed.text.encode())
                except InvalidSignature as error:
                    raise SignatureError("the signature does not hold") from error
                return parse_checkpoint(signed.text)
        raise SignatureError("nobody we trust signed it")


def make_envelope(name: str = "model.onnx", number: int = 0, kind: str = "tag:test,2026:thing") -> bytes:
    """A small envelope around a statement about one subject; who signed it is not the ledger's business."""
    digest = Digest("sha256", leaf_hash(f"{name} {number}".encode()).hex())
    payload = Statement((Subject(name, digest),), kind, {"number": number}).render()
    return Envelope(payload, PAYLOAD_TYPE, (Signature("", b"\x01" * 64),)).render()


@pytest.fixture
def key() -> Key:
    return Key()


@pytest.fixture
def envelope() -> Callable[..., bytes]:
    return make_envelope


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def make_key() -> type[Key]:
    """For a second key, that nobody trusts."""
    return Key


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "ledger.witness", timeout=5)


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """An empty ledger, open for writing."""
    with Ledger.create(path, origin=ORIGIN) as made:
        yield made


@pytest.fixture
def tamper(path: Path) -> Callable[..., None]:
    """Change the ledger behind assay's back, as anybody can who may write the file."""

    def run(*statements: str, **values: object) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                connection.execute(statement, used)

    return run


@pytest.fixture
def filled(ledger: Ledger, key: Key, witness: Witness) -> Ledger:
    """Eleven entries in appends of one to four: checkpoints at 1, 3, 7, 10 and 11, no round number, and a witness."""
    for start, count in ((0, 1), (1, 2), (3, 4), (7, 3), (10, 1)):
        batch = [make_envelope(f"file-{number}", number) for number in range(start, start + count)]
        ledger.append(batch, signer=key, verifier=key, witness=witness)
    return ledger
