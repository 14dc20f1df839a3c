"""Another signer's signatures, each with the stamp of a timestamp authority."""

from __future__ import annotations

from dataclasses import dataclass

from assay.attest.public_key import PublicKey
from assay.attest.signers import Signer
from assay.attest.timestamp_client import request_timestamp
from assay.attest.timestamps import add_timestamp
from assay.core.bundle import Bundle


@dataclass(frozen=True, slots=True)
class TimestampedSigner:
    """Signs as ``signer`` and asks the authority at ``url`` for a stamp over each signature; without it, nothing."""

    signer: Signer
    url: str

    @property
    def name(self) -> str:
        return self.signer.name

    @property
    def public(self) -> PublicKey | None:
        return self.signer.public

    def sign(self, payload: bytes, payload_type: str) -> Bundle:
        """A bundle with a timestamp."""
        bundle = self.signer.sign(payload, payload_type)
        return add_timestamp(bundle, request_timestamp(self.url, bundle.envelope.signatures[0].sig))
