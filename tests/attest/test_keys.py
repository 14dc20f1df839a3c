"""Keys in files: closed, encrypted, refused when they are not what they should be."""

from __future__ import annotations

import os
import subprocess
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from assay.attest.keys import generate_key, is_encrypted, read_key, write_key
from assay.attest.public_key import Scheme, parse_public_key, public_key
from assay.core.errors import KeyFileError

PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()


def write(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("scheme", [Scheme.ED25519, Scheme.P256, Scheme.P384, Scheme.P521])
@pytest.mark.parametrize("passphrase", [None, b"open sesame"])
def test_a_key_reads_back_and_only_its_owner_can_read_it(
    tmp_path: Path, passphrase: bytes | None, scheme: Scheme
) -> None:
    """Mode 0600 whatever the umask, encrypted when a passphrase was given; whatever its type."""
    key, path = generate_key(scheme), tmp_path / "key"
    before = os.umask(0)
    try:
        write_key(key, path, passphrase)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert is_encrypted(path) is (passphrase is not None)
    read = read_key(path, passphrase)
    assert read.public == key.public
    assert read.public.verifies(key.sign(b"x"), b"x")
    assert not read.public.verifies(key.sign(b"x"), b"y")
    assert key.sign(b"x") == key.sign(b"x"), "the same message gives the same signature"


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    """Nor is what a symbolic link in its place leads to."""
    write_key(generate_key(), tmp_path / "key", None)
    (tmp_path / "link").symlink_to(tmp_path / "other")
    for name in ("key", "link"):
        with pytest.raises(KeyFileError):
            write_key(generate_key(), tmp_path / name, None)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("passphrase", [b"wrong", None])
def test_a_wrong_or_missing_passphrase_tells_nothing_of_the_key(tmp_path: Path, passphrase: bytes | None) -> None:
    """Neither the message nor the traceback holds the passphrase or the file's content."""
    key, path = generate_key(), tmp_path / "key"
    write_key(key, path, b"open sesame")
    with pytest.raises(KeyFileError) as caught:
        read_key(path, passphrase)
    shown = "".join(traceback.format_exception(caught.value))
    assert "sesame" not in shown
    assert path.read_text().splitlines()[1] not in shown
    assert "PrivateKey(keyid=" in repr(key)


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    """Leaving a key open has to be asked for by name."""
    with pytest.raises(KeyFileError, match="empty"):
        write_key(generate_key(), tmp_path / "key", b"")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """As ssh does."""
    path = tmp_path / "key"
    write_key(generate_key(), path, None)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="other users"):
        read_key(path, None)


def test_keys_that_are_not_accepted_are_named(tmp_path: Path) -> None:
    """RSA from a file, another curve, Ed448 say what they are; public keys and noise are no private keys."""
    for key, reason in (
        (rsa.generate_private_key(public_exponent=65537, key_size=3072), "RSA keys are not signed with from a file"),
        (ec.generate_private_key(ec.SECP256K1()), "curve secp256k1"),
        (ec.generate_private_key(ec.BrainpoolP256R1()), "curve brainpoolP256r1"),
        (Ed448PrivateKey.generate(), "type Ed448"),
    ):
        with pytest.raises(KeyFileError, match=reason):
            read_key(write(tmp_path / "key", key.private_bytes(PEM, PKCS8, PLAIN)), None)
    for data in (
        b"",
        b"\xff" * 100,
        generate_key().public.pem().encode(),
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
    ):
        with pytest.raises(KeyFileError, match="not a private key"):
            read_key(write(tmp_path / "noise", data), None)


@pytest.mark.parametrize(
    "form", [PKCS8, serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.OpenSSH]
)
@pytest.mark.parametrize("passphrase", [None, b"open sesame"])
def test_a_key_of_another_tool_is_read(
    tmp_path: Path, passphrase: bytes | None, form: serialization.PrivateFormat
) -> None:
    """What `openssl genpkey`, `openssl ecparam -genkey` and `ssh-keygen` write, with and without a passphrase."""
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else PLAIN
    keys = [ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)]
    others = [] if form is serialization.PrivateFormat.TraditionalOpenSSL else [Ed25519PrivateKey.generate()]
    for key in (*keys, *others):
        path = write(tmp_path / "key", key.private_bytes(PEM, form, encryption))
        read = read_key(path, passphrase)
        assert read.public == public_key(key.public_key())
        if passphrase:
            with pytest.raises(KeyFileError, match="passphrase"):
                read_key(path, b"wrong")


def test_a_key_that_is_not_a_file_is_refused(tmp_path: Path) -> None:
    """A folder, a pipe that would block, nothing."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, reason in (("pipe", "regular"), (".", "directory"), ("none", "no signing key")):
        with pytest.raises(KeyFileError, match=reason):
            read_key(tmp_path / name, None)


def test_the_encrypted_key_is_one_that_openssh_reads(tmp_path: Path) -> None:
    """ssh-keygen agrees on the public key."""
    path, key = tmp_path / "key", generate_key()
    write_key(key, path, b"open sesame")
    try:
        done = subprocess.run(
            ["ssh-keygen", "-y", "-P", "open sesame", "-f", path], capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        pytest.skip("ssh-keygen is not installed")
    public = serialization.load_ssh_public_key(done.stdout.encode())
    assert public.public_bytes_raw() == key.public.raw  # type: ignore[union-attr]


def test_a_private_key_in_place_of_a_public_one_is_never_shown() -> None:
    """Pasted into trust.toml by mistake: the error says so and does not repeat it."""
    text = generate_key().render(None).decode()
    with pytest.raises(KeyFileError, match="private key stands where") as caught:
        parse_public_key(text, where="trust.toml")
    assert text.splitlines()[1] not in str(caught.value)
