"""The 512-byte header of a tar member, and the records that pax puts before it.

Source: POSIX.1-2024 ``pax`` (ustar and pax interchange formats); the GNU tar manual, *Basic Tar Format* and *Sparse
Formats*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.core.errors import FormatError

BLOCK: Final = 512
_USTAR: Final = b"ustar\x0000"


@dataclass(frozen=True, slots=True)
class Header:
    """A header as it stands there.

    :param kind: the type flag; ``0`` for an ordinary file, whether written as such or left out
    :param prefixed: the name, with the prefix that only ustar has
    """

    prefixed: str
    mode: int
    size: int
    kind: str
    link: str
    gnu: bool
    block: bytes


def header(block: bytes, offset: int) -> Header:
    """Read a header.

    :raises FormatError: its checksum or its size is none
    """
    written = _number(block[148:156])
    if written not in _sums(block):
        raise FormatError("a tar header has a wrong checksum", offset=offset)
    size = _number(block[124:136])
    if size is None or size < 0:
        raise FormatError("a tar header has no valid size", offset=offset)
    name, kind = _text(block[:100]), chr(block[156])
    if block[257:265] == _USTAR and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    if kind == "\0":
        kind = "0"
    if kind in "07" and name.endswith("/"):
        kind = "5"  # before there was a flag for folders
    return Header(
        name, _number(block[100:108]) or 0, size, kind, _text(block[157:257]), block[257:262] == b"ustar", block
    )


def records(data: bytes, offset: int) -> Iterator[tuple[str, str]]:
    """The keywords and values of a pax header.

    :raises FormatError: a record's length does not fit
    """
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 20)
        digits = data[at:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        record = data[space + 1 : at + length]
        if length <= len(digits) + 1 or at + length > len(data) or not record.endswith(b"\n") or b"=" not in record:
            raise FormatError("a pax header is broken", offset=offset + at)
        keyword, _, value = record[:-1].partition(b"=")
        yield keyword.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
        at += length


def sparse_pairs(data: bytes, count: int) -> list[tuple[int, int]]:
    """Offsets and lengths of the parts of a sparse file, from a GNU header's table."""
    pairs = []
    for at in range(0, 24 * count, 24):
        start, length = _number(data[at : at + 12]), _number(data[at + 12 : at + 24])
        if not start and not length:
            break
        pairs.append((start or 0, length or 0))
    return pairs


def real_size(block: bytes) -> int:
    """The size of a sparse file with its holes, from a GNU header."""
    return _number(block[483:495]) or 0


def _number(field: bytes) -> int | None:
    if field[0] & 0x80:
        negative = field[0] == 0xFF
        if field[0] not in {0x80, 0xFF}:
            return None
        value = int.from_bytes(field[1:], "big")
        return value - (1 << 8 * (len(field) - 1)) if negative else value
    text = field.split(b"\0", 1)[0].strip(b" ")
    if not text:
        return 0
    return int(text, 8) if not text.strip(b"01234567") else None


def _sums(block: bytes) -> tuple[int, int]:
    """Its checksum as unsigned bytes and, as some old programs have it, as signed ones."""
    counted = block[:148] + block[156:]
    unsigned = sum(counted) + 8 * 32
    return unsigned, unsigned - 256 * sum(byte > 127 for byte in counted)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
