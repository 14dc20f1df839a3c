"""RFC 3161 timestamps on bundles: a third party's signed word that a signature was there at a time.

A token covers the bytes of one signature of the envelope, as in Sigstore bundles. Who is trusted to stamp, and how a
token is read, is for ``timestamp_authorities``, which takes longer to import than most commands run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from assay.core.bundle import Bundle, KeyHint
from assay.core.errors import SignatureError


class TimestampChecker(Protocol):
    """Knows which authorities' stamps count."""

    def time_of(self, token: bytes, message: bytes) -> datetime:
        """When an authority saw ``message``, by its ``token`` (a TimeStampResp in DER).

        :raises SignatureError: malformed, of another authority, over other bytes, or by an algorithm that is refused
        """
        ...


def proven_times(bundle: Bundle, signature: bytes, checker: TimestampChecker | None) -> tuple[datetime, ...]:
    """When ``signature``, one of those on the bundle, was seen by an authority; earliest first.

    Without a checker nobody is trusted for it, and the bundle's timestamps prove nothing.

    :raises SignatureError: a timestamp is over none of the signatures on the bundle, or does not hold
    """
    if checker is None:
        return ()
    found: list[datetime] = []
    for token in bundle.timestamps:
        refusals: list[SignatureError] = []
        for candidate in bundle.envelope.signatures:
            try:
                time = checker.time_of(token, candidate.sig)
            except SignatureError as error:
                refusals.append(error)
                continue
            if candidate.sig == signature:
                found.append(time)
            break
        else:
            raise refusals[0] if refusals else SignatureError("a timestamp covers no signature")
    return tuple(sorted(found))


def add_timestamp(bundle: Bundle, token: bytes) -> Bundle:
    """``bundle`` with one more token; a bare envelope becomes a bundle that names its key."""
    material = bundle.material or KeyHint(bundle.envelope.signatures[0].keyid)
    return replace(bundle, material=material, timestamps=(*bundle.timestamps, token))
