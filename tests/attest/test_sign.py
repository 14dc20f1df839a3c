"""A signature holds for exactly what was signed, by exactly who is trusted for it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as ReferenceEnvelope
from securesystemslib.signer import CryptoSigner, SSlibKey

from assay.attest.checkpoints import NoteSigner, NoteVerifier
from assay.attest.keys import generate_key
from assay.attest.public_key import Scheme
from assay.attest.sign import sign_statement, verify_envelope
from assay.attest.signers.local import LocalSigner
from assay.attest.trust import Identity, Role, Trust
from assay.core.bundle import KeyHint
from assay.core.digest import Digest
from assay.core.envelope import Envelope, Signature, parse_envelope, pre_authentication_encoding
from assay.core.errors import Error, SignatureError
from assay.core.note import Checkpoint
from assay.core.statement import PAYLOAD_TYPE, Statement, Subject

ADA, EVE = LocalSigner("ada", generate_key()), LocalSigner("eve", generate_key())
TRUST = Trust("x/log", (Identity("ada", ADA.key.public, frozenset({Role.BUILDER, Role.LOG})),))
STATEMENT = Statement((Subject("model", Digest("sha256", "a" * 64)),), "t:x", {"k": [1, "é"]})
SIGNED = sign_statement(STATEMENT, ADA).render()
NOTE = NoteSigner(ADA).sign_note(Checkpoint("x/log", 7, b"\1" * 32).render())


def test_a_trusted_signature_gives_the_statement_and_the_signer() -> None:
    """And signing is deterministic: the same statement gives the same envelope."""
    verified = verify_envelope(SIGNED, TRUST, Role.BUILDER)
    assert (verified.statement, verified.identity.name) == (STATEMENT, "ada")
    assert sign_statement(STATEMENT, ADA).render() == SIGNED


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_any_changed_byte_of_an_envelope_fails(position: int, change: int) -> None:
    """Payload, signature, type, key id or JSON syntax: it fails, or it is only the hint and says exactly the same."""
    data = bytearray(SIGNED)
    data[position] ^= change
    try:
        verified = verify_envelope(bytes(data), TRUST, Role.BUILDER)
    except Error:
        return
    before, after = parse_envelope(SIGNED), parse_envelope(bytes(data))
    assert verified.statement == STATEMENT
    assert (after.payload, after.signatures[0].sig) == (before.payload, before.signatures[0].sig)


@given(st.integers(0, len(parse_envelope(SIGNED).payload) - 1), st.integers(1, 255))
def test_any_changed_byte_of_the_payload_fails(position: int, change: int) -> None:
    """Signed bytes are signed one by one."""
    envelope = parse_envelope(SIGNED)
    payload = bytearray(envelope.payload)
    payload[position] ^= change
    with pytest.raises(SignatureError, match="changed after"):
        verify_envelope(Envelope(bytes(payload), PAYLOAD_TYPE, envelope.signatures).render(), TRUST, Role.BUILDER)


@given(st.integers(0, 63), st.integers(1, 255))
def test_any_changed_byte_of_the_signature_fails(position: int, change: int) -> None:
    """Ed25519 signatures are not malleable here."""
    envelope = parse_envelope(SIGNED)
    signature = bytearray(envelope.signatures[0].sig)
    signature[position] ^= change
    forged = Envelope(envelope.payload, PAYLOAD_TYPE, (Signature(ADA.key.public.keyid, bytes(signature)),))
    with pytest.raises(SignatureError):
        verify_envelope(forged.render(), TRUST, Role.BUILDER)


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_checkpoint_fails(position: int, change: int) -> None:
    """Origin, size, root, name, key id, signature, line breaks."""
    data = bytearray(NOTE.encode())
    data[position] ^= change
    with pytest.raises(SignatureError):
        NoteVerifier(TRUST).verify_note(data.decode(errors="surrogateescape"))


@pytest.mark.parametrize("keyid", [EVE.key.public.keyid, "", ADA.key.public.keyid], ids=["own", "none", "ada's"])
def test_a_stranger_is_a_stranger_whatever_the_hint_says(keyid: str) -> None:
    """The key id is not signed: claiming ada's does not make it hers."""
    payload = STATEMENT.render()
    signature = EVE.key.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    with pytest.raises(SignatureError):
        verify_envelope(Envelope(payload, PAYLOAD_TYPE, (Signature(keyid, signature),)).render(), TRUST, Role.BUILDER)


@pytest.mark.parametrize("scheme", [Scheme.P256, Scheme.P384, Scheme.P521])
def test_a_bundle_is_verified_as_its_envelope_is(scheme: Scheme) -> None:
    """Whatever the key, and whatever else the bundle carries; the hint decides nothing."""
    ada = LocalSigner("ada", generate_key(scheme))
    trust = Trust("x/log", (Identity("ada", ada.public, frozenset({Role.BUILDER})),))
    bundle = replace(sign_statement(STATEMENT, ada), material=KeyHint("mallory"), timestamps=(b"unknown",))
    assert verify_envelope(bundle.render(), trust, Role.BUILDER).statement == STATEMENT
    changed = replace(bundle, envelope=replace(bundle.envelope, payload=bundle.envelope.payload + b" "))
    with pytest.raises(SignatureError):
        verify_envelope(changed.render(), trust, Role.BUILDER)


def test_a_role_that_was_not_given_does_not_count() -> None:
    """Ada builds; she does not decide at the gate."""
    with pytest.raises(SignatureError, match="verifier"):
        verify_envelope(SIGNED, TRUST, Role.VERIFIER)


def test_another_payload_type_is_refused() -> None:
    """Bytes that were signed as something else are no statement, though the signature holds."""
    payload = STATEMENT.render()
    signature = Signature(ADA.key.public.keyid, ADA.key.sign(pre_authentication_encoding("text/plain", payload)))
    for kind in ("text/plain", PAYLOAD_TYPE):
        with pytest.raises(SignatureError):
            verify_envelope(Envelope(payload, kind, (signature,)).render(), TRUST, Role.BUILDER)


def test_a_checkpoint_needs_the_role_of_the_log() -> None:
    """Whoever builds and no more cannot say what the ledger holds."""
    builder = Trust("x/log", (Identity("ada", ADA.key.public, frozenset({Role.BUILDER, Role.VERIFIER})),))
    with pytest.raises(SignatureError, match="role log"):
        NoteVerifier(builder).verify_note(NOTE)


def test_a_checkpoint_of_another_ledger_is_refused() -> None:
    """Even by the right key; and one by a stranger under the right name."""
    with pytest.raises(SignatureError, match="other/log"):
        NoteVerifier(TRUST).verify_note(NoteSigner(ADA).sign_note(Checkpoint("other/log", 7, b"\1" * 32).render()))
    stranger = NoteSigner(LocalSigner("ada", EVE.key)).sign_note(Checkpoint("x/log", 7, b"\1" * 32).render())
    with pytest.raises(SignatureError, match="no valid signature"):
        NoteVerifier(TRUST).verify_note(stranger)


def test_the_reference_implementation_verifies_ours_and_we_verify_its() -> None:
    """securesystemslib, both ways."""
    public = SSlibKey.from_crypto(ADA.key._key.public_key(), keyid=ADA.key.public.keyid)
    reference = ReferenceEnvelope.from_dict(json.loads(SIGNED))
    assert reference.verify([public], 1)
    signer = CryptoSigner(ADA.key._key, public)
    theirs = ReferenceEnvelope(STATEMENT.render(), PAYLOAD_TYPE, {})
    theirs.sign(signer)
    data = json.dumps(theirs.to_dict()).encode()
    assert verify_envelope(data, TRUST, Role.BUILDER).statement == STATEMENT
