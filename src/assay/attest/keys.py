"""Ed25519 signing keys in files: made, kept closed, read back.

The private key is written in OpenSSH's format, because its passphrase is stretched with bcrypt; PKCS #8 as the library
writes it stretches with 2,048 rounds of PBKDF2 only. PKCS #8 files that other tools wrote are read as well.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from assay.core.errors import KeyFileError

#: About 0.3 s on a 2025 processor core; ssh-keygen's own default is 16 to 24.
BCRYPT_ROUNDS: Final = 32
_MAX_KEY_BYTES: Final = 64 * 1024
_REMEDY_FORMAT: Final = "Make one with `assay init`, or give an Ed25519 key in OpenSSH or PKCS #8 PEM format."


@dataclass(frozen=True, slots=True)
class PublicKey:
    """``raw`` is the 32-byte Ed25519 public key."""

    raw: bytes

    @property
    def keyid(self) -> str:
        """SHA-256 of the DER SubjectPublicKeyInfo, lower-case hexadecimal."""
        return hashlib.sha256(self._key().public_bytes(serialization.Encoding.DER, _SPKI)).hexdigest()

    def pem(self) -> str:
        """The key as a PEM SubjectPublicKeyInfo."""
        return self._key().public_bytes(serialization.Encoding.PEM, _SPKI).decode()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made ``signature`` over ``message``."""
        try:
            self._key().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)


class PrivateKey:
    """An Ed25519 private key in memory; it shows nothing of itself."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"PrivateKey(keyid={self.public.keyid[:12]})"

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over ``message``."""
        return self._key.sign(message)

    def render(self, passphrase: bytes | None) -> bytes:
        """The key as a file's content, encrypted unless ``passphrase`` is ``None``."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            builder = serialization.PrivateFormat.OpenSSH.encryption_builder()
            encryption = builder.kdf_rounds(BCRYPT_ROUNDS).build(passphrase)
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption)


_SPKI: Final = serialization.PublicFormat.SubjectPublicKeyInfo


def generate_key() -> PrivateKey:
    """A new key from the operating system's randomness."""
    return PrivateKey(Ed25519PrivateKey.generate())


def write_key(key: PrivateKey, path: Path, passphrase: bytes | None) -> None:
    """Write ``key`` to a new file that only its owner can read (mode 0600).

    :raises KeyFileError: something is there already, the passphrase is empty, or the file cannot be written
    """
    if passphrase is not None and not passphrase:
        raise KeyFileError("the passphrase is empty", remedy="Give one, or ask for none with --no-passphrase.")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.render(passphrase))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise KeyFileError("a key is already there", where=str(path), remedy="Move it away first.") from error
    except OSError as error:
        raise KeyFileError(f"the key cannot be written: {error.strerror}", where=str(path)) from error


def is_encrypted(path: Path) -> bool:
    """Whether the private key in ``path`` needs a passphrase."""
    data = _read(path)
    try:
        _parse(data, None)
    except TypeError:
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return False


def read_key(path: Path, passphrase: bytes | None) -> PrivateKey:
    """Read a private key.

    :raises KeyFileError: missing, readable by others, not an Ed25519 private key, passphrase missing or wrong
    """
    data = _read(path)
    try:
        key = _parse(data, passphrase)
    except TypeError as error:
        if passphrase is None:
            raise KeyFileError(
                "the key is encrypted and no passphrase was given",
                where=str(path),
                remedy="Set ASSAY_PASSPHRASE or ASSAY_PASSPHRASE_FILE, or run at a terminal.",
            ) from error
        return read_key(path, None)  # the key needs none; the passphrase was meant for another
    except (ValueError, UnsupportedAlgorithm) as error:
        what = "the passphrase is wrong or the key file is damaged" if passphrase else "this is not a private key"
        raise KeyFileError(what, where=str(path), remedy="" if passphrase else _REMEDY_FORMAT) from error
    if not isinstance(key, Ed25519PrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey").strip("_")
        raise KeyFileError(f"the key is of type {kind}, not Ed25519", where=str(path), remedy=_REMEDY_FORMAT)
    return PrivateKey(key)


def parse_public_key(pem: str, *, where: str) -> PublicKey:
    """Read a PEM SubjectPublicKeyInfo of an Ed25519 key.

    :raises KeyFileError: anything else, a private key included
    """
    if "PRIVATE KEY" in pem:
        raise KeyFileError("a private key stands where a public key belongs", where=where, remedy="Replace both keys.")
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("this is not a public key in PEM format", where=where) from error
    if not isinstance(key, Ed25519PublicKey):
        kind = type(key).__name__.removesuffix("PublicKey").strip("_")
        raise KeyFileError(f"the key is of type {kind}, not Ed25519", where=where)
    return PublicKey(key.public_bytes_raw())


def _parse(data: bytes, passphrase: bytes | None) -> object:
    if b"OPENSSH PRIVATE KEY" in data:
        return serialization.load_ssh_private_key(data, passphrase)
    return serialization.load_pem_private_key(data, passphrase)


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise KeyFileError("the key is not a regular file", where=str(path))
            if mode & 0o077:
                raise KeyFileError(
                    f"other users can read or change the private key (mode {stat.S_IMODE(mode):04o})",
                    where=str(path),
                    remedy=f"Run `chmod 600 {path}`; if it was ever shared, make a new key.",
                )
            return file.read(_MAX_KEY_BYTES)
    except FileNotFoundError as error:
        raise KeyFileError("there is no signing key", where=str(path), remedy="Make one with `assay init`.") from error
    except OSError as error:
        raise KeyFileError(f"the key cannot be read: {error.strerror}", where=str(path)) from error
