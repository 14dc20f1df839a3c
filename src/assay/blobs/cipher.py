"""Encryption at rest in the age v1 format: written by `pyrage`, read back chunk by chunk.

An identity file is what ``age-keygen`` writes; it may itself be encrypted with a passphrase (``age -p``).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from assay.blobs.age_header import VERSION
from assay.blobs.age_stream import AgeReader
from assay.core.errors import BlobError, KeyFileError

if TYPE_CHECKING:
    from pyrage.x25519 import Recipient

_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PREFIX: Final = "AGE-SECRET-KEY-1"
_CHECKSUM: Final = 6
_MAX_IDENTITY_FILE: Final = 64 * 1024


class Cipher:
    """Encrypts to every one of ``recipients``, and decrypts with one identity. It shows nothing of itself."""

    def __init__(self, recipients: Sequence[str], identity: X25519PrivateKey) -> None:
        self._recipients = [_recipient(text) for text in recipients]
        self._identity = identity

    def __repr__(self) -> str:
        return f"Cipher(recipients={len(self._recipients)})"

    def encrypt(self, source: BinaryIO, target: BinaryIO) -> None:
        """Write ``source`` encrypted to ``target``, with a file key of its own."""
        import pyrage  # noqa: PLC0415 - an extra

        try:
            pyrage.encrypt_io(source, target, self._recipients)
        except pyrage.EncryptError as error:
            raise BlobError("the object could not be encrypted") from error

    def open(self, file: BinaryIO) -> AgeReader:
        """The plaintext of ``file``; see :class:`AgeReader` for what it raises."""
        try:
            return AgeReader(file, self._identity)
        except BaseException:
            file.close()
            raise


def read_identity(path: Path, passphrase: Callable[[Path], bytes]) -> X25519PrivateKey:
    """The identity in the file at ``path``.

    :param passphrase: asked only if the file is encrypted
    :raises KeyFileError: missing, open to others, malformed, or the passphrase is wrong
    """
    data = _read_private(path)
    if data.startswith(VERSION):
        data = _decrypt_file(data, path, passphrase)
    try:
        lines = [line.strip() for line in data.decode().splitlines()]
    except UnicodeDecodeError as error:
        raise KeyFileError("the identity file is not text", where=str(path)) from error
    found = [line for line in lines if line and not line.startswith("#")]
    if len(found) != 1:
        raise KeyFileError(
            "the identity file must hold exactly one identity", where=str(path), remedy="Make one with `age-keygen`."
        )
    return parse_identity(found[0], where=str(path))


def parse_identity(text: str, *, where: str) -> X25519PrivateKey:
    """An identity as ``age-keygen`` prints it: ``AGE-SECRET-KEY-1…``.

    :raises KeyFileError: it is not one; what it says is not repeated
    """
    import pyrage  # noqa: PLC0415 - an extra

    try:
        pyrage.x25519.Identity.from_str(text)  # the checksum, and nothing but an X25519 key
    except pyrage.IdentityError:
        raise KeyFileError(
            "the identity cannot be read", where=where, remedy="It is one line that begins with AGE-SECRET-KEY-1."
        ) from None  # the cause's text is not ours to vouch for
    bits = 0
    for character in text.lower()[len(_PREFIX) : -_CHECKSUM]:
        bits = bits << 5 | _ALPHABET.index(character)
    return X25519PrivateKey.from_private_bytes((bits >> 4).to_bytes(32, "big"))  # 52 * 5 bits, 4 of them to fill up


def _recipient(text: str) -> Recipient:
    import pyrage  # noqa: PLC0415 - an extra

    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise KeyFileError(
            f"{text[:80]!a} is no age recipient",
            where="assay.toml: store.encrypt.recipients",
            remedy="A recipient begins with age1; `age-keygen` prints it.",
        ) from error


def _decrypt_file(data: bytes, path: Path, passphrase: Callable[[Path], bytes]) -> bytes:
    import pyrage  # noqa: PLC0415 - an extra

    try:
        return bytes(pyrage.passphrase.decrypt(data, passphrase(path).decode()))
    except (pyrage.DecryptError, UnicodeDecodeError):
        raise KeyFileError("the identity file does not open with this passphrase", where=str(path)) from None


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_IDENTITY_FILE + 1)
    except OSError as error:
        raise KeyFileError(f"the identity file cannot be read: {error.strerror}", where=str(path)) from error
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileError("the identity file is open to others", where=str(path), remedy=f"Run `chmod 600 {path}`.")
    if len(data) > _MAX_IDENTITY_FILE:
        raise KeyFileError("the identity file is too large", where=str(path))
    return data
