"""A key in a file, or in memory: the signer that needs nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from assay.attest.keys import PrivateKey
from assay.attest.public_key import PublicKey
from assay.core.bundle import Bundle
from assay.core.envelope import Envelope, Signature, pre_authentication_encoding


@dataclass(frozen=True, slots=True)
class LocalSigner:
    """An identity's name and the private key that proves it. Signs bare envelopes: the verifier has the key."""

    name: str
    key: PrivateKey

    @property
    def public(self) -> PublicKey:
        return self.key.public

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature over ``message``."""
        return self.key.sign(message)

    def sign(self, payload: bytes, payload_type: str) -> Bundle:
        """A bare envelope around ``payload``."""
        signature = self.sign_bytes(pre_authentication_encoding(payload_type, payload))
        return Bundle(Envelope(payload, payload_type, (Signature(self.public.keyid, signature),)))
