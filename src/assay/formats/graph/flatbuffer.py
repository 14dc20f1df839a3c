"""FlatBuffers read by slot number, without a schema's code; every offset is checked against the file.

::

    root = Flatbuffer(source, budget).root(b"TFL3")
    version = root.number(0, 4)                    # slot 0, four bytes wide; 0 when it is left out
    for table in root.tables(1):                   # a vector of tables
        name = table.text(4)                       # a string; "" when it is left out
        raw = table.window(0)                      # a vector of bytes, unread; None when it is left out
        if (inner := table.table(3)) is not None:  # a table in it
            ...
        kind, union = table.number(7, 1), table.table(8)   # a union: its type in the slot before

Offsets of FlatBuffers point forwards only (vtables apart), so there are no cycles, but many offsets may point to one
place: whoever walks tables in tables has the members of the budget to stop it, since each one met is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.paged import Paged
from assay.formats.source import Source, Window

#: Bytes of a text that are kept.
TEXT_KEPT: Final = 64 << 10
#: Bytes of a number.
_WIDTHS: Final = (1, 2, 4, 8)


class Flatbuffer:
    """The bytes of one FlatBuffer.

    :param source: starts where the buffer starts (where its root offset lies)
    """

    __slots__ = ("budget", "pages", "size", "source")

    def __init__(self, source: Source, budget: Budget) -> None:
        self.source = source
        self.budget = budget
        self.pages = Paged(source)
        self.size: int = source.size

    def root(self, identifier: bytes = b"", *, at: int = 0) -> Table:
        """The root table.

        :param identifier: the four bytes that must follow the root offset; empty for any
        :param at: where the root offset lies: 0, or 4 when a size stands before it
        :raises FormatError: another identifier, or a root outside the file
        """
        if identifier and self.pages.take(at + 4, 4, "the identifier") != identifier:
            raise FormatError(f"the identifier is not {identifier!r}", offset=at + 4)
        return Table(self, at + self.pages.number(at, 4, "the root offset"))


class Table:
    """One table: fields by slot, the order in which the schema declares them."""

    __slots__ = ("_fields", "buffer", "offset")

    def __init__(self, buffer: Flatbuffer, offset: int) -> None:
        self.buffer = buffer
        self.offset = offset
        pages = buffer.pages
        distance = int.from_bytes(pages.take(offset, 4, "a table"), "little", signed=True)
        vtable = offset - distance
        size = pages.number(vtable, 2, "a table's layout")
        if size < 4 or size % 2:
            raise FormatError(f"a table's layout has {size} bytes", offset=max(vtable, 0))
        self._fields = pages.take(vtable, size, "a table's layout")[4:]

    def __contains__(self, slot: int) -> bool:
        return self._place(slot) is not None

    def number(self, slot: int, width: int, default: int = 0, *, signed: bool = False) -> int:
        """The integer of ``width`` bytes in a slot; ``default`` when it is left out."""
        assert width in _WIDTHS
        place = self._place(slot)
        if place is None:
            return default
        data = self.buffer.pages.take(place, width, "a table's field")
        return int.from_bytes(data, "little", signed=signed)

    def text(self, slot: int, length: int = TEXT_KEPT) -> str:
        """The string in a slot, what is no UTF-8 replaced, cut at ``length`` bytes; empty when it is left out.

        Many tables may share one string: whoever keeps those of many tables asks for short ones.
        """
        found = self._vector(slot, 1)
        return "" if found is None else self._read_text(found[0], min(found[1], length))

    def texts(self, slot: int, length: int = TEXT_KEPT) -> Iterator[str]:
        """The strings of a vector, each as :meth:`text`; CatBoost names its parts so."""
        for place in self._targets(slot):
            size = self.buffer.pages.number(place, 4, "a string")
            self._check(place + 4, size, "a string")
            yield self._read_text(place + 4, min(size, length))

    def table(self, slot: int) -> Table | None:
        """The table in a slot."""
        place = self._place(slot)
        return None if place is None else self._table_at(self._follow(place))

    def tables(self, slot: int) -> Iterator[Table]:
        """The tables of a vector."""
        for place in self._targets(slot):
            yield self._table_at(place)

    def count(self, slot: int, width: int = 4) -> int:
        """How many elements of ``width`` bytes the vector in a slot has; 0 when it is left out."""
        found = self._vector(slot, width)
        return 0 if found is None else found[1]

    def window(self, slot: int) -> Window | None:
        """The bytes of a vector of bytes, unread; its ``start`` is their place."""
        found = self._vector(slot, 1)
        return None if found is None else Window(self.buffer.source, *found)

    def numbers(self, slot: int, width: int, *, signed: bool = False) -> tuple[int, ...]:
        """The integers of a vector.

        :raises LimitReached: they are more than may be held
        """
        found = self._vector(slot, width)
        if found is None:
            return ()
        start, count = found
        self.buffer.budget.check_held(count * 32, offset=start)
        data = self.buffer.pages.take(start, count * width, "a vector")
        return tuple(
            int.from_bytes(data[place : place + width], "little", signed=signed) for place in range(0, len(data), width)
        )

    def _place(self, slot: int) -> int | None:
        distance = int.from_bytes(self._fields[2 * slot : 2 * slot + 2], "little")
        return self.offset + distance if distance else None

    def _follow(self, place: int) -> int:
        return place + self.buffer.pages.number(place, 4, "an offset")

    def _table_at(self, place: int) -> Table:
        self.buffer.budget.spend_members(offset=place)
        return Table(self.buffer, place)

    def _targets(self, slot: int) -> Iterator[int]:
        """Where the elements of a vector of offsets lie."""
        found = self._vector(slot, 4)
        if found is not None:
            start, count = found
            for place in range(start, start + 4 * count, 4):
                if place % 4096 < 4:
                    self.buffer.budget.check_time(place)
                yield self._follow(place)

    def _vector(self, slot: int, width: int) -> tuple[int, int] | None:
        """Where a vector's elements start and how many they are."""
        place = self._place(slot)
        if place is None:
            return None
        vector = self._follow(place)
        count = self.buffer.pages.number(vector, 4, "a vector")
        self._check(vector + 4, count * width, "a vector")
        return vector + 4, count

    def _check(self, start: int, length: int, what: str) -> None:
        if start + length > self.buffer.size:
            raise FormatError(f"{what} of {length:,} bytes ends beyond the file", offset=start)

    def _read_text(self, start: int, length: int) -> str:
        return self.buffer.pages.take(start, min(length, TEXT_KEPT), "a string").decode(errors="replace")
