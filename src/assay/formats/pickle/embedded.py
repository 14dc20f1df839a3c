"""Finds what lies in a pickle's strings and is to be inspected on its own: pickles, archives, programs."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from binascii import Error as EncodingError
from binascii import a2b_base64, a2b_hex
from typing import Final

from assay.core.errors import FormatError
from assay.formats.archive.decoders import Zstandard, lz4
from assay.formats.budget import Budget
from assay.formats.pickle import constants
from assay.formats.pickle.opcodes import STRING, UNICODE
from assay.formats.pickle.stream import run
from assay.formats.source import Memory, Source, Window
from assay.formats.view import Member

#: Bytes that are decoded or decompressed to see what they stand for, at most.
DECODED: Final = 4 << 20
#: How often text in text is undone.
LAYERS: Final = 4

ZSTD: Final = b"\x28\xb5\x2f\xfd"
LZ4: Final = b"\x04\x22\x4d\x18"
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_=\s-]+")
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2}|\s)+")
_NAMES: Final = re.compile(rb"[ci][A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n")
_PROGRAMS: Final = (b"\x7fELF\x01", b"\x7fELF\x02", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")


class Inspector:
    """Looks into strings while a pickle runs; what it finds is in ``members``."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self.source = source
        self.budget = budget
        self.members: list[Member] = []

    def __call__(self, offset: int) -> None:
        """Look into the string made by the opcode at ``offset``.

        :raises LimitReached: too many hold something
        """
        found = _inspect(_content(self.source, offset), self.budget, LAYERS)
        if found is not None:
            self.budget.spend_members(offset=offset)
            self.members.append(Member(f"string at byte {offset}", found, offset))


def _content(source: Source, offset: int) -> Source:
    """The bytes of a string, without its opcode and its length."""
    code = source.read(offset, 1)[0]
    if code in constants.COUNTED:
        return Window(source, *constants.span(source.read, offset))
    data = constants.line(source.read, offset + 1, DECODED)
    if code == UNICODE:
        text = data.decode("raw-unicode-escape", "replace")
        return Memory(text.encode("utf-8", "surrogatepass"))
    assert code == STRING, "no other string is written as a line"
    return Memory(constants.unescape(data[1:-1]) or b"")


def _inspect(source: Source, budget: Budget, layers: int) -> Source | None:
    """The bytes, or what they stand for as text, when they hold something."""
    head = source.read(0, 512)
    if _is_program(head) or _is_archive(source, head) or _is_pickle(source, head, budget):
        return source
    if not layers or source.size > DECODED:
        return None
    expanded = _expand(source, head, budget)
    if expanded is not None:
        return None if _inspect(Memory(expanded), budget, layers - 1) is None else source
    decoded = _decode(source, head)
    return None if decoded is None else _inspect(Memory(decoded), budget, layers - 1)


def _is_program(head: bytes) -> bool:
    if head.startswith(b"MZ") and len(head) > 64:
        place = int.from_bytes(head[60:64], "little")
        return place < len(head) - 4 and head[place : place + 4] == b"PE\0\0"
    return head.startswith(_PROGRAMS)


def _is_archive(source: Source, head: bytes) -> bool:
    if head.startswith(b"PK\x03\x04"):
        return b"PK\x05\x06" in source.read(max(0, source.size - 66_000), 66_000)
    return head.startswith((b"7z\xbc\xaf\x27\x1c", b"\x93NUMPY", b"\x89HDF\r\n\x1a\n"))


def _expand(source: Source, head: bytes, budget: Budget) -> bytes | None:
    """What is compressed, or the start of it."""
    try:
        if head.startswith(b"\x1f\x8b\x08"):
            expanded = zlib.decompressobj(31).decompress(source.read(0, source.size), DECODED)
        elif head[:1] == b"\x78" and len(head) > 16 and not (head[0] * 256 + head[1]) % 31:
            expanded = zlib.decompressobj().decompress(source.read(0, source.size), DECODED)
        elif head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
            expanded = bz2.BZ2Decompressor().decompress(source.read(0, source.size), DECODED)
        elif head.startswith((b"\xfd7zXZ\0", b"\x5d\0\0")):
            expanded = lzma.LZMADecompressor(memlimit=64 << 20).decompress(source.read(0, source.size), DECODED)
        elif head.startswith(ZSTD):
            expanded = Zstandard().feed(source.read(0, 2 << 10), DECODED)
        elif head.startswith(LZ4):
            expanded = lz4().feed(source.read(0, source.size), DECODED)
        else:
            return None
    except FormatError:
        return None
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        return None
    budget.spend_expanded(len(expanded), total_in=source.size, total_out=0)
    return expanded


def _is_pickle(source: Source, head: bytes, budget: Budget) -> bool:
    """Whether the bytes are a pickle that does something; one that only holds data may stay a string."""
    if head[:1] == b"\x80" and len(head) > 2 and head[1] <= 5:
        certain = True
    elif head[:1] and head[0] in b"ci(]}SVIU" and _NAMES.search(head):
        certain = False
    else:
        return False
    try:
        view = run(source, 0, budget, streams=1, strings=False)
    except FormatError:
        return False
    return bool(view.calls or (view.imports and (certain or not view.broken)))


def _decode(source: Source, head: bytes) -> bytes | None:  # noqa: PLR0911 - one for each way
    """What text stands for: base64, hexadecimal digits, or Latin-1 that was written as UTF-8."""
    if not head.isascii():
        try:
            return source.read(0, source.size).decode().encode("latin-1")
        except UnicodeError:
            return None
    if _HEX.fullmatch(head):
        try:
            return a2b_hex(b"".join(source.read(0, source.size).split()))
        except EncodingError:
            return None
    if _BASE64.fullmatch(head) and source.size >= 16:
        data = source.read(0, source.size).translate(bytes.maketrans(b"-_", b"+/"))
        try:
            return a2b_base64(data)
        except EncodingError:
            return None
    return None
