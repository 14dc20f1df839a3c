"""The timestamp authorities that are trusted, and their tokens verified.

Who stamps is trusted by a root certificate that the verifier was given; the stamp itself is judged at the time that it
states.

Source: RFC 3161 and RFC 5816; the CMS is read and verified by ``rfc3161-client``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import rfc3161_client
from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier
from rfc3161_client.errors import VerificationError

from assay.attest.certificates import key_of, parse_certificates
from assay.core.errors import KeyFileError, SignatureError
from assay.core.visible import visible

#: SHA-256, SHA-384, SHA-512.
_DIGESTS: Final = frozenset(ObjectIdentifier(f"2.16.840.1.101.3.4.2.{number}") for number in (1, 2, 3))


class TimestampVerifier:
    """Accepts tokens of the authorities whose certificates it was given.

    :param certificates: at least one root; intermediates, and signing certificates that tokens do not carry themselves,
        may stand beside it
    :raises KeyFileError: there is no root among them
    """

    def __init__(self, certificates: Sequence[x509.Certificate]) -> None:
        self._roots = [item for item in certificates if item.subject == item.issuer]
        others = [item for item in certificates if item.subject != item.issuer]
        self._leaves = [item for item in others if not _is_authority(item)]
        self._intermediates = [item for item in others if _is_authority(item)]
        if not self._roots:
            raise KeyFileError("no timestamp authority's root certificate is given")

    def time_of(self, token: bytes, message: bytes) -> datetime:
        """When the authority saw ``message``, by its ``token`` (a TimeStampResp in DER).

        :raises SignatureError: malformed, of another authority, over other bytes, or by an algorithm that is refused
        """
        try:
            response = rfc3161_client.decode_timestamp_response(token)
            _check_algorithms(response, self._leaves)
            self._verify(response, message)
        except (ValueError, SignatureError, VerificationError) as error:
            reason = str(error).partition(": ErrorStack")[0]
            raise SignatureError(f"a timestamp does not hold: {visible(reason)}") from error
        return response.tst_info.gen_time.astimezone(UTC)

    def _verify(self, response: rfc3161_client.TimeStampResponse, message: bytes) -> None:
        """With the certificate that the token carries, else with each that was given."""
        refusal: VerificationError | None = None
        for leaf in (None, *self._leaves):
            verifier = rfc3161_client.VerifierBuilder(
                tsa_certificate=leaf, roots=self._roots, intermediates=self._intermediates
            ).build()
            try:
                verifier.verify_message(response, message)
            except VerificationError as error:
                refusal = error
            else:
                return
        assert refusal is not None
        raise refusal


def parse_timestamp_authorities(pem: bytes, *, where: str) -> TimestampVerifier:
    """Read the certificates of timestamp authorities, roots included, from PEM.

    :raises KeyFileError: malformed, or no root among them
    """
    try:
        return TimestampVerifier(parse_certificates(pem, where=where))
    except KeyFileError as error:
        raise KeyFileError(error.what, where=where, remedy=error.remedy) from error


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _check_algorithms(response: rfc3161_client.TimeStampResponse, leaves: Sequence[x509.Certificate]) -> None:
    """The list of algorithms holds for stamps, too: their digests, and the keys of the certificates they carry."""
    if not response.signed_data.digest_algorithms <= _DIGESTS:
        raise ValueError("it is made with a digest that is not accepted")
    carried = [x509.load_der_x509_certificate(der) for der in response.signed_data.certificates]
    for certificate in (*carried, *leaves):
        key_of(certificate)
