"""The records of a zip, each as it stands there: local headers, the central directory, and the ends that name it.

Source: APPNOTE.TXT 6.3.10 (PKWARE); the extra fields 0x0001 (zip64), 0x7075 (Unicode path) and 0x9901 (AES) with it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.formats.budget import Budget
from assay.formats.source import Source

LOCAL: Final = b"PK\x03\x04"
CENTRAL: Final = b"PK\x01\x02"
END: Final = b"PK\x05\x06"
END64: Final = b"PK\x06\x06"
LOCATOR64: Final = b"PK\x06\x07"
DESCRIPTOR: Final = b"PK\x07\x08"

ENCRYPTED: Final = 1 << 0
DESCRIBED: Final = 1 << 3
UTF8: Final = 1 << 11
MASKED: Final = 1 << 13

#: The longest comment and the record before it: an end lies nowhere else.
TAIL: Final = 65_535 + 22
_FULL32: Final = 0xFFFF_FFFF
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_END64: Final = struct.Struct("<4sQ2H2I4Q")


@dataclass(frozen=True, slots=True)
class Header:
    """A local header, or an entry of the central directory without what only that has.

    :param offset: where it stands
    :param end: where it ends; of a local header, where the data begin
    """

    offset: int
    end: int
    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    unicode_name: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the central directory."""

    header: Header
    local_offset: int
    attributes: int
    unix: bool
    disk: int


@dataclass(frozen=True, slots=True)
class End:
    """An end record, with what its zip64 twin says.

    :param offset: of ``PK\\x05\\x06``
    :param first: of the first record that belongs to the end: the zip64 end, or ``offset``
    :param directory: where the directory starts when it lies directly before the end
    :param declared: where the directory starts as the record says, counted from the start of the zip
    """

    offset: int
    first: int
    end: int
    count: int
    length: int
    directory: int
    declared: int
    disks: int
    comment: bytes


def local_header(source: Source, offset: int) -> Header | None:
    """The local header at ``offset``, or ``None``."""
    fixed = source.read(offset, _LOCAL.size)
    if len(fixed) < _LOCAL.size or not fixed.startswith(LOCAL):
        return None
    _, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = _LOCAL.unpack(fixed)
    rest = source.read(offset + _LOCAL.size, name_length + extra_length)
    if len(rest) < name_length + extra_length:
        return None
    extra = _Extra(rest[name_length:], rest[:name_length])
    size, compressed = extra.widen(size, compressed)
    name = rest[:name_length]
    end = offset + _LOCAL.size + len(rest)
    return Header(offset, end, name, decoded(name, flags), flags, method, crc, compressed, size, extra.name)


def central_entries(source: Source, start: int, end: int, budget: Budget) -> Iterator[Listed]:
    """The directory's entries from ``start`` until ``end``, or until something that is none."""
    at = start
    while at < end:
        budget.spend_members(offset=at)
        fixed = source.read(at, _CENTRAL.size)
        if len(fixed) < _CENTRAL.size or not fixed.startswith(CENTRAL):
            return
        (_, made, _, flags, method, _, _, crc, compressed, size, name_length, extra_length, comment_length,
         disk, _, attributes, local) = _CENTRAL.unpack(fixed)  # fmt: skip
        rest = source.read(at + _CENTRAL.size, name_length + extra_length)
        after = at + _CENTRAL.size + name_length + extra_length + comment_length
        if after > end:
            return
        extra = _Extra(rest[name_length:], rest[:name_length])
        size, compressed = extra.widen(size, compressed)
        if local == _FULL32:
            local = extra.next64(local)
        name = rest[:name_length]
        header = Header(at, after, name, decoded(name, flags), flags, method, crc, compressed, size, extra.name)
        yield Listed(header, local, attributes, made >> 8 in {3, 19}, disk)
        at = after


def ends(source: Source) -> list[End]:
    """Every end record within reach of a reader that looks from the end, the last first, whose directory is there."""
    start = max(0, source.size - TAIL)
    tail = source.read(start, TAIL)
    found: list[End] = []
    at = tail.rfind(END)
    while at >= 0 and len(found) < 16:
        end = _end(source, start + at)
        if end is not None:
            found.append(end)
        at = tail.rfind(END, 0, at)
    return found


def end_at(source: Source, end: int) -> End | None:
    """The end record without a comment whose last byte stands before ``end``, when its directory is there."""
    offset = end - _END.size
    return _end(source, offset) if source.read(offset, 4) == END else None


def decoded(raw: bytes, flags: int) -> str:
    """A name as a reader shows it: UTF-8 when it says so, else the code page of the first zips."""
    if flags & UTF8:
        return raw.decode("utf-8", "surrogateescape")
    return raw.decode("ascii") if raw.isascii() else raw.decode("cp437")


def _end(source: Source, offset: int) -> End | None:
    fixed = source.read(offset, _END.size)
    if len(fixed) < _END.size:
        return None
    _, disk, _, _, count, length, declared, comment_length = _END.unpack(fixed)
    comment = source.read(offset + _END.size, comment_length)
    first = offset
    if source.read(offset - 20, 4) == LOCATOR64:
        wide = _end64(source, offset - 20)
        narrow = (count, length, declared)
        if wide is not None and (count == 0xFFFF or _FULL32 in narrow or wide[1:] == narrow):
            first, count, length, declared = wide
    directory = first - length
    if count == 0 and length == 0:
        directory = first
    elif directory < 0 or source.read(directory, 4) != CENTRAL:
        if source.read(declared, 4) != CENTRAL or declared >= first:
            return None
        directory = declared
    return End(offset, first, offset + _END.size + len(comment), count, length, directory, declared, disk, comment)


def _end64(source: Source, locator: int) -> tuple[int, int, int, int] | None:
    """Offset, count, length and declared place of the zip64 end that a locator names, wherever the zip begins."""
    said = int.from_bytes(source.read(locator + 8, 8), "little")
    for offset in (locator - _END64.size, said):
        fixed = source.read(offset, _END64.size)
        if len(fixed) == _END64.size and fixed.startswith(END64):
            _, _, _, _, _, _, _, count, length, declared = _END64.unpack(fixed)
            return offset, count, length, declared
    return None


class _Extra:
    """The extra fields of one header."""

    def __init__(self, data: bytes, name: bytes) -> None:
        self.name: str | None = None
        self._wide = b""
        self._taken = 0
        at = 0
        while at + 4 <= len(data):
            tag, length = struct.unpack_from("<HH", data, at)
            field = data[at + 4 : at + 4 + length]
            at += 4 + length
            if tag == 1 and not self._wide:
                self._wide = field
            elif tag == 0x7075 and field[:1] == b"\x01" and field[1:5] == zlib.crc32(name).to_bytes(4, "little"):
                self.name = field[5:].decode("utf-8", "surrogateescape")

    def widen(self, size: int, compressed: int) -> tuple[int, int]:
        """The sizes, where the narrow ones say that the wide ones count."""
        if size == _FULL32:
            size = self.next64(size)
        if compressed == _FULL32:
            compressed = self.next64(compressed)
        return size, compressed

    def next64(self, narrow: int) -> int:
        """The next of the wide numbers, in their fixed order; what stood there when there is none."""
        field = self._wide[self._taken : self._taken + 8]
        self._taken += 8
        return int.from_bytes(field, "little") if len(field) == 8 else narrow
