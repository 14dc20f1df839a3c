"""Object headers: the list of messages that makes a group, a dataset or a named type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.core.errors import FormatError
from assay.formats.hdf5.access import Access, Cursor

#: Continuations of one header.
MAX_BLOCKS: Final = 10_000
_SHARED: Final = 2

DATASPACE: Final = 0x01
LINK_INFO: Final = 0x02
DATATYPE: Final = 0x03
LINK: Final = 0x06
EXTERNAL_FILES: Final = 0x07
LAYOUT: Final = 0x08
FILTERS: Final = 0x0B
ATTRIBUTE: Final = 0x0C
CONTINUATION: Final = 0x10
SYMBOL_TABLE: Final = 0x11
ATTRIBUTE_INFO: Final = 0x15


@dataclass(frozen=True, slots=True)
class Message:
    """One message, unread.

    :param shared: what it holds stands elsewhere, and ``body`` says where
    """

    kind: int
    shared: bool
    body: Cursor


def messages(access: Access, address: int) -> Iterator[Message]:
    """The messages of the object header at an address.

    :raises FormatError: it is malformed
    """
    start = access.cursor(address, 4, "an object header")
    if start.data == b"OHDR":
        yield from _new(access, address)
    elif start.data[0] == 1:
        yield from _old(access, address)
    else:
        raise FormatError("an object header does not begin as one", offset=start.start)


def _old(access: Access, address: int) -> Iterator[Message]:
    head = access.cursor(address, 16, "an object header")
    head.take(2)
    left = head.number(2)
    head.take(4)
    blocks = [(address + 16, head.number(4))]
    for count, (place, size) in enumerate(blocks):
        if count > MAX_BLOCKS:
            raise FormatError("an object header has too many parts", offset=access.base + address)
        block = access.cursor(place, size, "an object header's messages")
        while left and block.left >= 8:
            left -= 1
            kind, length, flags = block.number(2), block.number(2), block.number(1)
            block.take(3)
            yield from _one(access, blocks, kind, flags, _part(block, length))


def _new(access: Access, address: int) -> Iterator[Message]:
    head = access.cursor(address, 6, "an object header", b"OHDR")
    head.take(1)
    flags = head.number(1)
    place = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = access.cursor(place, width, "an object header's size").number(width)
    blocks = [(place + width, size)]
    for count, (start, length) in enumerate(blocks):
        if count > MAX_BLOCKS:
            raise FormatError("an object header has too many parts", offset=access.base + address)
        block = access.cursor(start, length, "an object header's messages")
        if count:
            block.expect(b"OCHK", "a part of an object header")
            block = access.cursor(start + 4, max(0, length - 8), "an object header's messages")
        before = 6 if flags & 4 else 4
        while block.left >= before:
            kind, inside, bits = block.number(1), block.number(2), block.number(1)
            block.take(before - 4)
            yield from _one(access, blocks, kind, bits, _part(block, inside))


def _one(access: Access, blocks: list[tuple[int, int]], kind: int, flags: int, body: Cursor) -> Iterator[Message]:
    access.budget.spend_members(offset=body.start)
    if kind == CONTINUATION:
        place, size = body.address(), body.length()
        if (place, size) in blocks:
            raise FormatError("an object header continues in itself", offset=body.start)
        if place is not None:
            blocks.append((place, size))
    elif kind:
        yield Message(kind, bool(flags & _SHARED), body)


def _part(block: Cursor, length: int) -> Cursor:
    start = block.offset
    return Cursor(block.access, block.take(length), start)
