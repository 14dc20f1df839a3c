"""The decompressors behind one face: zlib, bzip2, LZMA, Zstandard and LZ4, each with bounded memory."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any, Final, Protocol

from assay.core.errors import FormatError
from assay.formats.archive.expand import Decoder

#: The largest dictionary that a stream may ask for; ``xz -9`` asks for 64 MiB.
MAX_DICTIONARY: Final = 256 << 20


class Deflate:
    """Deflated data.

    :param window: zlib's ``wbits``: ``-15`` bare, ``15`` with zlib's header, ``31`` with gzip's
    """

    def __init__(self, window: int = -15) -> None:
        self._inner = zlib.decompressobj(window)
        self._full = False
        self.finished = False

    def feed(self, data: bytes, limit: int) -> bytes:
        """See :class:`Decoder`."""
        try:
            out = self._inner.decompress(self._inner.unconsumed_tail + data, limit)
        except zlib.error as error:
            raise FormatError("the deflated data is broken") from error
        self.finished = self._inner.eof
        self._full = len(out) == limit  # zlib may keep more back though it has taken all of the input
        return out

    @property
    def hungry(self) -> bool:
        """See :class:`Decoder`."""
        return not self._full and not self._inner.unconsumed_tail

    @property
    def unused(self) -> int:
        """See :class:`Decoder`."""
        return len(self._inner.unused_data)


class _Standard(Protocol):
    """What ``bz2``, ``lzma`` and ``lz4.frame`` have in common."""

    eof: bool
    needs_input: bool
    unused_data: bytes | None

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Bounded:
    """A decompressor of the standard library's shape."""

    def __init__(self, inner: Any, what: str) -> None:
        self._inner: _Standard = inner
        self._what = what
        self.finished = False

    def feed(self, data: bytes, limit: int) -> bytes:
        """See :class:`Decoder`."""
        try:
            out = self._inner.decompress(data, limit)
        except (OSError, EOFError, ValueError, RuntimeError, MemoryError, lzma.LZMAError) as error:
            if "emory" in str(error):
                raise FormatError(f"the {self._what} data asks for too large a dictionary") from error
            raise FormatError(f"the {self._what} data is broken") from error
        self.finished = self._inner.eof
        return out

    @property
    def hungry(self) -> bool:
        """See :class:`Decoder`."""
        return self._inner.needs_input

    @property
    def unused(self) -> int:
        """See :class:`Decoder`."""
        return len(self._inner.unused_data or b"")


class Zstandard:
    """One Zstandard frame; input is given in small pieces, because a few bytes may stand for 128 KiB."""

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 - a file that has none should not pay for it

        self._inner = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY).decompressobj()
        self._failure = zstandard.ZstdError
        self._waiting = memoryview(b"")
        self.finished = False

    def feed(self, data: bytes, limit: int) -> bytes:
        """See :class:`Decoder`."""
        if data:
            self._waiting = memoryview(data)
        length = max(1, limit >> 11)
        piece, self._waiting = self._waiting[:length], self._waiting[length:]
        try:
            out = self._inner.decompress(piece)
        except (self._failure, MemoryError) as error:
            raise FormatError("the zstd data is broken, or asks for too large a window") from error
        self.finished = self._inner.eof
        return out

    @property
    def hungry(self) -> bool:
        """See :class:`Decoder`."""
        return not self._waiting

    @property
    def unused(self) -> int:
        """See :class:`Decoder`."""
        return len(self._inner.unused_data) + len(self._waiting)


def bzip2() -> Decoder:
    """One bzip2 stream."""
    return Bounded(bz2.BZ2Decompressor(), "bzip2")


def xz() -> Decoder:
    """One xz stream, or one in the older ``.lzma`` form."""
    return Bounded(lzma.LZMADecompressor(format=lzma.FORMAT_AUTO, memlimit=MAX_DICTIONARY), "LZMA")


def lz4() -> Decoder:
    """One LZ4 frame."""
    from lz4.frame import LZ4FrameDecompressor  # type: ignore[import-untyped] # noqa: PLC0415 - only for such files

    return Bounded(LZ4FrameDecompressor(), "LZ4")


def raw_lzma(filters: list[dict[str, int]], what: str = "LZMA") -> Callable[[], Decoder]:
    """Data without a header of its own, whose filters another header names.

    :raises FormatError: a dictionary that is too large, or filters that do not exist
    """
    if any(item.get("dict_size", 0) > MAX_DICTIONARY for item in filters):
        raise FormatError(f"the {what} data asks for too large a dictionary")

    def make() -> Decoder:
        try:
            return Bounded(lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=filters), what)
        except (lzma.LZMAError, ValueError) as error:
            raise FormatError(f"the {what} data names filters that do not exist") from error

    return make


def lzma_properties(properties: bytes) -> dict[str, int]:
    """The filter that the five bytes of LZMA's properties describe.

    :raises FormatError: they describe none
    """
    if len(properties) < 5 or properties[0] >= 9 * 5 * 5:
        raise FormatError("the LZMA data has no valid properties")
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    if lc + lp > 4:
        raise FormatError("the LZMA data has no valid properties")
    size = max(int.from_bytes(properties[1:5], "little"), 4096)
    return {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": size}
