"""Public keys of every kind that assay accepts, and the one list of which those are.

=====================  ==============  =====================================
key                    digest          signature
=====================  ==============  =====================================
Ed25519                (its own)       64 bytes, RFC 8032
ECDSA P-256            SHA-256         DER
ECDSA P-384            SHA-384         DER
ECDSA P-521            SHA-512         DER
RSA 3072 to 8192 bits  SHA-256         PKCS #1 v1.5, or PSS with MGF1
=====================  ==============  =====================================

Everything else is refused when the key is read: shorter RSA keys, other curves, Ed448, DSA. No signature is ever
verified with SHA-1. Source of the table: OpenSSF Model Signing v1 and NIST SP 800-131A revision 2.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from assay.core.errors import KeyFileError

MIN_RSA_BITS: Final = 3072
MAX_RSA_BITS: Final = 8192
MIN_RSA_EXPONENT: Final = 65537
_MAX_BYTES: Final = 16 * 1024
_SPKI: Final = serialization.PublicFormat.SubjectPublicKeyInfo
_ACCEPTED: Final = "Use Ed25519, ECDSA P-256, P-384 or P-521, or RSA of 3072 bits or more."


class Scheme(StrEnum):
    """How a key signs; the names are those of SSH and TUF."""

    ED25519 = "ed25519"
    P256 = "ecdsa-sha2-nistp256"
    P384 = "ecdsa-sha2-nistp384"
    P521 = "ecdsa-sha2-nistp521"
    RSA = "rsa-sha2-256"


CURVES: Final = {"secp256r1": Scheme.P256, "secp384r1": Scheme.P384, "secp521r1": Scheme.P521}
DIGESTS: Final = {Scheme.P256: hashes.SHA256(), Scheme.P384: hashes.SHA384(), Scheme.P521: hashes.SHA512()}
_Key: TypeAlias = Ed25519PublicKey | ec.EllipticCurvePublicKey | RSAPublicKey


@dataclass(frozen=True, slots=True)
class PublicKey:
    """``der`` is the key's DER SubjectPublicKeyInfo, in the one form that the library writes; made by the functions
    of this module, which refuse what is not on the list."""

    der: bytes
    scheme: Scheme

    @property
    def keyid(self) -> str:
        """SHA-256 of the DER SubjectPublicKeyInfo, lower-case hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def raw(self) -> bytes:
        """An Ed25519 key's 32 bytes.

        :raises KeyFileError: a key of another type
        """
        if self.scheme is not Scheme.ED25519:
            raise KeyFileError(f"the key is of type {self.scheme}, not Ed25519")
        return self.der[-32:]

    def pem(self) -> str:
        """The key as a PEM SubjectPublicKeyInfo."""
        return _load(self.der).public_bytes(serialization.Encoding.PEM, _SPKI).decode()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made ``signature`` over ``message``."""
        key = _load(self.der)
        try:
            match key:
                case Ed25519PublicKey():
                    key.verify(signature, message)
                case ec.EllipticCurvePublicKey():
                    key.verify(signature, message, ec.ECDSA(DIGESTS[self.scheme]))
                case RSAPublicKey():
                    return _rsa_verifies(key, signature, message)
        except InvalidSignature:
            return False
        return True


def public_key(key: object, *, where: str = "") -> PublicKey:
    """The key that the library read, if it is one of those that are accepted.

    :raises KeyFileError: any other
    """
    match key:
        case Ed25519PublicKey():
            scheme = Scheme.ED25519
        case ec.EllipticCurvePublicKey():
            found = CURVES.get(key.curve.name)
            if found is None:
                raise KeyFileError(
                    f"keys on the curve {key.curve.name} are not accepted", where=where, remedy=_ACCEPTED
                )
            scheme = found
        case RSAPublicKey():
            _check_rsa(key, where)
            scheme = Scheme.RSA
        case _:
            kind = type(key).__name__.removesuffix("PublicKey").removesuffix("PrivateKey").strip("_")
            raise KeyFileError(f"keys of type {kind} are not accepted", where=where, remedy=_ACCEPTED)
    return PublicKey(key.public_bytes(serialization.Encoding.DER, _SPKI), scheme)


def parse_public_key(pem: str, *, where: str) -> PublicKey:
    """Read a PEM SubjectPublicKeyInfo.

    :raises KeyFileError: anything else, a private key included, or a key that is not accepted
    """
    if "PRIVATE KEY" in pem:
        raise KeyFileError("a private key stands where a public key belongs", where=where, remedy="Replace both keys.")
    try:
        if len(pem) > _MAX_BYTES:
            raise ValueError
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("this is not a public key in PEM format", where=where, remedy=_ACCEPTED) from error
    return public_key(key, where=where)


def load_public_key(der: bytes, *, where: str) -> PublicKey:
    """Read a DER SubjectPublicKeyInfo.

    :raises KeyFileError: anything else, or a key that is not accepted
    """
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("this is not a public key in DER format", where=where, remedy=_ACCEPTED) from error
    return public_key(key, where=where)


def _check_rsa(key: RSAPublicKey, where: str) -> None:
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise KeyFileError(
            f"an RSA key has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, this one has {key.key_size}",
            where=where,
            remedy=_ACCEPTED,
        )
    if key.public_numbers().e < MIN_RSA_EXPONENT:
        raise KeyFileError("the RSA key's public exponent is below 65537", where=where, remedy=_ACCEPTED)


def _rsa_verifies(key: RSAPublicKey, signature: bytes, message: bytes) -> bool:
    digest = hashes.SHA256()
    for form in (padding.PKCS1v15(), padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)):
        try:
            key.verify(signature, message, form, digest)
        except InvalidSignature:
            continue
        return True
    return False


@lru_cache(maxsize=256)
def _load(der: bytes) -> _Key:
    key = serialization.load_der_public_key(der)
    if not isinstance(key, _Key):
        raise KeyFileError("the key is none of those that are accepted", remedy=_ACCEPTED)
    return key
