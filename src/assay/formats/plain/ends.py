"""Tables, databases, fonts and shapes that say how long they are: what follows is not overlooked.

Sources: *SQLite Database File Format*, section 1.3; *Apache Arrow Columnar Format*, IPC files; *OpenType*, table
directory; *WOFF 2.0*, header; *glTF 2.0*, binary form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.formats.budget import Budget
from assay.formats.plain.headers import arrow_field
from assay.formats.plain.plain import Plain
from assay.formats.source import Source

#: Bytes at the end of a file in which the last mark of its format is looked for.
_SEARCHED: Final = 16 << 20
#: Before each message of an Arrow stream; and bytes of one that are read to find out how long it is.
_MESSAGE: Final = b"\xff\xff\xff\xff"
_DESCRIBED: Final = 1 << 20


def read(source: Source, budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`. Of one that says nothing that can be, the end is not known."""
    start = source.read(0, 4096)
    if start.startswith(_MESSAGE):
        return Plain(source, _arrow_stream(source, budget))
    find = next((find for magic, find in _ENDS.items() if start.startswith(magic)), None)
    end = find(start, source) if find is not None else None
    return Plain(source, end if end is not None and 0 < end <= source.size else None)


def _sqlite(start: bytes, _source: Source) -> int | None:
    size = int.from_bytes(start[16:18], "big")
    pages = int.from_bytes(start[28:32], "big")
    # The number counts when the last writer was one that keeps it.
    return pages * (65_536 if size == 1 else size) if start[24:28] == start[92:96] and size else None


def _arrow(_start: bytes, source: Source) -> int | None:
    begin = max(8, source.size - _SEARCHED)
    found = source.read(begin, _SEARCHED).rfind(b"ARROW1")
    if found < 0:
        return None
    length = int.from_bytes(source.read(begin + found - 4, 4), "little", signed=True)
    return begin + found + 6 if 0 < length < begin + found else None


def _arrow_stream(source: Source, budget: Budget) -> int | None:
    """Message by message: how long its description is, which says how long what follows is."""
    at = 0
    while source.read(at, 4) == _MESSAGE:
        budget.check_time(at)
        length = int.from_bytes(source.read(at + 4, 4), "little")
        if length == 0:
            return at + 8
        body = arrow_field(source.read(at + 8, min(length, _DESCRIBED)), 3, 8) or 0
        if at + 8 + length + body > source.size:
            return None
        at += 8 + length + body
    return at


def _font(start: bytes, source: Source) -> int | None:
    count = int.from_bytes(start[4:6], "big")
    tables = source.read(12, 16 * count)
    ends = [
        int.from_bytes(tables[at + 8 : at + 12], "big") + -(-int.from_bytes(tables[at + 12 : at + 16], "big") // 4) * 4
        for at in range(0, len(tables) - 15, 16)
    ]
    return min(max(ends), source.size) if ends and max(ends) <= source.size + 3 else None


def _woff(start: bytes, _source: Source) -> int | None:
    return int.from_bytes(start[8:12], "big")


def _shape(start: bytes, _source: Source) -> int | None:
    return int.from_bytes(start[8:12], "little")


_ENDS: Final[dict[bytes, Callable[[bytes, Source], int | None]]] = {
    b"SQLite format 3\0": _sqlite,
    b"ARROW1\0\0": _arrow,
    b"\0\1\0\0": _font,
    b"true": _font,
    b"OTTO": _font,
    b"wOFF": _woff,
    b"wOF2": _woff,
    b"glTF\2\0\0\0": _shape,
}
