"""A cheap look at the outermost fields of what may be a protocol buffer, for recognising formats that have no mark."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from assay.formats.signature import Head

#: Fields that are looked at.
MOST: Final = 48
#: Bytes of a tag and the number behind it, at most.
_WIDEST: Final = 20
#: Tags of the fields without which no graph or tensor is one: a version, an index, a type, a dimension, a name.
_NUMBERS: Final = (b"\0", b"\x08", b"\x10", b"\x12")
_BLOCK: Final = 1 << 20
#: Wire types that are none, or end a group that was not begun.
_NO_WIRE: Final = frozenset({4, 6, 7})


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
def outline(head: Head) -> Outline:  # noqa: PLR0911, PLR0912 - one branch for each way a field can be
    """The first :data:`MOST` fields; reads a few bytes for each, wherever it lies."""
    fields: dict[tuple[int, int], int] = {}
    sizes: dict[tuple[int, int], int] = {}
    start, total = head.start, head.size
    blank = start.isspace()  # each two blanks are a field, for which megabytes of them would be walked
    near = total if total <= len(start) else len(start) - _WIDEST
    position = 0
    for _ in range(0 if blank else MOST):
        if position >= total:
            return Outline(fields, sizes, whole=position == total, broken=position > total)
        data, begin = (start, position) if position <= near else (head.source.read(position, _WIDEST) or b"\0", 0)
        tag, at = data[begin], begin + 1
        if tag >= 0x80:
            tag, at = _varint(data, begin)
        number, wire = tag >> 3, tag & 7
        if number == 0 or number >= 1 << 29 or wire in _NO_WIRE:
            return Outline(fields, sizes, whole=False, broken=True)
        value, size = position + at - begin, 0
        if wire in {0, 2}:
            length, at = _varint(data, at)
            if at == 0:
                return Outline(fields, sizes, whole=False, broken=True)
            if wire == 0:
                value = length
            else:
                value, size = position + at - begin, length
        elif wire == 3:
            # Groups are in nobody's schema; what follows is the reader's to find out, unless it is all text.
            return Outline(fields, sizes, whole=False, broken=head.text)
        else:
            size = 8 if wire == 1 else 4
        if (number, wire) not in fields:
            fields[number, wire], sizes[number, wire] = value, size
        position += at - begin + size
        if position > total:
            return Outline(fields, sizes, whole=False, broken=True)
    if head.text and _is_all_text(head):
        return Outline({}, {}, whole=False, broken=True)
    return Outline(fields, sizes, whole=False, broken=blank)


def _is_all_text(head: Head) -> bool:
    """Whether none of the bytes is there that number a first or second field: a graph of any format has one of them.

    Else a text of one letter, each nine of which are a field, would be walked from its start to its end.
    """
    blocks = (head.source.read(at, _BLOCK) for at in range(0, head.size, _BLOCK))
    return not any(tag in block for block in blocks for tag in _NUMBERS)


def inside(head: Head, position: int) -> tuple[int, int]:
    """Number and wire type of the field that starts at ``position``; zeros when none does."""
    tag, at = _varint(_near(head, position), 0)
    return (tag >> 3, tag & 7) if at else (0, 0)


def _near(head: Head, position: int) -> bytes:
    if position + _WIDEST <= len(head.start) or head.size <= len(head.start):
        return head.start[position : position + _WIDEST]
    return head.source.read(position, _WIDEST)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The varint and where it ends; 0 when there is none."""
    value = shift = 0
    for byte in data[position : position + 10]:
        position += 1
        if byte < 0x80:
            return value | byte << shift, position
        value |= (byte & 0x7F) << shift
        shift += 7
    return 0, 0
