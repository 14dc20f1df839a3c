"""Verifiers: what an identity is proved by. Each takes a bundle and says who signed it, or raises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from assay.attest.public_key import PublicKey
from assay.core.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Proven:
    """A signature that held. ``identity`` describes whose, for people; ``key`` made it.

    ``times`` are when somebody who is trusted for it saw the signature (a timestamp authority, a transparency log),
    earliest first: it was made at the first of them or before.
    """

    identity: str
    key: PublicKey
    times: tuple[datetime, ...] = ()


class Verifier(Protocol):
    """Knows one identity, and accepts only what that one signed."""

    def verify(self, bundle: Bundle, *, at: datetime) -> Proven:
        """Verify ``bundle``.

        :param at: a time by which the signature is known to have been made: when the ledger shows that it was there,
            or now. Certificates are judged by the earliest proven time, and by this where the bundle proves none
        :raises SignatureError: this identity did not sign it, or it cannot be shown
        """
        ...
