"""7z archives, written here byte by byte: what the headers say, what the filters give, what cannot be read."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.archive import sevenzip
from assay.formats.archive.sevenzip import SevenZip
from assay.formats.budget import Budget, Limits
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."
FILES = {"m.pkl": PICKLE, "folder/n.txt": b"text" * 30}
LZMA1: list[dict[str, int]] = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]
LZMA2: list[dict[str, int]] = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
X86: list[dict[str, int]] = [{"id": lzma.FILTER_X86}]
DELTA: list[dict[str, int]] = [{"id": lzma.FILTER_DELTA, "dist": 4}]
PROPERTIES1 = b"\x5d" + (1 << 16).to_bytes(4, "little")


def raw(data: bytes, filters: list[dict[str, int]]) -> bytes:
    return lzma.compress(data, lzma.FORMAT_RAW, filters=filters)


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def number(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([0x80 | value >> 8, value & 0xFF])


def coder(method: bytes, properties: bytes = b"") -> bytes:
    flags = len(method) | (0x20 if properties else 0)
    return bytes([flags]) + method + (number(len(properties)) + properties if properties else b"")


#: Method → its coders, and how content is compressed by them.
METHODS = {
    "copy": (b"\x01" + coder(b"\0"), lambda data: data, 1),
    "lzma": (b"\x01" + coder(b"\x03\x01\x01", PROPERTIES1), lambda data: raw(data, LZMA1), 1),
    "lzma2": (b"\x01" + coder(b"\x21", b"\x08"), lambda data: raw(data, LZMA2), 1),
    "deflate": (b"\x01" + coder(b"\x04\x01\x08"), deflate, 1),
    "bzip2": (b"\x01" + coder(b"\x04\x02\x02"), bz2.compress, 1),
    "x86": (
        b"\x02" + coder(b"\x03\x03\x01\x03") + coder(b"\x03\x01\x01", PROPERTIES1) + b"\x00\x01",
        lambda data: raw(data, X86 + LZMA1), 2,
    ),
    "delta": (
        b"\x02" + coder(b"\x03", b"\x03") + coder(b"\x21", b"\x08") + b"\x00\x01",
        lambda data: raw(data, DELTA + LZMA2), 2,
    ),
    "ppmd": (b"\x01" + coder(b"\x03\x04\x01", b"\x06\0\0\0\x01"), lambda data: data, 1),
    "encrypted": (b"\x01" + coder(b"\x06\xf1\x07\x01", b"\x13\0"), lambda data: data, 1),
}  # fmt: skip


def archive(method: str, files: dict[str, bytes] = FILES, *, packed_header: bool = False, crc: int = 0) -> bytes:
    """All files in one block, and a header that is compressed or not."""
    coders, pack, count = METHODS[method]
    content = b"".join(files.values())
    body = pack(content)
    sizes = number(len(content)) * count
    parts = b"".join(number(len(data)) for data in list(files.values())[:-1])
    sums = b"".join((zlib.crc32(data) ^ crc).to_bytes(4, "little") for data in files.values())
    names = "".join(f"{name}\0" for name in files).encode("utf-16-le")
    header = (
        b"\x01\x04\x06" + number(0) + b"\x01\x09" + number(len(body)) + b"\x00"
        + b"\x07\x0b\x01\x00" + coders + b"\x0c" + sizes + b"\x00"
        + b"\x08\x0d" + number(len(files)) + (b"\x09" + parts if parts else b"") + b"\x0a\x01" + sums + b"\x00\x00"
        + b"\x05" + number(len(files)) + b"\x11" + number(len(names) + 1) + b"\x00" + names + b"\x00\x00"
    )  # fmt: skip
    if packed_header:
        small = raw(header, LZMA1)
        encoded = (
            b"\x17\x06" + number(len(body)) + b"\x01\x09" + number(len(small)) + b"\x00\x07\x0b\x01\x00"
            + METHODS["lzma"][0] + b"\x0c" + number(len(header)) + b"\x00\x00"
        )  # fmt: skip
        body, header = body + small, encoded
    start = struct.pack("<QQI", len(body), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body + header


def read(data: bytes, limits: Limits | None = None) -> SevenZip:
    return sevenzip.read(Memory(data), Budget(limits), "m.7z")


def contents(view: SevenZip) -> dict[str, bytes]:
    return {member.name: member.source.read(0, member.source.size) for member in view.members()}


@pytest.mark.parametrize("packed_header", [False, True])
@pytest.mark.parametrize("method", ["copy", "lzma", "lzma2", "deflate", "bzip2", "x86", "delta"])
def test_every_supported_method_gives_the_files(method: str, packed_header: bool) -> None:
    """With their names, from a plain header and from a compressed one."""
    view = read(archive(method, packed_header=packed_header))
    assert contents(view) == FILES
    assert not view.problems
    assert not view.broken_sums


@pytest.mark.parametrize(("method", "reason"), [("ppmd", "030401 is not supported"), ("encrypted", "it is encrypted")])
def test_what_cannot_be_read_is_told(method: str, reason: str) -> None:
    """Neither guessed nor passed over."""
    view = read(archive(method))
    assert contents(view) == {}
    assert reason in view.problems[0].what


def test_a_wrong_checksum_is_kept_for_the_rules() -> None:
    """And the content read all the same."""
    view = read(archive("lzma2", crc=1))
    assert contents(view) == FILES
    assert [name for name, _, _ in view.broken_sums] == list(FILES)


def test_data_after_the_archive_are_a_member() -> None:
    """Zeros aside."""
    assert contents(read(archive("copy") + PICKLE))["data after the archive"] == PICKLE
    assert "data after the archive" not in contents(read(archive("copy") + bytes(99)))


def test_a_dictionary_of_gigabytes_is_refused() -> None:
    """Before anything is allocated."""
    data = archive("lzma").replace(PROPERTIES1, b"\x5d\xff\xff\xff\xff")
    view = read(data)
    assert contents(view) == {}
    assert "too large a dictionary" in view.problems[0].what


def test_a_header_beyond_the_end_is_told() -> None:
    """The archive was cut off."""
    assert "beyond the end" in read(archive("copy")[:-9]).problems[0].what
    with pytest.raises(NotThisFormat):
        read(b"7z\xbc\xaf\x27\x1c")


@given(st.sampled_from(sorted(METHODS)), st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=5)), max_size=4))
def test_reading_ends_on_broken_archives(method: str, changes: list[tuple[int, bytes]]) -> None:
    """Whatever bytes were changed."""
    data = bytearray(archive(method))
    for offset, change in changes:
        data[offset : offset + len(change)] = change
    with suppress(FormatError):
        view = read(bytes(data), Limits(expanded=1 << 20, held=1 << 20))
        contents(view)
        list(view.places())


@given(st.binary(max_size=200))
def test_reading_ends_on_any_header(data: bytes) -> None:
    """With a view or a FormatError."""
    start = struct.pack("<QQI", 0, len(data), 0)
    with suppress(FormatError):
        contents(read(b"7z\xbc\xaf\x27\x1c\0\4\0\0\0\0" + start + data))
