"""The Sigstore bundle v0.3: an envelope together with what verifies it, and the bare envelope as its simplest case.

A bundle says *how* it can be verified (which key, which certificates, which log entries and timestamps), never *that*
it may be believed: everything in it but the envelope's payload is unsigned, and whose key counts is for whoever keeps
the trusted ones.

Source: sigstore/protobuf-specs, ``sigstore_bundle.proto``, in the JSON form of ``application/vnd.dev.sigstore.bundle``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from assay.core import base64text, jsontext
from assay.core.envelope import Envelope, read_envelope
from assay.core.errors import StatementError
from assay.core.jsontext import Json

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
#: No bundle that assay reads has more of any of these.
MAX_CERTIFICATES: Final = 16
MAX_TIMESTAMPS: Final = 16
MAX_LOG_ENTRIES: Final = 16


@dataclass(frozen=True, slots=True)
class KeyHint:
    """Some public key verifies it; ``hint`` says which one, in whatever form the signer wrote; it may be empty."""

    hint: str


@dataclass(frozen=True, slots=True)
class CertificateChain:
    """The certificates that lead from the signer's (first) towards an authority, each in DER."""

    certificates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """One certificate, in DER, of an authority that the verifier knows: what Sigstore's keyless signing uses."""

    der: bytes


Material: TypeAlias = KeyHint | CertificateChain | SigningCertificate


@dataclass(frozen=True, slots=True)
class Bundle:
    """``material`` is ``None`` for a bare envelope, which then carries nothing else either.

    ``timestamps`` are RFC 3161 responses in DER over the first signature; ``log_entries`` those of a transparency log,
    each as the JSON it was written in, which only the log's own client reads.

    :raises StatementError: timestamps or log entries and no material
    """

    envelope: Envelope
    material: Material | None = None
    timestamps: tuple[bytes, ...] = ()
    log_entries: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.material is None and (self.timestamps or self.log_entries):
            raise StatementError("a bare envelope cannot carry timestamps or log entries; it takes a bundle")

    def render(self) -> bytes:
        """The bundle as JSON, or the bare envelope where there is nothing else; the same bundle gives the same bytes.

        No statement and no signature is in it that was not in what was read.
        """
        if self.material is None:
            return self.envelope.render()
        verification: dict[str, Json] = {**_rendered(self.material)}
        verification["tlogEntries"] = [jsontext.loads(entry, what="a log entry") for entry in self.log_entries]
        if self.timestamps:
            verification["timestampVerificationData"] = {
                "rfc3161Timestamps": [{"signedTimestamp": base64text.encode(item)} for item in self.timestamps]
            }
        return jsontext.dumps(
            {
                "mediaType": MEDIA_TYPE,
                "verificationMaterial": verification,
                "dsseEnvelope": self.envelope.document(),
            }
        )


def parse_record(data: bytes) -> Bundle:
    """Read an entry of the ledger: a bundle, or a bare envelope, which gives a bundle without material.

    :raises StatementError: neither
    """
    document = jsontext.loads(data, what="a record")
    if isinstance(document, dict) and document.keys() & {"mediaType", "dsseEnvelope", "verificationMaterial"}:
        return _bundle(document)
    return Bundle(read_envelope(document))


def parse_bundle(data: bytes) -> Bundle:
    """Read a bundle; nothing in it is verified here.

    :raises StatementError: not JSON, another version, no DSSE envelope in it, a field missing, unknown or malformed
    """
    document = jsontext.loads(data, what="a bundle")
    if not isinstance(document, dict):
        raise StatementError("a bundle must be a JSON object")
    return _bundle(document)


def _bundle(document: Mapping[str, Json]) -> Bundle:
    media_type = document.get("mediaType")
    if media_type != MEDIA_TYPE:
        raise StatementError(
            f"a bundle must have the mediaType {MEDIA_TYPE}, this one says {media_type!r}",
            remedy="Sign it again with a newer version of the tool that made it.",
        )
    if "messageSignature" in document:
        raise StatementError("the bundle signs bare bytes (messageSignature); assay reads signed statements only")
    _only(document, {"mediaType", "verificationMaterial", "dsseEnvelope"}, "a bundle")
    verification = _object(document.get("verificationMaterial"), "a bundle's verificationMaterial")
    kinds = {"publicKey", "x509CertificateChain", "certificate"}
    _only(verification, {*kinds, "tlogEntries", "timestampVerificationData"}, "a bundle's verificationMaterial")
    named = kinds & verification.keys()
    if len(named) != 1:
        raise StatementError(f"a bundle must be verified by exactly one of {', '.join(sorted(kinds))}")
    (kind,) = named
    return Bundle(
        read_envelope(document.get("dsseEnvelope")),
        _material(kind, _object(verification[kind], f"a bundle's {kind}")),
        _timestamps(verification.get("timestampVerificationData")),
        tuple(
            jsontext.dumps(_object(entry, "a log entry"))
            for entry in _list(verification.get("tlogEntries"), "tlogEntries", MAX_LOG_ENTRIES)
        ),
    )


def _material(kind: str, value: Mapping[str, Json]) -> Material:
    match kind:
        case "publicKey":
            hint = value.get("hint", "")
            if not isinstance(hint, str):
                raise StatementError("a bundle's key hint must be text")
            return KeyHint(hint)
        case "certificate":
            return SigningCertificate(_bytes(value.get("rawBytes"), "certificate"))
        case _:
            listed = _list(value.get("certificates"), "certificates", MAX_CERTIFICATES)
            if not listed:
                raise StatementError("a bundle's certificate chain must not be empty")
            return CertificateChain(
                tuple(_bytes(_object(item, "a certificate").get("rawBytes"), "certificate") for item in listed)
            )


def _timestamps(value: Json) -> tuple[bytes, ...]:
    if value is None:
        return ()
    data = _object(value, "a bundle's timestampVerificationData")
    _only(data, {"rfc3161Timestamps"}, "a bundle's timestampVerificationData")
    listed = _list(data.get("rfc3161Timestamps"), "rfc3161Timestamps", MAX_TIMESTAMPS)
    return tuple(_bytes(_object(item, "a timestamp").get("signedTimestamp"), "timestamp") for item in listed)


def _rendered(material: Material) -> dict[str, Json]:
    match material:
        case KeyHint(hint):
            return {"publicKey": {"hint": hint}}
        case SigningCertificate(der):
            return {"certificate": {"rawBytes": base64text.encode(der)}}
        case CertificateChain(certificates):
            listed: list[Json] = [{"rawBytes": base64text.encode(der)} for der in certificates]
            return {"x509CertificateChain": {"certificates": listed}}


def _object(value: Json, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise StatementError(f"{what} must be a JSON object")
    return value


def _list(value: Json, what: str, most: int) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most:
        raise StatementError(f"a bundle's {what} must be a list of at most {most}")
    return value


def _only(document: Mapping[str, Json], known: set[str], what: str) -> None:
    strange = sorted(document.keys() - known)
    if strange:
        raise StatementError(f"{what} has the field {strange[0]!r}, which no reader of this version would see")


def _bytes(value: Json, what: str) -> bytes:
    if not isinstance(value, str) or not value:
        raise StatementError(f"a bundle's {what} must be base64 text")
    return base64text.decode(value, what=f"a bundle's {what}")
