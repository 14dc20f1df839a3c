"""Zips and tars written record by record, so that each record can lie."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest


@dataclass
class ZipEntry:
    """One entry; what is ``None`` is as it should be."""

    name: bytes
    data: bytes
    local_name: bytes | None = None
    method: int = 0
    packed: bytes | None = None
    flags: int = 0
    crc: int | None = None
    local_crc: int | None = None
    size: int | None = None
    local_size: int | None = None
    attributes: int = 0
    extra: bytes = b""
    central_extra: bytes = b""
    listed: bool = True
    descriptor: bytes = b""
    offset: int | None = None
    gap: bytes = b""


@dataclass
class ZipFile:
    """A whole zip."""

    entries: list[ZipEntry] = field(default_factory=list)
    prefix: bytes = b""
    trailing: bytes = b""
    comment: bytes = b""
    count: int | None = None
    counted_prefix: bool = False

    def render(self) -> bytes:
        """The bytes."""
        out, directory, listed = bytearray(self.prefix), bytearray(), 0
        base = 0 if self.counted_prefix else len(self.prefix)
        for entry in self.entries:
            offset = len(out) - base if entry.offset is None else entry.offset
            packed = entry.data if entry.packed is None else entry.packed
            crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
            size = len(entry.data) if entry.size is None else entry.size
            local = entry.name if entry.local_name is None else entry.local_name
            local_crc = crc if entry.local_crc is None else entry.local_crc
            local_size = size if entry.local_size is None else entry.local_size
            local_packed = 0 if entry.flags & 8 else len(packed)
            if entry.flags & 8:
                local_crc = local_size = 0
            if entry.offset is None:
                out += struct.pack(
                    "<4s5H3I2H", b"PK\x03\x04", 20, entry.flags, entry.method, 0, 33, local_crc, local_packed,
                    local_size, len(local), len(entry.extra),
                ) + local + entry.extra + packed + entry.descriptor + entry.gap  # fmt: skip
            if entry.listed:
                listed += 1
                directory += struct.pack(
                    "<4s6H3I5H2I", b"PK\x01\x02", 3 << 8 | 20, 20, entry.flags, entry.method, 0, 33, crc, len(packed),
                    size, len(entry.name), len(entry.central_extra), 0, 0, 0, entry.attributes, offset,
                ) + entry.name + entry.central_extra  # fmt: skip
        start = len(out) - base
        count = listed if self.count is None else self.count
        out += directory
        out += struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, len(self.comment))
        return bytes(out + self.comment + self.trailing)


def tar_entry(
    name: bytes,
    data: bytes = b"",
    kind: bytes = b"0",
    link: bytes = b"",
    size: int | None = None,
    magic: bytes = b"ustar\x0000",
) -> bytes:
    """One header with its data; the checksum is right whatever else is not."""
    block = bytearray(512)
    block[:100] = name.ljust(100, b"\0")
    block[100:108] = b"0000644\0"
    block[124:136] = b"%011o\0" % (len(data) if size is None else size)
    block[156:157] = kind
    block[157:257] = link.ljust(100, b"\0")
    block[257:265] = magic
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + data + bytes(-len(data) % 512)


def pax(records: dict[str, str], kind: bytes = b"x") -> bytes:
    """A pax header with these records."""
    body = b""
    for keyword, value in records.items():
        rest = f" {keyword}={value}\n".encode()
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length += 1
        body += str(length).encode() + rest
    return tar_entry(b"pax", body, kind)


@pytest.fixture
def zip_entry() -> type[ZipEntry]:
    """Makes an entry."""
    return ZipEntry


@pytest.fixture
def zip_file() -> type[ZipFile]:
    """Makes a zip."""
    return ZipFile


@pytest.fixture
def tar_member() -> Callable[..., bytes]:
    """Makes a member of a tar."""
    return tar_entry


@pytest.fixture
def pax_header() -> Callable[..., bytes]:
    """Makes a pax header."""
    return pax
