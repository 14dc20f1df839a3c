"""Blobs: verified on the way in and out, whole and in parts; names that tell nothing when encrypted."""

from __future__ import annotations

import hashlib
import io
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.blobs.blobs import KEY_NAME, Blobs, make_name_key, read_name_key
from assay.blobs.folder import FolderObjects
from assay.blobs.pieces import PIECE, HashingReader, Outline, VerifiedReader
from assay.core.digest import DIR_HASH, SHA256, Digest
from assay.core.errors import BlobError, IntegrityError, KeyFileError

DATA = random.Random(4).randbytes(2 * PIECE + 5000)


def digest(data: bytes) -> Digest:
    return Digest(SHA256, hashlib.sha256(data).hexdigest())


@pytest.fixture(params=["plain", "encrypted"])
def blobs(request: pytest.FixtureRequest, objects: FolderObjects, key: Any) -> Blobs:
    """A store, encrypted or not."""
    if request.param == "plain":
        return Blobs(objects)
    return Blobs(objects, key.cipher, make_name_key(objects, key.cipher))


def path_of(objects: FolderObjects, blobs: Blobs, data: bytes) -> Path:
    name = blobs.object_name(digest(data))
    return objects.root / "objects" / name[:2] / name


@pytest.mark.parametrize("data", [b"", b"x", DATA[:PIECE], DATA])
def test_a_blob_comes_back(blobs: Blobs, data: bytes) -> None:
    """Put and fetch are each other's inverse, and agree on the outline."""
    outline = blobs.put(io.BytesIO(data), digest(data))
    found = bytearray()
    assert blobs.fetch(digest(data), found.extend).digests == outline.digests
    assert found == data
    assert list(blobs.object_names()) == [blobs.object_name(digest(data))]


def test_other_bytes_than_promised_are_not_stored(blobs: Blobs) -> None:
    """A file that changed after it was hashed leaves nothing in the store."""
    with pytest.raises(IntegrityError, match="not those that were promised"):
        blobs.put(io.BytesIO(b"other"), digest(b"promised"))
    assert list(blobs.object_names()) == []


def test_any_part_can_be_read(blobs: Blobs) -> None:
    """Random access gives the bytes that lie there, across pieces and to the end."""
    outline = blobs.put(io.BytesIO(DATA), digest(DATA))
    with blobs.open(digest(DATA), outline) as file:
        for start, length in ((0, 10), (PIECE - 3, 9), (2 * PIECE, 6000), (len(DATA), 1), (5, 2 * PIECE)):
            file.seek(start)
            assert file.read(length) == DATA[start : start + length]


def test_a_swapped_blob_is_refused(blobs: Blobs, objects: FolderObjects) -> None:
    """Attack: an object replaced by another whole, properly encrypted one; refused whole and in part."""
    outline = blobs.put(io.BytesIO(DATA), digest(DATA))
    blobs.put(io.BytesIO(DATA[::-1]), digest(DATA[::-1]))
    path_of(objects, blobs, DATA).write_bytes(path_of(objects, blobs, DATA[::-1]).read_bytes())
    with pytest.raises(IntegrityError, match="not what was stored"):
        blobs.fetch(digest(DATA), lambda _: None)
    with blobs.open(digest(DATA), outline) as file, pytest.raises(IntegrityError, match="piece 0"):
        file.read(1)


def test_a_damaged_blob_is_mended_by_putting_it_again(blobs: Blobs, objects: FolderObjects) -> None:
    """Attack: wrong bytes planted under the name before or after: a put leaves the right ones there."""
    place = path_of(objects, blobs, DATA)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"planted")
    blobs.put(io.BytesIO(DATA), digest(DATA))
    assert blobs.read(digest(DATA), limit=len(DATA)) == DATA


def test_nothing_of_the_content_lies_in_an_encrypted_store(objects: FolderObjects, key: Any) -> None:
    """Neither content nor its digest can be found by who reads the whole store."""
    blobs = Blobs(objects, key.cipher, make_name_key(objects, key.cipher))
    blobs.put(io.BytesIO(b"yes, the patient consented"), digest(b"yes, the patient consented"))
    everything = b"".join(path.read_bytes() for path in objects.root.rglob("*") if path.is_file())
    assert b"consented" not in everything
    assert digest(b"yes, the patient consented").value not in list(objects.names())


def test_the_key_of_names_is_made_once(objects: FolderObjects, key: Any, stranger: Any) -> None:
    """Taking on a store that is there keeps its key; it does not open for a stranger, and a malformed one is told."""
    name_key = make_name_key(objects, key.cipher)
    assert make_name_key(objects, key.cipher) == name_key
    with pytest.raises(KeyFileError):
        read_name_key(objects, stranger.cipher)
    objects.put(KEY_NAME, lambda file: key.cipher.encrypt(io.BytesIO(b"short"), file), replace=True)
    with pytest.raises(BlobError, match="malformed"):
        read_name_key(objects, key.cipher)


def test_a_blob_is_named_by_its_sha256_only(blobs: Blobs) -> None:
    """A folder's digest names no blob."""
    with pytest.raises(BlobError, match="named by its SHA-256"):
        blobs.object_name(Digest(DIR_HASH, "0" * 64))


def test_a_small_blob_that_is_large_is_refused(blobs: Blobs) -> None:
    """What is read into memory is bounded by who asks."""
    blobs.put(io.BytesIO(DATA), digest(DATA))
    with pytest.raises(BlobError, match="more than 100 bytes"):
        blobs.read(digest(DATA), limit=100)


@given(st.integers(0, len(DATA) - 1))
def test_one_changed_byte_is_noticed_where_it_lies(place: int) -> None:
    """A piece with one other byte is refused, every other piece is read."""
    read = HashingReader(io.BytesIO(DATA))
    while read.read(PIECE // 3):
        pass
    changed = bytearray(DATA)
    changed[place] ^= 1
    with io.BufferedReader(VerifiedReader(io.BytesIO(bytes(changed)), read.outline(), where="x"), 4096) as file:
        for index in range(3):
            file.seek(index * PIECE)
            if index == place // PIECE:
                with pytest.raises(IntegrityError, match=f"piece {index}"):
                    file.read(1)
            else:
                assert file.read(1) == DATA[index * PIECE : index * PIECE + 1]


@pytest.mark.parametrize(("size", "digests"), [(-1, b""), (0, bytes(32)), (PIECE + 1, bytes(32)), (5, bytes(31))])
def test_an_outline_that_does_not_fit_is_refused(size: int, digests: bytes) -> None:
    """Size and number of pieces belong together."""
    with pytest.raises(BlobError, match="do not fit"):
        Outline(size, digests)
