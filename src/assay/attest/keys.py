"""Signing keys in files: made, kept closed, read back.

Ed25519 and ECDSA on P-256, P-384 and P-521. RSA keys are accepted where they cannot be copied, in an HSM or a key
management service, and not from files.

The private key is written in OpenSSH's format, because its passphrase is stretched with bcrypt; PKCS #8 as the library
writes it stretches with 2,048 rounds of PBKDF2 only. PKCS #8 and SEC 1 files that other tools wrote are read as well.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from assay.attest.public_key import DIGESTS, Scheme, public_key
from assay.core.errors import KeyFileError

#: About 0.3 s on a 2025 processor core; ssh-keygen's own default is 16 to 24.
BCRYPT_ROUNDS: Final = 32
_MAX_KEY_BYTES: Final = 64 * 1024
_REMEDY_FORMAT: Final = (
    "Make one with `assay init`, or give an Ed25519 or ECDSA key (P-256, P-384, P-521) in OpenSSH or PKCS #8 PEM"
    " format."
)
_Curve: TypeAlias = ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1
_CURVES: Final[dict[Scheme, type[_Curve]]] = {
    Scheme.P256: ec.SECP256R1,
    Scheme.P384: ec.SECP384R1,
    Scheme.P521: ec.SECP521R1,
}
_Key: TypeAlias = Ed25519PrivateKey | ec.EllipticCurvePrivateKey


class PrivateKey:
    """A private key in memory; it shows nothing of itself.

    :raises KeyFileError: a key of a type that is not accepted
    """

    def __init__(self, key: _Key) -> None:
        self._key = key
        self.public = public_key(key.public_key())

    def __repr__(self) -> str:
        return f"PrivateKey(keyid={self.public.keyid[:12]})"

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``; the same message gives the same signature (ECDSA: RFC 6979)."""
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, _ecdsa(self.public.scheme))

    def render(self, passphrase: bytes | None) -> bytes:
        """The key as a file's content, encrypted unless ``passphrase`` is ``None``."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            builder = serialization.PrivateFormat.OpenSSH.encryption_builder()
            encryption = builder.kdf_rounds(BCRYPT_ROUNDS).build(passphrase)
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption)


def generate_key(scheme: Scheme = Scheme.ED25519) -> PrivateKey:
    """A new key from the operating system's randomness.

    :raises KeyFileError: RSA, whose keys assay does not make
    """
    if scheme is Scheme.ED25519:
        return PrivateKey(Ed25519PrivateKey.generate())
    curve = _CURVES.get(scheme)
    if curve is None:
        raise KeyFileError(f"keys of type {scheme} are not made here", remedy=_REMEDY_FORMAT)
    return PrivateKey(ec.generate_private_key(curve()))


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

    :raises KeyFileError: missing, readable by others, no private key of a type that is accepted, passphrase
        missing or wrong
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
    if isinstance(key, RSAPrivateKey):
        raise KeyFileError(
            "RSA keys are not signed with from a file",
            where=str(path),
            remedy="Keep it in an HSM or a key management service, or use an Ed25519 or ECDSA key.",
        )
    if not isinstance(key, _Key):
        kind = type(key).__name__.removesuffix("PrivateKey").strip("_")
        raise KeyFileError(f"keys of type {kind} are not accepted", where=str(path), remedy=_REMEDY_FORMAT)
    try:
        return PrivateKey(key)
    except KeyFileError as error:
        raise KeyFileError(error.what, where=str(path), remedy=_REMEDY_FORMAT) from error


def _parse(data: bytes, passphrase: bytes | None) -> object:
    if b"OPENSSH PRIVATE KEY" in data:
        return serialization.load_ssh_private_key(data, passphrase)
    return serialization.load_pem_private_key(data, passphrase)


def _ecdsa(scheme: Scheme) -> ec.ECDSA:
    try:
        return ec.ECDSA(DIGESTS[scheme], deterministic_signing=True)
    except UnsupportedAlgorithm:  # an OpenSSL before 3.2
        return ec.ECDSA(DIGESTS[scheme])


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
