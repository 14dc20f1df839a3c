"""A node's attribute without its plain numbers, of which tree ensembles have millions, each a field of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.formats.graph.protobuf import Field, Message, Wire

BLOCK: Final = 1 << 20
#: Texts of one attribute that are given; a forest names the kind of each of its million nodes.
TEXTS: Final = 64
_TEXT: Final = 9
#: From this size on it is worth looking for runs of numbers.
LARGE: Final = 4096
#: A run of ``floats`` (field 7, four bytes each) or ``ints`` (field 8, varints), one field after the other.
_RUN: Final = re.compile(rb"(?:\x3d[\s\S]{4})+|(?:\x40[\x80-\xff]{0,9}[\x00-\x7f])+")


def lean(message: Message) -> Iterator[Field]:
    """The fields of an ``AttributeProto`` except runs of numbers that are written one by one.

    :raises FormatError: its encoding is broken
    """
    if message.size < LARGE:
        yield from message
        return
    position, end = message.start, message.start + message.size
    texts = 0
    while position < end:
        after = _after_run(message, position, end)
        if after == position and texts >= TEXTS:
            after = _after_texts(message, position, end)
        if after > position:
            position = after
            continue
        rest = Message(message.source, message.budget, start=position, size=end - position, depth=message.depth)
        one = next(iter(rest))
        yield one
        texts += one.number == _TEXT
        position = one.offset + one.size
        if one.wire is Wire.GROUP:
            position += _end_tag(one.number)


def _after_run(message: Message, position: int, end: int) -> int:
    """Where a run of numbers that starts at ``position`` ends; ``position`` when none starts there."""
    while position < end:
        message.budget.check_time(position)
        block = message.source.read(position, min(BLOCK, end - position))
        run = _RUN.match(block)
        if run is None:
            return position
        position += run.end()
        if run.end() < len(block) - 16:
            return position
    return position


def _after_texts(message: Message, position: int, end: int) -> int:
    """Where a run of short texts (field 9) that starts at ``position`` ends."""
    block = message.source.read(position, min(BLOCK, end - position))
    at = 0
    while (
        at + 1 < len(block)
        and block[at] == _TEXT << 3 | 2
        and block[at + 1] < 0x80
        and at + 2 + block[at + 1] <= len(block)
    ):
        at += 2 + block[at + 1]
    return position + at


def _end_tag(number: int) -> int:
    """Bytes of the tag that ends a group."""
    return -(-((number << 3).bit_length()) // 7)
