"""Pictures, sound and films whose structure says where they end: what was appended to them is not overlooked."""

from __future__ import annotations

import struct
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.plain.plain import Plain
from assay.formats.source import Source
from assay.formats.view import NotThisFormat

_BLOCK: Final = 1 << 16


def read(source: Source, budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`. One that breaks off is no danger: its end is not known then."""
    start = source.read(0, 16)
    find = next((find for magic, find in _ENDS.items() if start.startswith(magic)), None)
    if find is None and start[4:8] == b"ftyp":
        find = _boxes
    if find is None:
        raise NotThisFormat("it does not begin as a picture, sound or film whose end is known", offset=0)
    try:
        return Plain(source, find(source, budget))
    except NotThisFormat:
        raise
    except FormatError:
        return Plain(source)


def _png(source: Source, budget: Budget) -> int:
    at = 8
    while True:
        head = source.read(at, 8)
        if len(head) < 8:
            raise FormatError("the picture ends too early", offset=at)
        at += 12 + int.from_bytes(head[:4], "big")
        if head[4:] == b"IEND":
            return at
        if not head[4:].isalpha():
            raise FormatError("the picture is broken", offset=at)
        budget.check_time(at)


def _jpeg(source: Source, budget: Budget) -> int:
    at = 2
    while True:
        marker = source.read(at, 4)
        if len(marker) < 2 or marker[0] != 0xFF:
            raise FormatError("the picture is broken", offset=at)
        if marker[1] == 0xD9:
            return at + 2
        if marker[1] == 0xFF:  # padding
            at += 1
        elif marker[1] == 0x01 or 0xD0 <= marker[1] <= 0xD8:
            at += 2
        else:
            at += 2 + int.from_bytes(marker[2:4], "big")
            if marker[1] == 0xDA:
                at = _scan(source, at, budget)
        budget.check_time(at)


def _scan(source: Source, at: int, budget: Budget) -> int:
    """Where the coded picture after a start of scan ends: at the next marker that is no stuffing and no restart."""
    while at < source.size:
        block = source.read(at, _BLOCK)
        found = block.find(b"\xff")
        while 0 <= found < len(block) - 1:
            if block[found + 1] not in {0x00, *range(0xD0, 0xD8)}:
                return at + found
            found = block.find(b"\xff", found + 1)
        at += len(block) if found < 0 else max(found, 1)
        budget.check_time(at)
    raise FormatError("the picture ends too early", offset=at)


def _gif(source: Source, budget: Budget) -> int:
    head = source.read(0, 13)
    if len(head) < 13:
        raise FormatError("the picture ends too early", offset=0)
    at = 13 + _palette(head[10])
    while True:
        kind = source.read(at, 1)
        if kind == b";":
            return at + 1
        if kind == b",":
            descriptor = source.read(at, 10)
            if len(descriptor) < 10:
                raise FormatError("the picture ends too early", offset=at)
            at += 11 + _palette(descriptor[9])
        elif kind == b"!":
            at += 2
        else:
            raise FormatError("the picture is broken", offset=at)
        while (length := source.read(at, 1)) not in {b"\0", b""}:
            at += 1 + length[0]
            budget.check_time(at)
        at += 1


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _bmp(source: Source, _budget: Budget) -> int:
    size, reserved, pixels, header = struct.unpack("<IIII", source.read(2, 16).ljust(16, b"\0"))
    if reserved or header not in {12, 16, 40, 52, 56, 64, 108, 124} or not 14 + header <= pixels <= source.size:
        raise NotThisFormat("it only begins as a bitmap", offset=2)
    return int(size) if size >= pixels else source.size


def _riff(source: Source, _budget: Budget) -> int:
    if source.read(8, 4) not in {b"WEBP", b"WAVE", b"AVI ", b"RMID", b"sfbk", b"ACON", b"CDXA"}:
        raise NotThisFormat("it is no RIFF file of a known kind", offset=8)
    magic = source.read(0, 4)
    size = int.from_bytes(source.read(4, 4), "big" if magic == b"RIFX" else "little")
    if size == 0xFFFF_FFFF and magic in {b"RF64", b"BW64"} and source.read(12, 4) == b"ds64":
        size = int.from_bytes(source.read(20, 8), "little")
    return 8 + size + size % 2 if size != 0xFFFF_FFFF else source.size  # a stream of unknown length


def _boxes(source: Source, budget: Budget) -> int:
    at = 0
    while at < source.size:
        head = source.read(at, 16)
        size = int.from_bytes(head[:4], "big")
        if not head[4:8].isascii() or not head[4:8].replace(b" ", b"a").isalnum():
            return at
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size == 0:
            return source.size
        if size < 8:
            return at
        at += size
        budget.check_time(at)
    return at


_ENDS: Final = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8\xff": _jpeg,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
    b"BM": _bmp,
    b"RIFF": _riff,
    b"RIFX": _riff,
    b"RF64": _riff,
    b"BW64": _riff,
}
