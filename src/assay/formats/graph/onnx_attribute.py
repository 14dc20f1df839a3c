"""A node's attribute without its plain numbers, of which tree ensembles have millions, each a field of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.formats.graph.protobuf import Field, Message, Wire

BLOCK: Final = 1 << 16
#: Texts of one attribute that are given; a forest names the kind of each of its million nodes.
TEXTS: Final = 64
_TEXT: Final = 9
#: From this size on it is worth looking for runs.
LARGE: Final = 128
#: A run of ``floats`` (field 7, four bytes each) or ``ints`` (field 8, varints), one field after the other.
_RUN: Final = re.compile(rb"(?:\x3d[\s\S]{4})+|(?:\x40[\x80-\xff]{0,9}[\x00-\x7f])+")
#: Bytes that the longest field of a run takes.
_LONGEST: Final = 130


def lean(message: Message) -> Iterator[Field]:
    """The fields of an ``AttributeProto`` except runs of numbers that are written one by one, and texts beyond
    :data:`TEXTS`.

    :raises FormatError: its encoding is broken
    """
    if message.size < LARGE:
        yield from message
        return
    blocks = _Blocks(message)
    position, end = message.start, message.start + message.size
    texts = 0
    while position < end:
        after = blocks.after_run(position, texts=texts >= TEXTS)
        if after > position:
            position = after
            continue
        one = next(
            iter(Message(message.source, message.budget, start=position, size=end - position, depth=message.depth))
        )
        yield one
        texts += one.number == _TEXT
        position = one.offset + one.size
        if one.wire is Wire.GROUP:
            position += _end_tag(one.number)


class _Blocks:
    """The bytes of a message, a block at a time."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._end = message.start + message.size
        self._start = message.start
        self._data = b""

    def after_run(self, position: int, *, texts: bool) -> int:
        """Where a run that starts at ``position`` ends, as far as the block goes; ``position`` when none does."""
        at = position - self._start
        if at + _LONGEST > len(self._data) and self._start + len(self._data) < self._end:
            self._message.budget.check_time(position)
            self._data = self._message.take(position, min(BLOCK, self._end - position))
            self._start, at = position, 0
        if run := _RUN.match(self._data, at):
            return self._start + run.end()
        return self._start + self._after_texts(at) if texts else position

    def _after_texts(self, at: int) -> int:
        data = self._data
        tag = _TEXT << 3 | 2
        while at + 1 < len(data) and data[at] == tag and data[at + 1] < 0x80 and at + 2 + data[at + 1] <= len(data):
            at += 2 + data[at + 1]
        return at


def _end_tag(number: int) -> int:
    """Bytes of the tag that ends a group."""
    return -(-((number << 3).bit_length()) // 7)
