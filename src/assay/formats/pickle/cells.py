"""Where the machine keeps what it knows: rows of 64-bit numbers, since a pickle may make a hundred million values.

A value on the machine's stack or in its memo is a *token*: a tag in the low four bits, and above it

- ``CONSTANT``: the offset of the opcode that made it; it is decoded only when somebody asks
- ``PLAIN``: where its header lies in the cells; a container that was filled with tokens
- ``OBJECT``: an index into the machine's list of objects: a global, a call's result, a persistent object
- ``TUPLE`` … ``FROZENSET``: the offset of a container whose items were dropped to keep memory bounded
- ``MARK``: the fence below it (only on the stack)

A container's header is :data:`HEADER` cells: kind, items kept and room for items (8, 8 and 8 bits from the lowest),
length, offset, first item's cell, and how many values it holds when what is shared is counted each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assay.formats import compiled

if TYPE_CHECKING:
    from librt.vecs import vec
    from mypy_extensions import i64

compiled.define(globals())

CONSTANT: Final = 0
PLAIN: Final = 1
OBJECT: Final = 2
#: Kinds of containers; as tags, containers whose items were dropped.
TUPLE: Final = 3
LIST: Final = 4
DICT: Final = 5
SET: Final = 6
FROZENSET: Final = 7
MARK: Final = 15

#: Items that a container keeps: ``values.ITEMS_KEPT``.
KEPT: Final = 64
HEADER: Final = 5
#: Cells that one opcode may take at most.
REACH: Final = HEADER + KEPT + HEADER
#: The first number of a header that was moved.
MOVED: Final = -1
#: A memo's slot that was never set.
UNSET: Final = -1
#: What a container counts at most.
MOST: Final = 1 << 60


def rows(count: i64) -> vec[i64]:
    """``count`` zeros."""
    return vec[i64]([0] * count)


def longer(old: vec[i64], used: i64, count: i64, blank: i64) -> vec[i64]:
    """The first ``used`` numbers of ``old``, in ``count`` cells; the rest is ``blank``."""
    new = rows(count)
    index: i64 = 0
    while index < used:
        new[index] = old[index]
        index += 1
    if blank != 0:
        while index < count:
            new[index] = blank
            index += 1
    return new


def fill(cells: vec[i64], top: i64, head: i64, tokens: vec[i64], start: i64, stop: i64) -> i64:
    """Put tokens at the end of the container at ``head``; returns the new ``top``, at most ``KEPT`` cells on."""
    meta = cells[head]
    kept = (meta >> 8) & 255
    count = stop - start
    cells[head + 1] += count
    heavy = cells[head + 4] + count
    index = start
    while index < stop:
        token = tokens[index]
        if token & 15 == PLAIN:
            heavy += cells[(token >> 4) + 4] - 1
            heavy = min(heavy, MOST)
        index += 1
    cells[head + 4] = heavy
    take = min(KEPT - kept, count)
    if take <= 0:
        return top
    room = (meta >> 16) & 255
    block = cells[head + 3]
    if kept + take > room:
        room = kept + take
        if kept > 0:
            room = min(2 * room, KEPT)
        index = 0
        while index < kept:
            cells[top + index] = cells[block + index]
            index += 1
        block = top
        top += room
        cells[head + 3] = block
    index = 0
    block += kept
    while index < take:
        cells[block + index] = tokens[start + index]
        index += 1
    cells[head] = (meta & 255) | ((kept + take) << 8) | (room << 16)
    return top


class Collector:
    """Moves the containers that are still wanted into new cells; drops the items of those that lie too deep."""

    def __init__(self, cells: vec[i64], spare: vec[i64], most: i64) -> None:
        self.old: vec[i64] = cells
        self.cells: vec[i64] = spare
        self.top: i64 = 0
        self.scanned: i64 = 0
        self.most: i64 = most

    def forward(self, token: i64) -> i64:
        """The token under which the same value is known from now on."""
        if token & 15 != PLAIN:
            return token
        old = self.old
        head = token >> 4
        meta = old[head]
        if meta == MOVED:
            return (old[head + 1] << 4) | PLAIN
        if self.top >= self.most:
            return (old[head + 2] << 4) | (meta & 255)
        cells = self.cells
        new = self.top
        kept = (meta >> 8) & 255
        cells[new] = (meta & 0xFFFF) | (kept << 16)
        cells[new + 1] = old[head + 1]
        cells[new + 2] = old[head + 2]
        cells[new + 3] = new + HEADER
        cells[new + 4] = old[head + 4]
        block = old[head + 3]
        index: i64 = 0
        while index < kept:
            cells[new + HEADER + index] = old[block + index]
            index += 1
        self.top = new + HEADER + kept
        old[head] = MOVED
        old[head + 1] = new
        return (new << 4) | PLAIN

    def forget(self, token: i64) -> i64:
        """The token of a value of which only kind and place are remembered."""
        if token & 15 != PLAIN:
            return token
        head = token >> 4
        meta = self.old[head]
        if meta == MOVED:
            meta = self.cells[self.old[head + 1]]
        return (self.old[head + 2] << 4) | (meta & 255)

    def forward_row(self, row: vec[i64], start: i64, stop: i64) -> None:
        """Forward a row of tokens in place."""
        index = start
        while index < stop:
            token = row[index]
            if token & 15 == PLAIN:
                row[index] = self.forward(token)
            index += 1

    def finish(self) -> None:
        """Forward what the moved containers hold, breadth first."""
        while self.scanned < self.top:
            kept = (self.cells[self.scanned] >> 8) & 255
            start = self.scanned + HEADER
            self.forward_row(self.cells, start, start + kept)
            self.scanned = start + kept

    def forget_row(self, row: vec[i64], start: i64, stop: i64) -> None:
        """Forget a row of tokens in place; after :meth:`finish`."""
        index = start
        while index < stop:
            token = row[index]
            if token & 15 == PLAIN:
                row[index] = self.forget(token)
            index += 1
