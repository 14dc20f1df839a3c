"""Blobs by their SHA-256 over any :class:`Objects`: verified on the way in and on the way out."""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from assay.blobs import Objects
from assay.blobs.pieces import HashingReader, Outline, VerifiedReader
from assay.core.digest import SHA256, Digest
from assay.core.errors import BlobError, IntegrityError

if TYPE_CHECKING:
    from assay.blobs.cipher import Cipher

#: The object that holds the key of names in an encrypted store. No blob's name can be chosen to be this one.
KEY_NAME: Final = hashlib.sha256(b"assay: the key of names").hexdigest()
_KEY_BYTES: Final = 32
_READ: Final = 1024 * 1024
_AGAIN: Final = "Nothing of it was kept. Run `assay store audit`, and push the artifact again."


class Blobs:
    """A store of blobs.

    In an encrypted one (``cipher``), an object's name is the HMAC-SHA-256 of the blob's digest under ``name_key``, so
    that who can list the store cannot tell by name whether it holds content that he can guess.
    """

    def __init__(self, objects: Objects, cipher: Cipher | None = None, name_key: bytes = b"") -> None:
        if (cipher is None) != (not name_key):
            raise BlobError("an encrypted store has a key of names, and no other has")
        self._objects, self._cipher, self._name_key = objects, cipher, name_key

    @property
    def encrypts(self) -> bool:
        """Whether what is stored is encrypted."""
        return self._cipher is not None

    def object_name(self, digest: Digest) -> str:
        """The name of the object that holds the blob ``digest``."""
        if digest.algorithm != SHA256:
            raise BlobError(f"a blob is named by its SHA-256, not by a {digest.algorithm}")
        if not self._name_key:
            return digest.value
        return hmac.digest(self._name_key, bytes.fromhex(digest.value), "sha256").hex()

    def object_names(self) -> Iterator[str]:
        """The names of all objects that hold blobs, sorted."""
        return (name for name in self._objects.names() if name != KEY_NAME)

    def put(self, source: BinaryIO, digest: Digest) -> Outline:
        """Store what ``source`` holds, which must be the blob ``digest``; one that is there already is read and kept.

        One that is there and is not what its name says is replaced.

        :raises IntegrityError: ``source`` holds other bytes; nothing is stored
        :raises BlobError: the store cannot be written
        """
        name = self.object_name(digest)
        there = self._objects.has(name)
        if there:
            try:
                return self.fetch(digest, lambda _: None)
            except (IntegrityError, BlobError):
                pass  # damaged: what was promised takes its place
        read = HashingReader(source)

        def write(target: BinaryIO) -> None:
            plain = cast(BinaryIO, io.BufferedReader(read, _READ))
            if self._cipher is None:
                while data := plain.read(_READ):
                    target.write(data)
            else:
                self._cipher.encrypt(plain, target)
            if read.value() != digest.value:
                raise IntegrityError(
                    "the bytes to be stored are not those that were promised",
                    remedy="Nothing was stored. Push again when nothing writes to it any more.",
                    expected=str(digest),
                    actual=f"sha256:{read.value()}",
                )

        self._objects.put(name, write, replace=there)
        return read.outline()

    def fetch(self, digest: Digest, write: Callable[[bytes], object]) -> Outline:
        """Hand the blob to ``write``, part by part; believe it only when this returns.

        :raises IntegrityError: it is not the blob that was asked for
        :raises BlobError: it is not there, or cannot be read
        """
        with self._open(digest) as source:
            read = HashingReader(source)
            while data := read.read(_READ):
                write(data)
        if read.value() != digest.value:
            raise IntegrityError(
                "the blob in the store is not what was stored",
                where=str(digest),
                remedy=_AGAIN,
                expected=str(digest),
                actual=f"sha256:{read.value()}",
            )
        return read.outline()

    def read(self, digest: Digest, *, limit: int) -> bytes:
        """A small blob, whole.

        :raises BlobError: it has more than ``limit`` bytes; otherwise as :meth:`fetch`
        """
        found = bytearray()

        def take(data: bytes) -> None:
            found.extend(data)
            if len(found) > limit:
                raise BlobError(f"the blob has more than {limit} bytes", where=str(digest))

        self.fetch(digest, take)
        return bytes(found)

    def open(self, digest: Digest, outline: Outline) -> io.BufferedReader:
        """The blob for random access: only what is asked for is read, and each piece is verified before it is seen."""
        return io.BufferedReader(VerifiedReader(self._open(digest), outline, where=str(digest)), _READ)

    def is_encrypted(self, name: str) -> bool:
        """Whether the object called ``name`` begins as an age file does."""
        from assay.blobs.age_header import VERSION  # noqa: PLC0415 - takes long to import

        with self._objects.open(name) as file:
            return file.read(len(VERSION)) == VERSION

    def _open(self, digest: Digest) -> BinaryIO:
        file = self._objects.open(self.object_name(digest))
        return file if self._cipher is None else cast(BinaryIO, self._cipher.open(file))


def make_name_key(objects: Objects, cipher: Cipher) -> bytes:
    """The key of names of an encrypted store: the one that is there, else a new one."""
    if not objects.has(KEY_NAME):
        key = secrets.token_bytes(_KEY_BYTES)
        objects.put(KEY_NAME, lambda target: cipher.encrypt(io.BytesIO(key), target))
    return read_name_key(objects, cipher)


def read_name_key(objects: Objects, cipher: Cipher) -> bytes:
    """The key of names that is in the store; whoever writes there could have put it, so hold it to what is known of it.

    :raises BlobError: there is none, or it is malformed
    """
    if not objects.has(KEY_NAME):
        raise BlobError("the store has no key of names", where="assay.toml: store", remedy="Run `assay store init`.")
    with cipher.open(objects.open(KEY_NAME)) as file:
        key = file.read(_KEY_BYTES + 1)
    if len(key) != _KEY_BYTES:
        raise BlobError("the store's key of names is malformed", where=KEY_NAME)
    return key
