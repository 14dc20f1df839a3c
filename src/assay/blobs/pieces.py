"""Pieces: the digests of a blob's parts, so that a part can be verified without reading the whole."""

from __future__ import annotations

import hashlib
import io
import os
from typing import BinaryIO, Final

from assay.core.errors import BlobError, IntegrityError

#: Bytes of one piece; 50 GB have 1.5 MB of digests.
PIECE: Final = 1024 * 1024
_LENGTH: Final = 32


class Outline:
    """What is known of a blob before it is read: ``size`` in bytes, and ``digests``, the SHA-256 of each piece, joined.

    :raises BlobError: the two do not fit
    """

    def __init__(self, size: int, digests: bytes) -> None:
        if size < 0 or len(digests) != -(-size // PIECE) * _LENGTH:
            raise BlobError("the digests of the pieces do not fit the blob's size")
        self.size = size
        self.digests = digests

    def digest(self, index: int) -> bytes:
        """The SHA-256 of piece ``index``."""
        return self.digests[index * _LENGTH : (index + 1) * _LENGTH]


class HashingReader(io.RawIOBase):
    """Reads ``source`` through and hashes it on the way: as a whole, and by pieces."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._whole, self._piece = hashlib.sha256(), hashlib.sha256()
        self._digests = bytearray()
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # every buffer has this view
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        self._whole.update(data)
        view = memoryview(data)
        while view:
            room = PIECE - self.size % PIECE
            part = view[:room]
            self._piece.update(part)
            self.size += len(part)
            if self.size % PIECE == 0:
                self._end_piece()
            view = view[room:]
        return len(data)

    def value(self) -> str:
        """The SHA-256 of everything that was read."""
        return self._whole.hexdigest()

    def outline(self) -> Outline:
        """The outline of everything that was read."""
        rest = self._piece.digest() if self.size % PIECE else b""
        return Outline(self.size, bytes(self._digests) + rest)

    def _end_piece(self) -> None:
        self._digests += self._piece.digest()
        self._piece = hashlib.sha256()


class VerifiedReader(io.RawIOBase):
    """A blob, seekable; a piece whose digest is another one than the outline's is never seen.

    :param source: the blob's bytes, seekable; closed with this
    :param where: the blob, for messages
    """

    def __init__(self, source: BinaryIO, outline: Outline, *, where: str) -> None:
        super().__init__()
        self._source, self._outline, self._where = source, outline, where
        self._position = 0
        self._held, self._piece = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._outline.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # every buffer has this view
        if self._position >= self._outline.size:
            return 0
        index, begin = divmod(self._position, PIECE)
        if index != self._held:
            self._load(index)
        part = self._piece[begin : begin + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def close(self) -> None:
        self._piece = b""
        self._source.close()
        super().close()

    def _load(self, index: int) -> None:
        self._source.seek(index * PIECE)
        wanted = min(PIECE, self._outline.size - index * PIECE)
        piece = _read_exactly(self._source, wanted)
        actual, expected = hashlib.sha256(piece).digest(), self._outline.digest(index)
        if actual != expected:
            raise IntegrityError(
                f"piece {index} of the blob is not what was stored",
                where=self._where,
                remedy="Nothing of it was used. Run `assay store audit`, and push the artifact again.",
                expected=f"sha256:{expected.hex()}",
                actual=f"sha256:{actual.hex()}",
            )
        self._held, self._piece = index, piece


def _read_exactly(source: BinaryIO, size: int) -> bytes:
    parts: list[bytes] = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
