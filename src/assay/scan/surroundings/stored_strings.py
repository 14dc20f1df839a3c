"""Strings of a pickle that may hold a credential, found in its bytes without running it again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from assay.formats.source import Source

#: Of a longer pickle the start and the end are searched, this many bytes of each.
SEARCHED: Final = 1 << 20
#: Bytes before a word in which the string that holds it may begin.
_BEFORE: Final = 4 << 10
_TEXT: Final = 64 << 10
_PLACES: Final = 2_000
#: Opcodes of strings, by the bytes of their length; the length follows the opcode, in little-endian order.
_COUNTED: Final = {0x8C: 1, 0x55: 1, 0x43: 1, 0x58: 4, 0x54: 4, 0x42: 4, 0x8D: 8, 0x8E: 8}
#: A string of protocol 0, behind opcodes without arguments.
_LINE: Final = re.compile(rb"[()\[\]{}a-z0-9.]{0,8}(?:V|S['\"])")


def strings_with(source: Source, words: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Strings in which one of the words stands, each once, with their offsets.

    :param words: in ASCII
    """
    wanted = _any_of(words)
    starts = [0] if source.size <= 2 * SEARCHED else [0, source.size - SEARCHED]
    for start in starts:
        data = source.read(start, source.size if len(starts) == 1 else SEARCHED)
        at, tried = 0, 0
        while (found := wanted.search(data, at)) and tried < _PLACES:
            tried += 1
            begin, text = _string_at(data, found.start())
            yield start + begin, text.decode("utf-8", "replace")
            at = max(found.end(), begin + len(text))


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(re.escape(word.encode("ascii")) for word in words))


def _string_at(data: bytes, at: int) -> tuple[int, bytes]:
    """The string around a place, where its bytes begin and what they are: in a line of its own, or counted."""
    line = max(data.rfind(b"\n", 0, at) + 1, at - _BEFORE)
    if (start := _LINE.match(data, line, at + 1)) and not _has_control(data[line:at]):
        end = data.find(b"\n", at, at + _TEXT)
        return start.end(), data[start.end() : end if end >= 0 else at + _TEXT].rstrip(b"'\"")
    for place in range(at - 2, max(-1, at - _BEFORE), -1):
        width = _COUNTED.get(data[place])
        begin = place + 1 + (width or 0)
        if width is not None and begin <= at:
            length = int.from_bytes(data[place + 1 : begin], "little")
            if at < begin + length <= len(data) and not _has_control(data[begin:at]):
                return begin, data[begin : begin + min(length, _TEXT)]
    return at, data[at : at + _BEFORE]


def _has_control(data: bytes) -> bool:
    """Whether these bytes are no text: a length or an opcode lies among them."""
    return any(byte < 0x20 and byte not in b"\t\r\n" for byte in data)
