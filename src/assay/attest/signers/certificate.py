"""A key with a certificate: what is signed can be verified by whoever trusts the authority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from assay.attest.certificates import key_of, parse_certificates, subject
from assay.attest.public_key import PublicKey
from assay.attest.signers import ByteSigner
from assay.core.bundle import Bundle, CertificateChain
from assay.core.errors import KeyFileError, SignatureError


@dataclass(frozen=True, slots=True)
class CertificateSigner:
    """Signs with ``key`` (a file's, a token's, a service's) and adds ``certificates``, the signer's own first."""

    key: ByteSigner
    certificates: tuple[bytes, ...]

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def public(self) -> PublicKey:
        return self.key.public

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature over ``message``."""
        return self.key.sign_bytes(message)

    def sign(self, payload: bytes, payload_type: str) -> Bundle:
        """A bundle with the certificates."""
        return replace(self.key.sign(payload, payload_type), material=CertificateChain(self.certificates))


def certificate_signer(key: ByteSigner, pem: bytes, *, now: datetime, where: str) -> CertificateSigner:
    """Put ``key`` and the PEM certificates together: the signer's own first, then those between it and the authority.

    :raises KeyFileError: malformed, the first certificate is for another key, or it is not valid now
    """
    certificates = parse_certificates(pem, where=where)
    leaf = certificates[0]
    if not _is_for(leaf, key.public):
        other = next((item for item in certificates if _is_for(item, key.public)), None)
        remedy = "Put the certificate of the key first." if other else "Give the certificate of this key."
        raise KeyFileError(f"the first certificate ({subject(leaf)}) is for another key", where=where, remedy=remedy)
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        raise KeyFileError(
            f"the certificate is valid from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M}"
            f" to {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, and not now",
            where=where,
            remedy="Have it renewed; what it signs now, nobody would accept.",
        )
    return CertificateSigner(key, _rendered(certificates))


def _rendered(certificates: Sequence[x509.Certificate]) -> tuple[bytes, ...]:
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)


def _is_for(certificate: x509.Certificate, key: PublicKey) -> bool:
    try:
        return key_of(certificate) == key
    except SignatureError:
        return False
