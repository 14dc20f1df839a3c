"""An age file opened for random access: only the chunks that are asked for are read, and each verifies or is not seen.

Source: C2SP ``age.md``, "Payload": STREAM with ChaCha20-Poly1305 in chunks of 64 KiB.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from assay.blobs.age_header import payload_key, read_header, unwrap
from assay.core.errors import BlobError

CHUNK: Final = 64 * 1024
_TAG: Final = 16
_NONCE: Final = 16


class AgeReader(io.RawIOBase):
    """The plaintext of an age file: seekable. Its last chunk is verified first, so its length can be relied on.

    :param file: the encrypted bytes, seekable; closed with this
    :raises KeyFileError: encrypted to somebody else
    :raises BlobError: malformed, changed or cut off
    """

    def __init__(self, file: BinaryIO, identity: X25519PrivateKey) -> None:
        super().__init__()
        self._file = file
        header = read_header(file)
        file_key = unwrap(header, identity)
        nonce = file.read(_NONCE)
        if len(nonce) != _NONCE:
            raise _altered("it is cut off")
        self._cipher = ChaCha20Poly1305(payload_key(file_key, nonce))
        self._start = header.size + _NONCE
        payload = file.seek(0, os.SEEK_END) - self._start
        self._chunks = -(-payload // (CHUNK + _TAG))
        self._size = payload - self._chunks * _TAG
        last = payload - (self._chunks - 1) * (CHUNK + _TAG)
        if self._chunks < 1 or last < _TAG or (last == _TAG and self._chunks > 1):
            raise _altered("it is cut off")
        self._position = 0
        self._held = -1
        self._chunk = b""
        self._load(self._chunks - 1)

    @property
    def size(self) -> int:
        """Bytes of plaintext."""
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # every buffer has this view
        if self._position >= self._size:
            return 0
        index, begin = divmod(self._position, CHUNK)
        if index != self._held:
            self._load(index)
        piece = self._chunk[begin : begin + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        self._chunk = b""
        self._file.close()
        super().close()

    def _load(self, index: int) -> None:
        self._file.seek(self._start + index * (CHUNK + _TAG))
        sealed = self._file.read(CHUNK + _TAG)
        nonce = index.to_bytes(11, "big") + bytes([index == self._chunks - 1])
        try:
            self._chunk = self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag as error:
            raise _altered(f"chunk {index} does not verify") from error
        self._held = index


def _altered(what: str) -> BlobError:
    return BlobError(
        f"the encrypted object is not what was stored: {what}",
        remedy="Nothing of it was used. Run `assay store audit`, and push the artifact again.",
    )
