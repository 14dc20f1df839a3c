"""A key in a hardware token, a smart card or an HSM, through its PKCS #11 module: it signs there and never leaves.

ECDSA on P-256, P-384 and P-521 (hashed here, signed there) and RSA of 3072 bits or more.

Source: OASIS PKCS #11 v3.1; RFC 7512 for the URIs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from pkcs11.util.ec import encode_ec_public_key, encode_ecdsa_signature

from assay.attest.public_key import PublicKey, Scheme, load_public_key, public_key
from assay.attest.signers.pkcs11_uri import KeyUri
from assay.core.bundle import Bundle
from assay.core.envelope import Envelope, Signature, pre_authentication_encoding
from assay.core.errors import KeyFileError, SignatureError

#: Asked for the PIN of what it is told, only when it is needed.
Pin = Callable[[str], str]

MODULE_VARIABLES: Final = ("ASSAY_PKCS11_MODULE", "PKCS11_MODULE_PATH")
#: Where distributions put p11-kit's module, which knows every token of the machine.
_PROXIES: Final = (
    Path("/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so"),
    Path("/usr/lib/aarch64-linux-gnu/p11-kit-proxy.so"),
    Path("/usr/lib64/p11-kit-proxy.so"),
    Path("/usr/lib/p11-kit-proxy.so"),
)
_DIGESTS: Final = {Scheme.P256: hashlib.sha256, Scheme.P384: hashlib.sha384, Scheme.P521: hashlib.sha512}


class Pkcs11Signer:
    """Signs as ``name`` with the key that ``uri`` picks; the PIN is asked for once, and kept by the token only.

    :raises KeyFileError: no module, token or key, more than one that fits, a key that is not accepted, a wrong PIN
    """

    def __init__(self, name: str, uri: KeyUri, pin: Pin) -> None:
        self._name = name
        self._uri = uri
        self._lock = Lock()
        try:
            self._session = _open(_token(uri), _pin(uri, pin))
            try:
                self._key = _find(self._session, uri, pkcs11.ObjectClass.PRIVATE_KEY)
                self._public = _public(self._session, uri, self._key)
            except BaseException:
                self._session.close()
                raise
        except pkcs11.PKCS11Error as error:
            raise KeyFileError(_reason(error), where=str(uri), remedy=_remedy(error)) from error

    def __repr__(self) -> str:
        return f"Pkcs11Signer({self._name!r}, {self._uri})"

    @property
    def name(self) -> str:
        return self._name

    @property
    def public(self) -> PublicKey:
        return self._public

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature over ``message``, made by the token and checked here.

        :raises SignatureError: the token would not, or what it made is no signature by this key
        """
        try:
            with self._lock:
                signature = self._sign(message)
        except pkcs11.PKCS11Error as error:
            raise SignatureError(f"the token did not sign: {_reason(error)}", where=str(self._uri)) from error
        if not self._public.verifies(signature, message):
            raise SignatureError(
                "what the token made is no signature by its public key",
                where=str(self._uri),
                remedy="The public and the private object on the token do not belong together.",
            )
        return signature

    def sign(self, payload: bytes, payload_type: str) -> Bundle:
        """A bare envelope around ``payload``."""
        signature = self.sign_bytes(pre_authentication_encoding(payload_type, payload))
        return Bundle(Envelope(payload, payload_type, (Signature(self._public.keyid, signature),)))

    def close(self) -> None:
        """Log out of the token."""
        self._session.close()

    def _sign(self, message: bytes) -> bytes:
        assert isinstance(self._key, pkcs11.SignMixin)
        digest = _DIGESTS.get(self._public.scheme)
        if digest is None:
            return self._key.sign(message, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS)
        raw = self._key.sign(digest(message).digest(), mechanism=pkcs11.Mechanism.ECDSA)
        return encode_ecdsa_signature(raw)


def find_module(uri: KeyUri) -> Path:
    """The PKCS #11 module to load: the URI's, the environment's, or p11-kit's.

    :raises KeyFileError: there is none
    """
    named = [os.environ[variable] for variable in MODULE_VARIABLES if os.environ.get(variable)]
    for path in (uri.module, *map(Path, named)):
        if path is not None:
            if not path.is_file():
                raise KeyFileError("there is no PKCS #11 module", where=str(path))
            return path
    found = next((path for path in _PROXIES if path.is_file()), None)
    if found is None:
        raise KeyFileError(
            "no PKCS #11 module is known",
            remedy=f"Set {MODULE_VARIABLES[0]} to the token's module, or add ?module-path=… to the URI.",
        )
    return found


def _token(uri: KeyUri) -> pkcs11.Token:
    module = find_module(uri)
    try:
        library = pkcs11.lib(str(module))
    except RuntimeError as error:
        raise KeyFileError("this is no PKCS #11 module that can be loaded", where=str(module)) from error
    slots = (slot for slot in library.get_slots(token_present=True) if uri.slot in (None, slot.slot_id))
    tokens = [token for slot in slots if _fits(token := slot.get_token(), uri)]
    if len(tokens) != 1:
        many = "no token fits" if not tokens else f"{len(tokens)} tokens fit"
        raise KeyFileError(many, where=str(uri), remedy="Name its token or serial; `pkcs11-tool -L` lists them.")
    return tokens[0]


def _open(token: pkcs11.Token, pin: str) -> pkcs11.Session:
    try:
        return token.open(user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:  # by another signer of this process
        return token.open()


def _fits(token: pkcs11.Token, uri: KeyUri) -> bool:
    pairs = (
        (uri.token, token.label),
        (uri.serial, token.serial.decode(errors="replace").strip()),
        (uri.manufacturer, token.manufacturer_id),
        (uri.model, token.model),
    )
    initialised = pkcs11.TokenFlag.TOKEN_INITIALIZED in token.flags
    return initialised and all(wanted is None or wanted == actual for wanted, actual in pairs)


def _find(session: pkcs11.Session, uri: KeyUri, kind: pkcs11.ObjectClass) -> pkcs11.Object:
    wanted: dict[pkcs11.Attribute, object] = {pkcs11.Attribute.CLASS: kind}
    if uri.label is not None:
        wanted[pkcs11.Attribute.LABEL] = uri.label
    if uri.identifier is not None:
        wanted[pkcs11.Attribute.ID] = uri.identifier
    found = list(session.get_objects(wanted))
    if len(found) != 1:
        what = "private" if kind is pkcs11.ObjectClass.PRIVATE_KEY else "public"
        many = f"no {what} key fits" if not found else f"{len(found)} {what} keys fit"
        raise KeyFileError(
            many, where=str(uri), remedy="Name its object (label) or id; `pkcs11-tool --login -O` lists them."
        )
    return found[0]


def _public(session: pkcs11.Session, uri: KeyUri, private: pkcs11.Object) -> PublicKey:
    identifier = private[pkcs11.Attribute.ID]
    key = _find(session, KeyUri(label=uri.label, identifier=identifier or None), pkcs11.ObjectClass.PUBLIC_KEY)
    assert isinstance(key, pkcs11.PublicKey)
    match key.key_type:
        case pkcs11.KeyType.EC:
            return load_public_key(encode_ec_public_key(key), where=str(uri))
        case pkcs11.KeyType.RSA:
            exponent, modulus = key[pkcs11.Attribute.PUBLIC_EXPONENT], key[pkcs11.Attribute.MODULUS]
            numbers = RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus))
            return public_key(numbers.public_key(), where=str(uri))
        case other:
            raise KeyFileError(f"keys of type {other} are not accepted", where=str(uri))


def _pin(uri: KeyUri, pin: Pin) -> str:
    if uri.pin_source is None:
        return pin(str(uri))
    try:
        return uri.pin_source.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError("the file with the PIN cannot be read", where=str(uri.pin_source)) from error


def _reason(error: pkcs11.PKCS11Error) -> str:
    match error:
        case pkcs11.PinIncorrect() | pkcs11.PinInvalid() | pkcs11.PinLenRange():
            return "the PIN is wrong"
        case pkcs11.PinLocked():
            return "the PIN is locked after too many wrong ones"
        case pkcs11.DeviceRemoved() | pkcs11.TokenNotPresent() | pkcs11.SessionHandleInvalid():
            return "the token was taken out"
        case pkcs11.MechanismInvalid() | pkcs11.KeyTypeInconsistent():
            return "the token cannot sign with this key"
        case _:
            return f"the token said {type(error).__name__}"


def _remedy(error: pkcs11.PKCS11Error) -> str:
    if isinstance(error, pkcs11.PinIncorrect):
        return "It was tried once; after a few wrong ones most tokens lock."
    return ""
