"""A key in a cloud's key management service, through ``securesystemslib``: ``awskms:``, ``gcpkms:``, ``azurekms:`` and
HashiCorp Vault's ``hashivault:``.

Who asks is found out by the service's own client library, from its usual places (environment, instance, workload
identity); no secret passes through here. Each service needs its client library: ``pip install "assay[kms]"``.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from securesystemslib.exceptions import UnsupportedLibraryError
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, SSlibKey
from securesystemslib.signer import Signer as ServiceSigner

from assay.attest.public_key import PublicKey, Scheme
from assay.core.bundle import Bundle
from assay.core.envelope import Envelope, Signature, pre_authentication_encoding
from assay.core.errors import KeyFileError, SignatureError

#: Our names for schemes that the library calls otherwise.
_NAMES: Final = {"hashivault": "hv"}
_SCHEMES: Final = {
    Scheme.ED25519: "ed25519",
    Scheme.P256: "ecdsa-sha2-nistp256",
    Scheme.P384: "ecdsa-sha2-nistp384",
    Scheme.P521: "ecdsa-sha2-nistp521",
    Scheme.RSA: "rsassa-pss-sha256",
}
_FIELD_BYTES: Final = {Scheme.P256: 32, Scheme.P384: 48, Scheme.P521: 66}


class KmsSigner:
    """Signs as ``name`` with the key at ``uri``, whose public half is ``public``.

    :raises KeyFileError: an unknown scheme, a client library that is missing, or a service that does not know the key
    """

    def __init__(self, name: str, uri: str, public: PublicKey) -> None:
        self._name = name
        self._public = public
        self._where = uri.partition("?")[0]
        scheme, _, rest = uri.partition(":")
        scheme = _NAMES.get(scheme, scheme)
        if scheme not in SIGNER_FOR_URI_SCHEME:
            raise KeyFileError(f"no key management service is known by the name {scheme!r}", where=self._where)
        key = SSlibKey.from_crypto(load_der_public_key(public.der), public.keyid, _SCHEMES[public.scheme])
        try:
            self._signer = ServiceSigner.from_priv_key_uri(f"{scheme}:{rest}", key)
        except (UnsupportedLibraryError, ImportError) as error:
            raise KeyFileError(
                f"the client library of {scheme} is not installed",
                where=self._where,
                remedy='Run `pip install "assay[kms]"`.',
            ) from error
        except Exception as error:
            raise KeyFileError(
                f"the key management service cannot be used ({type(error).__name__})", where=self._where
            ) from error

    def __repr__(self) -> str:
        return f"KmsSigner({self._name!r}, {self._where!r})"

    @property
    def name(self) -> str:
        return self._name

    @property
    def public(self) -> PublicKey:
        return self._public

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature over ``message``, made by the service and checked here.

        :raises SignatureError: the service would not or cannot be reached, or it signed with another key
        """
        try:
            made = bytes.fromhex(self._signer.sign(message).signature)
        except Exception as error:  # each service's library has errors of its own, which may quote requests
            raise SignatureError(
                f"the key management service did not sign ({type(error).__name__})", where=self._where
            ) from error
        for signature in (made, *self._as_der(made)):
            if self._public.verifies(signature, message):
                return signature
        raise SignatureError(
            "what the key management service made is no signature by the public key",
            where=self._where,
            remedy="The key at this address is another one than the trust file has, or was rotated.",
        )

    def sign(self, payload: bytes, payload_type: str) -> Bundle:
        """A bare envelope around ``payload``."""
        signature = self.sign_bytes(pre_authentication_encoding(payload_type, payload))
        return Bundle(Envelope(payload, payload_type, (Signature(self._public.keyid, signature),)))

    def _as_der(self, signature: bytes) -> tuple[bytes, ...]:
        """An ECDSA signature that a service gave as two numbers side by side."""
        size = _FIELD_BYTES.get(self._public.scheme)
        if size is None or len(signature) != 2 * size:
            return ()
        return (encode_dss_signature(int.from_bytes(signature[:size]), int.from_bytes(signature[size:])),)
