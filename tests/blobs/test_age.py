"""Encryption at rest: what `age` writes we read and what we write it reads; nothing that was changed is handed out."""

from __future__ import annotations

import base64
import io
import random
from pathlib import Path
from typing import Any

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.blobs.age_header import MAX_HEADER
from assay.blobs.age_stream import CHUNK, AgeReader
from assay.blobs.cipher import Cipher, parse_identity, read_identity
from assay.core.errors import BlobError, KeyFileError

SEALED = CHUNK + 16
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17]
IDENTITY = pyrage.x25519.Identity.generate()
OURS = parse_identity(str(IDENTITY), where="test")


def plain(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def sealed(size: int) -> bytes:
    return bytes(pyrage.encrypt(plain(size), [IDENTITY.to_public()]))


def reader(data: bytes) -> AgeReader:
    return AgeReader(io.BytesIO(data), OURS)


def payload_start(data: bytes) -> int:
    return data.index(b"\n", data.index(b"\n---") + 1) + 1 + 16


@pytest.mark.parametrize("size", SIZES)
def test_reads_what_age_wrote(size: int) -> None:
    """Every size around the borders of a chunk reads back as it was encrypted by the library."""
    found = reader(sealed(size))
    assert found.size == size
    assert found.readall() == plain(size)


@pytest.mark.parametrize("size", SIZES)
def test_age_reads_what_we_wrote(size: int, key: Any) -> None:
    """What the store writes opens with the library's own decryption."""
    target = io.BytesIO()
    key.cipher.encrypt(io.BytesIO(plain(size)), target)
    assert pyrage.decrypt(target.getvalue(), [key.library]) == plain(size)


BIG = sealed(3 * CHUNK + 17)


@given(st.integers(0, 3 * CHUNK + 40), st.integers(0, 2 * CHUNK))
def test_any_part_reads_as_the_same_part_of_the_whole(start: int, length: int) -> None:
    """A seek and a read give the bytes that lie there, across chunks and beyond the end."""
    found = io.BufferedReader(reader(BIG))
    found.seek(start)
    assert found.read(length) == plain(3 * CHUNK + 17)[start : start + length]


def test_only_the_chunks_that_are_read_are_decrypted() -> None:
    """Damage elsewhere does not stop a read of the header: only what is asked for is read (and the last chunk)."""
    data = bytearray(BIG)
    data[payload_start(BIG) + SEALED + 5] ^= 1
    found = reader(bytes(data))
    assert found.read(100) == plain(3 * CHUNK + 17)[:100]
    found.seek(CHUNK)
    with pytest.raises(BlobError, match="chunk 1 does not verify"):
        found.read(1)


@given(st.integers(0, len(sealed(300)) - 1), st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_noticed(place: int, bit: int) -> None:
    """Whichever bit of an encrypted object is flipped, no byte of it is handed out."""
    data = bytearray(sealed(300))
    data[place % len(data)] ^= 1 << bit
    with pytest.raises((BlobError, KeyFileError)):
        reader(bytes(data)).readall()


SMALL = sealed(300)


@given(st.integers(0, len(SMALL) - 1))
def test_a_cut_off_object_is_noticed(length: int) -> None:
    """However short an object is cut, no byte of it is handed out."""
    with pytest.raises((BlobError, KeyFileError)):
        reader(SMALL[:length]).readall()


@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_an_object_cut_off_between_two_chunks_is_noticed_at_once(chunks: int) -> None:
    """Attack: whole chunks dropped from the end, so that each one left would verify as itself."""
    with pytest.raises(BlobError, match="does not verify"):
        reader(BIG[: payload_start(BIG) + chunks * SEALED])


def test_chunks_in_another_order_are_noticed() -> None:
    """Attack: two whole chunks swapped."""
    start = payload_start(BIG)
    first, second = BIG[start : start + SEALED], BIG[start + SEALED : start + 2 * SEALED]
    with pytest.raises(BlobError, match="chunk 0 does not verify"):
        reader(BIG[:start] + second + first + BIG[start + 2 * SEALED :]).read(1)


def test_a_chunk_added_at_the_end_is_noticed() -> None:
    """Attack: a last chunk repeated, or an empty one added, after a chunk that was the last."""
    data = sealed(2 * CHUNK)
    for more in (data[-SEALED:], bytes(16), bytes(1)):
        with pytest.raises(BlobError):
            reader(data + more)


def test_another_identity_is_told_so(stranger: Any) -> None:
    """The wrong key is an error of the key, names what to do, and reads nothing."""
    with pytest.raises(KeyFileError, match="not encrypted to this identity"):
        stranger.cipher.open(io.BytesIO(SMALL))


def test_one_of_several_recipients_is_enough(key: Any, stranger: Any) -> None:
    """An object for two recipients opens with either's identity."""
    target = io.BytesIO()
    Cipher([key.recipient, stranger.recipient], OURS).encrypt(io.BytesIO(b"for both"), target)
    for one in (key, stranger):
        assert one.cipher.open(io.BytesIO(target.getvalue())).readall() == b"for both"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"age-encryption.org/v2\n",
        b"age-encryption.org/v1\r\n",
        b"age-encryption.org/v1\n--- " + b"A" * 43 + b"\n",
        b"age-encryption.org/v1\n-> X25519\n\n--- " + b"A" * 43 + b"\n",
        b"age-encryption.org/v1\n-> X25519  AAAA\n\n--- " + b"A" * 43 + b"\n",
        b"age-encryption.org/v1\n-> X25519 AAAA=\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n",
        b"age-encryption.org/v1\n-> grease\n" + b"A" * 65 + b"\n\n--- " + b"A" * 43 + b"\n",
        b"age-encryption.org/v1\n-> X25519 " + b"A" * MAX_HEADER,
        b"age-encryption.org/v1\n" + b"-> x\n\n" * MAX_HEADER,
    ],
)
def test_a_malformed_header_is_a_clear_error(header: bytes) -> None:
    """Whatever stands where a header should be, the error is ours and bounded."""
    with pytest.raises(BlobError, match="cannot be read"):
        reader(header + bytes(100))


def test_a_share_of_low_order_is_refused() -> None:
    """Attack: an all-zero share, with which the wrapping key would be known to everybody."""
    share, body = (base64.b64encode(bytes(32)).rstrip(b"="),) * 2
    data = b"age-encryption.org/v1\n-> X25519 " + share + b"\n" + body + b"\n--- " + b"A" * 43 + b"\n" + bytes(100)
    with pytest.raises(BlobError, match="malformed"):
        reader(data)


def write_private(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def test_an_identity_file_as_age_keygen_writes_it(tmp_path: Path) -> None:
    """Comments are passed over and the key is the one of the recipient."""
    path = write_private(tmp_path / "key", f"# created: today\n# public key: x\n{IDENTITY}\n".encode())
    assert AgeReader(io.BytesIO(SMALL), read_identity(path, lambda _: b"")).readall() == plain(300)


def test_an_identity_file_with_a_passphrase(tmp_path: Path) -> None:
    """The right passphrase opens it; a wrong one is a clear error that holds neither passphrase nor key."""
    data = pyrage.passphrase.encrypt(f"{IDENTITY}\n".encode(), "correct horse")
    path = write_private(tmp_path / "key", data)
    assert read_identity(path, lambda _: b"correct horse").private_bytes_raw() == OURS.private_bytes_raw()
    with pytest.raises(KeyFileError, match="does not open with this passphrase") as caught:
        read_identity(path, lambda _: b"battery staple")
    assert "battery" not in str(caught.value)


BAD_IDENTITIES = {
    "empty": "",
    "prefix": "AGE-SECRET-KEY-1",
    "checksum": f"{IDENTITY}"[:-1] + "!",
    "two": f"{IDENTITY}\n{IDENTITY}",
    "no text": "\xff",
}


@pytest.mark.parametrize("text", BAD_IDENTITIES.values(), ids=BAD_IDENTITIES)
def test_an_identity_that_cannot_be_read_is_not_repeated(tmp_path: Path, text: str) -> None:
    """The error says what is wrong and shows nothing of the key, in its causes either."""
    path = write_private(tmp_path / "key", text.encode("latin-1"))
    with pytest.raises(KeyFileError) as caught:
        read_identity(path, lambda _: b"")
    assert str(IDENTITY)[20:40] not in f"{caught.value!r}{caught.value.__cause__!r}"


def test_an_identity_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A key that is open to others is no key."""
    path = write_private(tmp_path / "key", f"{IDENTITY}\n".encode())
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="open to others"):
        read_identity(path, lambda _: b"")


def test_a_recipient_that_is_none_is_refused() -> None:
    """A typing error in a recipient is told before anything is encrypted."""
    with pytest.raises(KeyFileError, match="no age recipient"):
        Cipher(["age1qqqq"], OURS)


def test_a_cipher_shows_nothing_of_itself(key: Any) -> None:
    """Neither key nor recipient stands in what is printed of it."""
    assert repr(key.cipher) == "Cipher(recipients=1)"
