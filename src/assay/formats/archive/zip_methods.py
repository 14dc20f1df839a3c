"""Compression methods of zip entries, and how each is undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.core.errors import FormatError
from assay.formats.archive import decoders
from assay.formats.archive.expand import Decoder
from assay.formats.source import Source

STORED: Final = 0
DEFLATED: Final = 8
LZMA: Final = 14
AES: Final = 99

#: Method → what people call it. What is not among :func:`decoder`'s cannot be read here.
NAMES: Final = {
    0: "stored", 1: "shrunk", 2: "reduced", 3: "reduced", 4: "reduced", 5: "reduced", 6: "imploded", 8: "deflated",
    9: "deflate64", 10: "PKWARE imploded", 12: "bzip2", 14: "LZMA", 16: "z/OS CMPSC", 18: "IBM TERSE", 19: "IBM LZ77",
    20: "zstd", 93: "zstd", 94: "MP3", 95: "xz", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES-encrypted",
}  # fmt: skip

_SIMPLE: Final[dict[int, Callable[[], Decoder]]] = {
    DEFLATED: decoders.Deflate,
    12: decoders.bzip2,
    20: decoders.Zstandard,
    93: decoders.Zstandard,
    95: decoders.xz,
}


def supported(method: int) -> bool:
    """Whether entries of this method can be read."""
    return method in _SIMPLE or method in {STORED, LZMA}


def decoder(source: Source, method: int, start: int, length: int) -> tuple[Callable[[], Decoder], int]:
    """What undoes ``method``, and how many bytes before the stream belong to its properties.

    :raises FormatError: nothing here does, or the properties are broken
    """
    if method in _SIMPLE:
        return _SIMPLE[method], 0
    if method != LZMA:
        raise FormatError(f"compression method {described(method)} is not supported", offset=start)
    head = source.read(start, min(length, 9))
    count = int.from_bytes(head[2:4], "little")
    if len(head) < 9 or count != 5:
        raise FormatError("the LZMA data has no valid properties", offset=start)
    return decoders.raw_lzma([decoders.lzma_properties(head[4:9])]), 9


def described(method: int) -> str:
    """``97 (WavPack)``."""
    name = NAMES.get(method)
    return f"{method} ({name})" if name else str(method)
