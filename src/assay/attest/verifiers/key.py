"""An identity that is proved by one public key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay.attest.public_key import PublicKey
from assay.attest.timestamps import TimestampChecker, proven_times
from assay.attest.verifiers import Proven
from assay.core.bundle import Bundle
from assay.core.envelope import pre_authentication_encoding
from assay.core.errors import SignatureError


@dataclass(frozen=True, slots=True)
class KeyVerifier:
    """Accepts what ``key`` signed, with whatever else the bundle carries. The key ids in it are hints and not asked.

    ``timestamps`` knows the timestamp authorities that are trusted; without it a bundle proves no time.
    """

    key: PublicKey
    timestamps: TimestampChecker | None = None

    def verify(self, bundle: Bundle, *, at: datetime) -> Proven:  # noqa: ARG002 - a key has no validity of its own
        """Verify ``bundle``.

        :raises SignatureError: no signature on it is by this key, or a timestamp on it does not hold
        """
        signature = signature_by(self.key, bundle)
        if signature is None:
            raise SignatureError(f"no signature on it is by the key {self.key.keyid[:12]}")
        return Proven(f"key {self.key.keyid[:12]}", self.key, proven_times(bundle, signature, self.timestamps))


def signature_by(key: PublicKey, bundle: Bundle) -> bytes | None:
    """The signature on ``bundle`` that ``key`` made over its envelope; ``None`` when there is none."""
    envelope = bundle.envelope
    message = pre_authentication_encoding(envelope.payload_type, envelope.payload)
    return next((item.sig for item in envelope.signatures if key.verifies(item.sig, message)), None)
