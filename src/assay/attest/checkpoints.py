"""Checkpoints of the ledger, signed and verified as C2SP notes.

Which key a signature line is by is said by four bytes: for Ed25519 and ECDSA P-256 those of ``signed-note``'s types 1
and 2. The other curves and RSA have no type there that all readers agree on (type 2 is written with SHA-256 whatever
the curve), so they take type 0xff with a name of our own, as the specification provides.

Source: C2SP ``signed-note`` and ``tlog-checkpoint``.
"""

from __future__ import annotations

import hashlib
from typing import Final

from assay.attest.public_key import PublicKey, Scheme
from assay.attest.signers import ByteSigner, Signer
from assay.attest.signers.paired import PairedSigner
from assay.attest.trust import Role, Trust
from assay.core.errors import SignatureError, StatementError
from assay.core.note import (
    KEY_ID_BYTES,
    Checkpoint,
    NoteSignature,
    SignedNote,
    note_key_id,
    parse_checkpoint,
    parse_note,
)

_OWN_TYPE: Final = b"\xfftag:assay,2026:"


def checkpoint_key_id(name: str, key: PublicKey) -> bytes:
    """The four bytes by which notes name ``key`` of the identity ``name``."""
    match key.scheme:
        case Scheme.ED25519:
            return note_key_id(name, key.raw)
        case Scheme.P256:
            return hashlib.sha256(key.der).digest()[:KEY_ID_BYTES]
        case other:
            kind = _OWN_TYPE + other.encode()
            return hashlib.sha256(name.encode() + b"\n" + kind + key.der).digest()[:KEY_ID_BYTES]


class NoteSigner:
    """Signs checkpoints in the name of an identity.

    :raises SignatureError: the signer has no key that could sign a note
    """

    def __init__(self, signer: Signer) -> None:
        notes = signer.notes if isinstance(signer, PairedSigner) else signer
        if not isinstance(notes, ByteSigner):
            raise SignatureError(
                f"{signer.name} signs with a new key each time, which no checkpoint of a ledger can be signed with",
                remedy="Set signing.checkpoint_key in assay.toml to the key file of an identity with the role log.",
            )
        self._signer = notes

    def sign_note(self, text: str) -> str:
        """The signed note for a checkpoint's ``text``."""
        key_id = checkpoint_key_id(self._signer.name, self._signer.public)
        signature = NoteSignature(self._signer.name, key_id, self._signer.sign_bytes(text.encode()))
        return SignedNote(text, (signature,)).render()


class NoteVerifier:
    """Accepts a checkpoint of the trusted ledger that an identity with the role ``log`` signed."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust

    def verify_note(self, note: str) -> Checkpoint:
        """Verify ``note`` and read its checkpoint.

        :raises SignatureError: malformed, of another ledger, or no trusted signature on it holds
        """
        try:
            signed = parse_note(note)
            checkpoint = parse_checkpoint(signed.text)
        except StatementError as error:
            raise SignatureError(f"the checkpoint cannot be read: {error.what}") from error
        if not any(self._holds(signed, signature) for signature in signed.signatures):
            names = ", ".join(signature.name for signature in signed.signatures) or "nobody"
            raise SignatureError(
                f"the checkpoint at size {checkpoint.size} has no valid signature by an identity with the role log"
                f" (it is signed by {names})"
            )
        if checkpoint.origin != self._trust.origin:
            raise SignatureError(
                f"the checkpoint is of the ledger {checkpoint.origin!r}, not of {self._trust.origin!r}"
            )
        return checkpoint

    def _holds(self, signed: SignedNote, signature: NoteSignature) -> bool:
        for identity in self._trust.identities:
            named = identity.name == signature.name and Role.LOG in identity.roles
            if named and checkpoint_key_id(identity.name, identity.key) == signature.key_id:
                return identity.key.verifies(signature.signature, signed.text.encode())
        return False
