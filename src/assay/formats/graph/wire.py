"""A cheap look at the outermost fields of what may be a protocol buffer, for recognising formats that have no mark."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from assay.formats.signature import Head

#: Fields that are looked at.
MOST: Final = 48


class Outline(NamedTuple):
    """The outermost fields of some bytes.

    :param fields: (number, wire type) → the value of the first such varint, or where the first such bytes start
    :param sizes: (number, wire type) → bytes of that first value
    :param whole: the walk came to the end without a fault
    :param broken: the walk met what is no protocol buffer
    """

    fields: dict[tuple[int, int], int]
    sizes: dict[tuple[int, int], int]
    whole: bool
    broken: bool


@lru_cache(maxsize=2)
def outline(head: Head) -> Outline:
    """The first :data:`MOST` fields; reads a few bytes for each, wherever it lies."""
    fields: dict[tuple[int, int], int] = {}
    sizes: dict[tuple[int, int], int] = {}
    blank = head.start.isspace()  # each two blanks are a field, for which megabytes of them would be walked
    position = 0
    for _ in range(0 if blank else MOST):
        if position >= head.size:
            return Outline(fields, sizes, whole=position == head.size, broken=position > head.size)
        data = _near(head, position)
        tag, at = _varint(data, 0)
        number, wire = tag >> 3, tag & 7
        if at == 0 or number == 0 or number >= 1 << 29 or wire in (4, 6, 7):
            return Outline(fields, sizes, whole=False, broken=True)
        value, size = position + at, {1: 8, 5: 4}.get(wire, 0)
        if wire in (0, 2):
            value, after = _varint(data, at)
            if after == 0:
                return Outline(fields, sizes, whole=False, broken=True)
            at = after
            if wire == 2:
                size, value = value, position + at
        elif wire == 3:
            # Groups are in nobody's schema; what follows is the reader's to find out, unless it is all text.
            return Outline(fields, sizes, whole=False, broken=head.text)
        if (number, wire) not in fields:
            fields[number, wire], sizes[number, wire] = value, size
        position += at + size
        if position > head.size:
            return Outline(fields, sizes, whole=False, broken=True)
    return Outline(fields, sizes, whole=False, broken=blank)


def inside(head: Head, position: int) -> tuple[int, int]:
    """Number and wire type of the field that starts at ``position``; zeros when none does."""
    tag, at = _varint(_near(head, position), 0)
    return (tag >> 3, tag & 7) if at else (0, 0)


def _near(head: Head, position: int) -> bytes:
    if position + 20 <= len(head.start) or head.size <= len(head.start):
        return head.start[position : position + 20]
    return head.source.read(position, 20)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The varint and where it ends; 0 when there is none."""
    value = 0
    for index in range(position, min(position + 10, len(data))):
        value |= (data[index] & 0x7F) << (7 * (index - position))
        if data[index] < 0x80:
            return value, index + 1
    return 0, 0
