"""Checkpoints can be signed with every kind of key, as other readers of C2SP notes expect it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from assay.attest.checkpoints import NoteSigner, NoteVerifier, checkpoint_key_id
from assay.attest.keys import generate_key
from assay.attest.public_key import Scheme
from assay.attest.signers.local import LocalSigner
from assay.attest.signers.paired import PairedSigner
from assay.attest.trust import Identity, Role, Trust
from assay.core.errors import SignatureError
from assay.core.note import Checkpoint
from assay.core.statement import PAYLOAD_TYPE

CHECKPOINT = Checkpoint("x/log", 7, b"\1" * 32)
SCHEMES = (Scheme.ED25519, Scheme.P256, Scheme.P384, Scheme.P521)


def trusted(*signers: LocalSigner) -> NoteVerifier:
    identities = tuple(Identity(item.name, item.public, frozenset({Role.LOG})) for item in signers)
    return NoteVerifier(Trust("x/log", identities))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_kind_of_key_signs_checkpoints(scheme: Scheme) -> None:
    """And a signature line of one is not taken for another's, though the name is the same."""
    ada, eve = (LocalSigner("ada", generate_key(scheme)) for _ in range(2))
    note = NoteSigner(ada).sign_note(CHECKPOINT.render())
    assert trusted(ada).verify_note(note) == CHECKPOINT
    with pytest.raises(SignatureError, match="no valid signature"):
        trusted(eve).verify_note(note)
    changed = note.replace("\n7\n", "\n8\n")
    with pytest.raises(SignatureError, match="no valid signature"):
        trusted(ada).verify_note(changed)


def test_a_p256_line_is_the_specifications_type_2() -> None:
    """The key id is SHA-256 over the SubjectPublicKeyInfo, cut to four bytes; the signature is ECDSA with SHA-256 over
    the text. (C2SP signed-note, "Signature types"; Rekor signs so.)"""
    signer = LocalSigner("log.example", generate_key(Scheme.P256))
    note = NoteSigner(signer).sign_note(CHECKPOINT.render())
    text, _, line = note.rpartition("\n\n")
    blob = base64.b64decode(line.split()[2])
    assert blob[:4] == hashlib.sha256(signer.public.der).digest()[:4]
    key = load_der_public_key(signer.public.der)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(blob[4:], f"{text}\n".encode(), ec.ECDSA(hashes.SHA256()))


def test_key_ids_of_other_kinds_hold_name_and_kind() -> None:
    """So that one key under two names, or as two kinds, gives two ids."""
    for scheme in (Scheme.ED25519, Scheme.P384, Scheme.P521):
        key = generate_key(scheme).public
        assert len(checkpoint_key_id("a", key)) == 4
        assert checkpoint_key_id("a", key) != checkpoint_key_id("b", key)


def test_a_pair_signs_statements_with_one_and_checkpoints_with_the_other() -> None:
    """What a signer without a lasting key needs."""
    ada, log = LocalSigner("ada", generate_key()), LocalSigner("log", generate_key(Scheme.P256))
    pair = PairedSigner(ada, log)
    assert pair.name == "ada"
    assert pair.public == ada.public
    assert pair.sign(b"{}", PAYLOAD_TYPE) == ada.sign(b"{}", PAYLOAD_TYPE)
    assert trusted(log).verify_note(NoteSigner(pair).sign_note(CHECKPOINT.render())) == CHECKPOINT
