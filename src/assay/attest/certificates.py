"""X.509 certificates: read, named, and their path to an authority checked at a given time.

The path itself (signatures, validity, basic constraints, path length, name constraints, unknown critical extensions)
is for the ``cryptography`` library, whose rules are RFC 5280's as the CA/Browser Forum narrows them: no SHA-1, no name
constraints that it cannot judge. What is added here is what signing asks for: the key usages, and this project's own
list of keys for every certificate on the path.

Source: RFC 5280; OpenSSF Model Signing v1, "X.509 certificates".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from assay.attest.public_key import PublicKey, public_key
from assay.core.errors import KeyFileError, SignatureError
from assay.core.visible import visible

_MAX_BYTES: Final = 256 * 1024
_MAX_DEPTH: Final = 5
_SIGNING: Final = (ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A name that an authority vouches for: ``kind`` is ``email``, ``uri`` or ``dns``. Written ``email:ada@x.example``;
    two names are the same when they are written the same, a DNS name in any case."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def parse_name(text: str, *, where: str) -> Name:
    """Read ``email:…``, ``uri:…`` or ``dns:…``.

    :raises KeyFileError: another kind, or nothing after it
    """
    kind, colon, value = text.partition(":")
    if not colon or kind not in ("email", "uri", "dns") or not value or not value.isprintable():
        raise KeyFileError(
            f"{text!a} names nobody", where=where, remedy='Write "email:ada@bank.example", "uri:…" or "dns:…".'
        )
    return Name(kind, value.lower() if kind == "dns" else value)


def parse_certificates(pem: bytes, *, where: str) -> tuple[x509.Certificate, ...]:
    """Read one or more PEM certificates, in the order they stand.

    :raises KeyFileError: none, malformed, or a private key among them
    """
    if b"PRIVATE KEY" in pem:
        raise KeyFileError("a private key stands where certificates belong", where=where, remedy="Replace both keys.")
    try:
        if len(pem) > _MAX_BYTES:
            raise ValueError
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise KeyFileError("these are not certificates in PEM format", where=where) from error


def load_certificate(der: bytes, *, where: str) -> x509.Certificate:
    """Read one DER certificate.

    :raises SignatureError: malformed
    """
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise SignatureError("this is not a certificate in DER format", where=where) from error


def names(certificate: x509.Certificate) -> tuple[Name, ...]:
    """The email addresses, URIs and DNS names that the certificate is for, sorted.

    :raises SignatureError: its extensions are malformed
    """
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    except ValueError as error:
        raise SignatureError("the certificate's extensions are malformed") from error
    return tuple(
        sorted(
            {
                *(Name("email", value) for value in found.get_values_for_type(x509.RFC822Name)),
                *(Name("uri", value) for value in found.get_values_for_type(x509.UniformResourceIdentifier)),
                *(Name("dns", value.lower()) for value in found.get_values_for_type(x509.DNSName)),
            }
        )
    )


def key_of(certificate: x509.Certificate) -> PublicKey:
    """The certificate's public key.

    :raises SignatureError: it is malformed, or of a kind that is not accepted
    """
    try:
        return public_key(certificate.public_key())
    except (KeyFileError, ValueError, UnsupportedAlgorithm) as error:
        raise SignatureError(f"the key in the certificate of {subject(certificate)} is refused: {error}") from error


def subject(certificate: x509.Certificate) -> str:
    """The certificate's subject for people, on one line."""
    return visible(certificate.subject.rfc4514_string()) or "a certificate without a subject"


def check_path(
    leaf: x509.Certificate, others: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate], *, at: datetime
) -> None:
    """Make sure that ``leaf`` may sign and leads to one of ``authorities``, everything on the way valid at ``at``.

    :param others: certificates that may lie between, in any order
    :raises SignatureError: it does not, and why
    """
    moment = at.astimezone(UTC)
    shown = subject(leaf)
    _check_validity(leaf, moment)
    policy = (
        verification.PolicyBuilder()
        .store(verification.Store(list(authorities)))
        .time(moment.replace(tzinfo=None))
        .max_chain_depth(_MAX_DEPTH)
        .extension_policies(ca_policy=_authority_policy(), ee_policy=_leaf_policy())
        .build_client_verifier()
    )
    try:
        path = policy.verify(leaf, list(others)).chain
    except verification.VerificationError as error:
        raise SignatureError(
            f"the certificate of {shown} does not lead to an authority that is trusted: {_reason(error)}",
            remedy="Trust nothing it says, unless the authority in the trust file is out of date.",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureError(f"the certificate of {shown} or one above it cannot be read: {_reason(error)}") from error
    if len(path) < 2:  # the library takes a certificate that is itself in the store
        raise SignatureError(f"the certificate of {shown} does not lead to an authority: it vouches for itself")
    for certificate in path:
        key_of(certificate)


def _check_validity(leaf: x509.Certificate, moment: datetime) -> None:
    """The commonest refusal, in words that say when."""
    if moment < leaf.not_valid_before_utc:
        raise SignatureError(
            f"the certificate of {subject(leaf)} is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        )
    if moment > leaf.not_valid_after_utc:
        raise SignatureError(
            f"the certificate of {subject(leaf)} expired on {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC,"
            f" and nothing proves that the signature was made before",
            remedy="A timestamp (--timestamp-url) would have proved it; have it signed again.",
        )


def _leaf_policy() -> verification.ExtensionPolicy:
    agnostic = verification.Criticality.AGNOSTIC
    return (
        verification.ExtensionPolicy.webpki_defaults_ee()
        .may_be_present(x509.AuthorityKeyIdentifier, agnostic, None)
        .may_be_present(x509.SubjectAlternativeName, agnostic, None)
        .may_be_present(x509.KeyUsage, agnostic, _check_key_usage)
        .may_be_present(x509.ExtendedKeyUsage, agnostic, _check_purpose)
    )


def _authority_policy() -> verification.ExtensionPolicy:
    agnostic = verification.Criticality.AGNOSTIC
    return (
        verification.ExtensionPolicy.webpki_defaults_ca()
        .may_be_present(x509.AuthorityKeyIdentifier, agnostic, None)
        .may_be_present(x509.ExtendedKeyUsage, agnostic, _check_purpose)
    )


def _check_key_usage(
    policy: verification.Policy,  # noqa: ARG001 - the library's signature
    certificate: x509.Certificate,
    usage: x509.KeyUsage | None,
) -> None:
    if usage is None:
        if not _has(certificate, x509.ExtendedKeyUsage):
            raise ValueError("the certificate does not say that it is for signing (digitalSignature or codeSigning)")
    elif not usage.digital_signature or usage.key_cert_sign:
        raise ValueError("the certificate is not for digital signatures (its keyUsage)")


def _check_purpose(
    policy: verification.Policy,  # noqa: ARG001 - the library's signature
    certificate: x509.Certificate,  # noqa: ARG001
    purposes: x509.ExtendedKeyUsage | None,
) -> None:
    if purposes is not None and not any(purpose in purposes for purpose in _SIGNING):
        raise ValueError("the certificate is not for code signing (its extendedKeyUsage)")


def _has(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> bool:
    try:
        certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return False
    return True


def _reason(error: Exception) -> str:
    """The library's reason without its wrapping."""
    text = (str(error) or type(error).__name__).partition("AlgorithmIdentifier")[0]
    for wrapping in ("validation failed: ", "candidates exhausted: "):
        text = text.removeprefix(wrapping)
    return visible(text.rstrip(": "))
