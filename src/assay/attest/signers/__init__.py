"""Signers: what holds a key, or can get one, and turns a payload into a bundle. One kind, one file."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from assay.attest.public_key import PublicKey
from assay.core.bundle import Bundle


@runtime_checkable
class Signer(Protocol):
    """``name`` is the identity's in the trust file; ``public`` is ``None`` where each signature has its own key."""

    @property
    def name(self) -> str: ...

    @property
    def public(self) -> PublicKey | None: ...

    def sign(self, payload: bytes, payload_type: str) -> Bundle:
        """A bundle around ``payload``, signed as what ``payload_type`` says it is.

        :raises SignatureError: it cannot be signed: the device, the service or the authority said no
        """
        ...


@runtime_checkable
class ByteSigner(Signer, Protocol):
    """A signer whose key can be used directly, as the ledger's checkpoints need it."""

    @property
    def public(self) -> PublicKey: ...

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature over ``message``: 64 bytes for Ed25519, DER for ECDSA.

        :raises SignatureError: it cannot be signed
        """
        ...
