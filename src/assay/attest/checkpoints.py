"""Checkpoints of the ledger, signed and verified as C2SP notes with Ed25519.

Source: C2SP ``signed-note`` and ``tlog-checkpoint``.
"""

from __future__ import annotations

from assay.attest.sign import Signer
from assay.attest.trust import Role, Trust
from assay.core.errors import SignatureError, StatementError
from assay.core.note import Checkpoint, NoteSignature, SignedNote, note_key_id, parse_checkpoint, parse_note


class NoteSigner:
    """Signs checkpoints in the name of an identity."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def sign_note(self, text: str) -> str:
        """The signed note for a checkpoint's ``text``."""
        key = self._signer.key
        key_id = note_key_id(self._signer.name, key.public.raw)
        signature = NoteSignature(self._signer.name, key_id, key.sign(text.encode()))
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
            if named and note_key_id(identity.name, identity.key.raw) == signature.key_id:
                return identity.key.verifies(signature.signature, signed.text.encode())
        return False
