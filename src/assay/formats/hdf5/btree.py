"""B-trees of both versions: old ones that list a group's links, new ones that list the objects of a fractal heap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core.errors import FormatError
from assay.formats.hdf5.access import Access, Cursor

MAX_DEPTH: Final = 32


def width_of(limit: int) -> int:
    """Bytes that numbers up to ``limit`` take."""
    return (max(limit, 1).bit_length() - 1) // 8 + 1


def leaves(access: Access, address: int) -> Iterator[int]:
    """Addresses of the symbol nodes below an old B-tree of a group, in order.

    :raises FormatError: it is malformed or has a cycle
    """
    seen: set[int] = set()
    pending = [(address, 0)]
    while pending:
        place, depth = pending.pop()
        if place in seen or depth > MAX_DEPTH:
            raise FormatError("a B-tree is nested in itself or too deeply", offset=access.base + place)
        seen.add(place)
        access.budget.spend_members(offset=access.base + place)
        width = 8 + 2 * access.offsets
        head = access.cursor(place, width, "a B-tree", b"TREE")
        kind, level, used = head.number(1), head.number(1), head.number(2)
        if kind != 0:
            raise FormatError("a group's B-tree is one of data", offset=head.start)
        entry = access.lengths + access.offsets
        table = access.cursor(place + width, used * entry + access.lengths, "a B-tree's entries")
        children: list[int] = []
        for _ in range(used):
            table.length()
            child = table.address()
            if child is not None:
                children.append(child)
        if level == 0:
            yield from children
        else:
            pending += [(child, depth + 1) for child in reversed(children)]


def records(access: Access, address: int) -> Iterator[Cursor]:
    """The records of a new B-tree, each to be read from its start.

    :raises FormatError: it is malformed or has a cycle
    """
    head = access.cursor(address, 22 + access.offsets + access.lengths, "a B-tree", b"BTHD")
    head.take(2)
    node_size, record_size, depth = head.number(4), head.number(2), head.number(2)
    head.take(2)
    root, count = head.address(), head.number(2)
    if root is None or not count:
        return
    if depth > MAX_DEPTH or not record_size or node_size < record_size + 10:
        raise FormatError("a B-tree's header is malformed", offset=head.start)
    layout = _Layout(access, node_size, record_size, depth)
    seen: set[int] = set()
    pending = [(root, count, depth)]
    while pending:
        place, count, level = pending.pop()
        if place in seen:
            raise FormatError("a B-tree is nested in itself", offset=access.base + place)
        seen.add(place)
        access.budget.spend_members(offset=access.base + place)
        node = access.cursor(place, node_size, "a node of a B-tree", b"BTIN" if level else b"BTLF")
        node.take(2)
        for _ in range(count):
            start = node.offset
            yield Cursor(access, node.take(record_size), start)
        if level:
            pending += list(layout.children(node, count, level))


class _Layout:
    """How wide the pointers of inner nodes are, which depends on how many records nodes may have."""

    def __init__(self, access: Access, node_size: int, record_size: int, depth: int) -> None:
        most = (node_size - 10) // record_size
        self._access = access
        self._count_width = width_of(most)
        total, self._totals = most, [0]
        for _ in range(depth):
            pointer = access.offsets + self._count_width + self._totals[-1]
            inner = max(0, node_size - 10 - pointer) // (record_size + pointer)
            total = (inner + 1) * total + inner
            self._totals.append(width_of(total))

    def children(self, node: Cursor, count: int, level: int) -> Iterator[tuple[int, int, int]]:
        """Address, number of records and level of each child."""
        for _ in range(count + 1):
            address = node.address()
            number = node.number(self._count_width)
            node.take(self._totals[level - 1])
            if address is not None:
                yield address, number, level - 1
