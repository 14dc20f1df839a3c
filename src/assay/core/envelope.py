"""The DSSE envelope: signed bytes, kept as they were signed.

Source: Dead Simple Signing Envelope v1, ``protocol.md`` and ``envelope.md`` (secure-systems-lab).
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.core import base64text, jsontext
from assay.core.errors import StatementError
from assay.core.jsontext import Json


@dataclass(frozen=True, slots=True)
class Signature:
    """``keyid`` is an unauthenticated hint; ``sig`` the raw signature over the pre-authentication encoding."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """``payload`` is kept byte for byte: what was signed is what is verified and only then parsed."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    def render(self) -> bytes:
        """The envelope as JSON; the same envelope gives the same bytes."""
        return jsontext.dumps(self.document())

    def document(self) -> dict[str, Json]:
        """The envelope as a JSON object."""
        return {
            "payload": base64text.encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": item.keyid, "sig": base64text.encode(item.sig)} for item in self.signatures],
        }


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that a DSSE signature covers: type and payload, each with its length, so that neither can move."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope; its signatures are *not* checked here.

    :raises StatementError: not JSON, a field is missing, base64 that does not decode, or no signature at all
    """
    return read_envelope(jsontext.loads(data, what="an envelope"))


def read_envelope(document: Json) -> Envelope:
    """Read an envelope from JSON that was parsed already, such as a part of a bundle.

    :raises StatementError: as :func:`parse_envelope`
    """
    if not isinstance(document, dict):
        raise StatementError("an envelope must be a JSON object")
    payload_type, listed = document.get("payloadType"), document.get("signatures")
    if not isinstance(payload_type, str) or not payload_type:
        raise StatementError("an envelope must have a payloadType")
    if not isinstance(listed, list) or not listed:
        raise StatementError("an envelope must have at least one signature")
    return Envelope(_bytes(document.get("payload"), "payload"), payload_type, tuple(map(_signature, listed)))


def _signature(item: Json) -> Signature:
    if not isinstance(item, dict):
        raise StatementError("a signature must be a JSON object")
    keyid = item.get("keyid") or ""
    if not isinstance(keyid, str):
        raise StatementError("a signature's keyid must be text")
    return Signature(keyid, _bytes(item.get("sig"), "sig"))


def _bytes(value: Json, field: str) -> bytes:
    if not isinstance(value, str):
        raise StatementError(f"an envelope's {field} must be base64 text")
    standard = value.replace("-", "+").replace("_", "/")  # a DSSE reader accepts both alphabets
    return base64text.decode(standard, what=f"an envelope's {field}")
