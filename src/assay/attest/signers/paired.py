"""Two signers as one: statements by a signer without a lasting key, the ledger's checkpoints by one that has it."""

from __future__ import annotations

from dataclasses import dataclass

from assay.attest.public_key import PublicKey
from assay.attest.signers import ByteSigner, Signer
from assay.core.bundle import Bundle


@dataclass(frozen=True, slots=True)
class PairedSigner:
    """Signs as ``statements``; ``notes``, another identity with the role ``log``, signs the checkpoints."""

    statements: Signer
    notes: ByteSigner

    @property
    def name(self) -> str:
        return self.statements.name

    @property
    def public(self) -> PublicKey | None:
        return self.statements.public

    def sign(self, payload: bytes, payload_type: str) -> Bundle:
        """What ``statements`` signs."""
        return self.statements.sign(payload, payload_type)
