"""The header of an age file: read strictly, its file key unwrapped with an X25519 identity, its MAC verified.

Source: C2SP ``age.md`` (age-encryption.org/v1). Encrypting is the library's; this is here because the library has no
random access, and a header must be read before a chunk can be.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.core.errors import BlobError, KeyFileError

VERSION: Final = b"age-encryption.org/v1\n"
_X25519: Final = b"age-encryption.org/v1/X25519"
#: No header that a store writes is larger; bounds what a hostile one makes us read.
MAX_HEADER: Final = 64 * 1024
_COLUMNS: Final = 64
_MAC_CHARACTERS: Final = 43


@dataclass(frozen=True, slots=True)
class Stanza:
    """One recipient's line: its type and arguments, and the wrapped key."""

    arguments: tuple[bytes, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """``signed`` are the bytes that ``mac`` is over; ``size`` is the header's, the payload follows."""

    stanzas: tuple[Stanza, ...]
    signed: bytes
    mac: bytes
    size: int


def read_header(file: BinaryIO) -> Header:
    """Read the header at the start of ``file``.

    :raises BlobError: it is no age file of version 1, or the header is malformed or too large
    """
    lines = _Lines(file)
    if lines.next() + b"\n" != VERSION:
        raise _malformed("it does not begin as an age file")
    stanzas: list[Stanza] = []
    while (line := lines.next()).startswith(b"-> "):
        arguments = tuple(line[3:].split(b" "))
        if not all(arguments) or any(not 33 <= byte <= 126 for argument in arguments for byte in argument):
            raise _malformed("a recipient's line is malformed")
        stanzas.append(Stanza(arguments, _body(lines)))
    if not stanzas or not line.startswith(b"--- ") or len(line) != 4 + _MAC_CHARACTERS:
        raise _malformed("its header does not end as it must")
    data = bytes(lines.read)
    return Header(tuple(stanzas), data[: -len(line) - 1 + 3], _decode(line[4:]), len(data))


def unwrap(header: Header, identity: X25519PrivateKey) -> bytes:
    """The file key, if the header was written for ``identity`` and nobody changed it.

    :raises KeyFileError: it was not written for this identity
    :raises BlobError: it was, and it was changed
    """
    for stanza in header.stanzas:
        key = _unwrap_one(stanza, identity)
        if key is None:
            continue
        mac = hmac.HMAC(_derive(key, b"", b"header"), hashes.SHA256())
        mac.update(header.signed)
        try:
            mac.verify(header.mac)
        except InvalidSignature as error:
            raise _malformed("its header was changed") from error
        return key
    raise KeyFileError(
        "the object is not encrypted to this identity",
        where="assay.toml: store.encrypt.identity",
        remedy="Give the identity of one of the recipients it was pushed for.",
    )


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """The key of the payload's chunks; ``nonce`` are the 16 bytes after the header."""
    return _derive(file_key, nonce, b"payload")


def _unwrap_one(stanza: Stanza, identity: X25519PrivateKey) -> bytes | None:
    if stanza.arguments[0] != b"X25519":
        return None
    if len(stanza.arguments) != 2 or len(stanza.body) != 32:
        raise _malformed("a recipient's line is malformed")
    share = _decode(stanza.arguments[1])
    if len(share) != 32:
        raise _malformed("a recipient's line is malformed")
    try:
        secret = identity.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError as error:  # a point of low order: the secret would be known to everybody
        raise _malformed("a recipient's line is malformed") from error
    wrapping = _derive(secret, share + identity.public_key().public_bytes_raw(), _X25519)
    try:
        return ChaCha20Poly1305(wrapping).decrypt(bytes(12), stanza.body, None)
    except InvalidTag:
        return None


def _derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


class _Lines:
    """Lines of a bounded header, each ended by a line feed; ``read`` is everything that was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = bytearray()

    def next(self) -> bytes:
        line = self._file.readline(MAX_HEADER - len(self.read) + 1)
        self.read += line
        if not line.endswith(b"\n") or len(self.read) > MAX_HEADER:
            raise _malformed("its header is cut off or too large")
        return line[:-1]


def _body(lines: _Lines) -> bytes:
    text = b""
    while True:
        line = lines.next()
        text += line
        if len(line) < _COLUMNS:
            return _decode(text)
        if len(line) > _COLUMNS:
            raise _malformed("a recipient's line is malformed")


def _decode(text: bytes) -> bytes:
    """Base64 without padding, in its one canonical form."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise _malformed("its header is not canonical Base64") from error
    if base64.b64encode(data).rstrip(b"=") != text:
        raise _malformed("its header is not canonical Base64")
    return data


def _malformed(what: str) -> BlobError:
    return BlobError(f"the encrypted object cannot be read: {what}", remedy="Run `assay store audit`.")
