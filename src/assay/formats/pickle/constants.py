"""Decodes the constant that an opcode makes, when somebody asks for it."""

from __future__ import annotations

import codecs
import struct
import warnings
from collections.abc import Callable
from typing import Final

from assay.core.errors import FormatError
from assay.formats.pickle import opcodes as op
from assay.formats.pickle.values import TEXT_KEPT, Items, Opaque, Value

#: How bytes are read: offset and length, fewer at the end.
Read = Callable[[int, int], bytes]
#: Digits above which an integer is not worked out.
DIGITS: Final = 4000

#: Opcodes whose argument is counted: bytes of the count, and whether it makes text.
COUNTED: Final[dict[int, tuple[int, str]]] = {
    op.SHORT_BINUNICODE: (1, "str"),
    op.BINUNICODE: (4, "str"),
    op.BINUNICODE8: (8, "str"),
    op.SHORT_BINSTRING: (1, "string"),
    op.BINSTRING: (4, "string"),
    op.SHORT_BINBYTES: (1, "bytes"),
    op.BINBYTES: (4, "bytes"),
    op.BINBYTES8: (8, "bytes"),
    op.BYTEARRAY8: (8, "bytes"),
    op.LONG1: (1, "int"),
    op.LONG4: (4, "int"),
}
_SIMPLE: Final[dict[int, Value]] = {op.NONE: None, op.NEWTRUE: True, op.NEWFALSE: False}


def span(read: Read, offset: int) -> tuple[int, int]:
    """Where the counted argument of the opcode at ``offset`` lies: its start, and its length as the file claims it."""
    width, _ = COUNTED[read(offset, 1)[0]]
    start = offset + 1 + width
    return start, int.from_bytes(read(offset + 1, width), "little")


def kind(code: int) -> str:
    """The type of the constant that an opcode makes."""
    if code in COUNTED:
        found = COUNTED[code][1]
        return "str" if found == "string" else found
    if code in (op.STRING, op.UNICODE):
        return "str"
    if code in (op.INT, op.LONG, op.BININT, op.BININT1, op.BININT2):
        return "int"
    if code in (op.FLOAT, op.BINFLOAT):
        return "float"
    return {op.EMPTY_TUPLE: "tuple", op.NEXT_BUFFER: "buffer", op.NONE: "None"}.get(code, "bool")


def decode(read: Read, offset: int, kept: int = TEXT_KEPT) -> Value:  # noqa: PLR0911 - one for each kind
    """The constant made by the opcode at ``offset``; a long one is cut to ``kept`` bytes, before it is decoded.

    What would make the unpickler stop (text that is no UTF-8) is decoded as well as it can be.
    """
    head = read(offset, 64)
    code = head[0]
    if code in _SIMPLE:
        return _SIMPLE[code]
    if code in COUNTED:
        width, what = COUNTED[code]
        start = 1 + width
        length = int.from_bytes(head[1:start], "little")
        wanted = min(length, kept)
        data = head[start : start + wanted] if start + wanted <= len(head) else read(offset + start, wanted)
        return _counted(data, what, length, offset)
    if code == op.BININT1:
        return head[1]
    if code == op.BININT2:
        return int.from_bytes(head[1:3], "little")
    if code == op.BININT:
        return int.from_bytes(head[1:5], "little", signed=True)
    if code == op.BINFLOAT:
        return float(struct.unpack(">d", head[1:9])[0])
    if code == op.EMPTY_TUPLE:
        return Items("tuple", (), 0, offset)
    if code == op.NEXT_BUFFER:
        return Opaque("buffer", offset)
    return _line(code, line(read, offset + 1, kept), offset)


def _counted(data: bytes, what: str, length: int, offset: int) -> Value:
    if what == "str":
        return data.decode("utf-8", "surrogatepass" if _valid(data) else "replace")
    if what == "string":
        return text(data)
    if what == "int":
        return int.from_bytes(data, "little", signed=True) if length <= DIGITS // 2 else Opaque("int", offset)
    return data


def _valid(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def text(data: bytes) -> str:
    """Python 2's text, whose encoding the loader chooses: UTF-8 when it is that, Latin-1 otherwise."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def line(read: Read, offset: int, kept: int) -> bytes:
    """The bytes from ``offset`` to the next line feed, without it, or the first ``kept`` of them."""
    size = 256
    while True:
        data = read(offset, min(size, kept))
        end = data.find(b"\n")
        if end >= 0:
            return data[:end]
        if size >= kept or len(data) < size:
            return data
        size *= 4


def _line(code: int, data: bytes, offset: int) -> Value:
    if code == op.UNICODE:
        return data.decode("raw-unicode-escape", "replace")
    if code == op.STRING:
        return text(unescape(data[1:-1]) or b"")
    if code == op.FLOAT:
        return number(data)
    if code == op.INT and data in (b"00", b"01"):
        return data == b"01"
    found = integer(data.removesuffix(b"L")) if code == op.LONG else integer(data, octal=True)
    return Opaque("int", offset) if found is None else found


def unescape(data: bytes) -> bytes | None:
    """Python 2's text between its quotes, with its escapes undone; ``None`` when they cannot be."""
    if b"\\" not in data:
        return data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return codecs.escape_decode(data)[0]
        except ValueError:
            return None


def number(data: bytes) -> float | None:
    """A float as either unpickler reads it; the C unpickler stops at a zero byte."""
    for part in (data, data.partition(b"\0")[0]):
        try:
            return float(part)
        except ValueError:
            continue
    return None


def integer(data: bytes, *, octal: bool = False) -> int | None:
    """An int as either unpickler reads it, in base 0; the C unpickler stops at a zero byte.

    :param octal: a leading zero means base 8, and nothing before a zero byte is 0, as C's ``strtol`` has it
    """
    if len(data) > DIGITS:
        return None
    short = data.partition(b"\0")[0]
    for part in (data, short):
        try:
            return int(part, 0)
        except ValueError:
            continue
    if not octal:
        return None
    digits = short.strip()
    if not digits and short != data:
        return 0
    try:
        return int(digits, 8)
    except ValueError:
        return None


def checked_line(code: int, data: bytes, offset: int) -> None:
    """Refuse an argument that neither unpickler can read.

    :raises FormatError: it would stop here
    """
    good = True
    if code == op.STRING:
        good = len(data) >= 2 and data[:1] == data[-1:] and data[:1] in b"'\"" and unescape(data[1:-1]) is not None
    elif code == op.FLOAT:
        good = number(data) is not None
    elif code == op.INT:
        good = integer(data, octal=True) is not None or len(data) > DIGITS
    elif code == op.LONG:
        good = len(data) > DIGITS or integer(data.removesuffix(b"L")) is not None
    elif code == op.UNICODE:
        try:
            data.decode("raw-unicode-escape")
        except UnicodeDecodeError:
            good = False
    if not good:
        raise FormatError("an opcode's argument is malformed", offset=offset)
