"""Where HDF5 keeps names, long values and dense links: local, global and fractal heaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core.errors import FormatError
from assay.formats.hdf5 import btree
from assay.formats.hdf5.access import Access, Cursor
from assay.formats.source import Window
from assay.formats.view import Contrived

#: Bytes of a name that are kept: many links may share one, so that its length is no bound.
NAME_KEPT: Final = 1024
#: The largest collection of a global heap that is walked.
COLLECTION: Final = 256 << 20


class LocalHeap:
    """Names of a group's links, one after another."""

    def __init__(self, access: Access, address: int) -> None:
        head = access.cursor(address, 8 + 2 * access.lengths + access.offsets, "a local heap", b"HEAP")
        head.take(4)
        self._size = head.length()
        head.length()
        place = head.address()
        if place is None:
            raise FormatError("a local heap has no data", offset=head.start)
        self._access = access
        self._address = place

    def text(self, offset: int) -> str:
        """The text that starts at an offset of the heap.

        :raises FormatError: it lies outside
        """
        if offset >= self._size:
            raise FormatError("a name lies outside its heap", offset=self._access.base + self._address)
        start = self._address + offset
        size = min(self._size - offset, NAME_KEPT, self._access.source.size - self._access.base - start)
        return self._access.cursor(start, max(size, 0), "a name").text()


def global_object(access: Access, address: int, index: int) -> Window:
    """An object of a global heap's collection, unread.

    :raises FormatError: the collection has no such object
    """
    for found, data in global_objects(access, address):
        if found == index:
            return data
    raise FormatError(f"the global heap has no object {index}", offset=access.base + address)


def global_objects(access: Access, address: int) -> Iterator[tuple[int, Window]]:
    """The objects of a global heap's collection, with their indices.

    :raises FormatError: it is malformed
    """
    width = access.lengths
    head = access.cursor(address, 8 + width, "a global heap", b"GCOL")
    head.take(4)
    size = head.length()
    if size > COLLECTION or not access.holds(address, size):
        raise FormatError(f"a global heap of {size:,} bytes ends beyond the file", offset=head.start)
    place, end, count = address + 8 + width, address + size, 0
    while place + 8 + width <= end:
        count += 1
        if count % 256 == 0:
            access.budget.check_time(access.base + place)
        entry = access.cursor(place, 8 + width, "an object of a global heap")
        index = entry.number(2)
        entry.take(6)
        length = entry.length()
        if index == 0:
            return
        if place + 8 + width + length > end:
            raise FormatError("an object of a global heap ends beyond it", offset=entry.start)
        yield index, access.window(place + 8 + width, length)
        place += 8 + width + -(-length // 8) * 8


class FractalHeap:
    """Links or attributes of an object that has many."""

    def __init__(self, access: Access, address: int) -> None:
        wide, long = access.offsets, access.lengths
        head = access.cursor(address, 22 + 12 * long + 3 * wide, "a fractal heap", b"FRHP")
        head.take(1)
        self.id_length = head.number(2)
        self._filtered = head.number(2)
        self._flags = head.number(1)
        managed = head.number(4)
        head.length()
        self._huge = head.address()
        head.length()
        head.address()
        for _ in range(8):
            head.length()
        self._width = head.number(2)
        self._first = head.length()
        self._largest = head.length()
        self._bits = head.number(2)
        head.number(2)
        self._root = head.address()
        self._rows = head.number(2)
        self._access = access
        if not 0 < self._bits <= 64 or not self._width or self._first < 1 or self._largest < self._first:
            raise FormatError("a fractal heap's table is malformed", offset=head.start)
        self._offset_width = -(-self._bits // 8)
        self._length_width = min(btree.width_of(self._largest), btree.width_of(max(managed, 1)))
        self._direct_rows = (self._largest // self._first).bit_length() + 1

    def object(self, identifier: bytes) -> Cursor:
        """What an identifier stands for.

        :raises FormatError: it leads nowhere
        """
        if not identifier:
            raise FormatError("an empty identifier in a fractal heap")
        kind = identifier[0] >> 4 & 3
        if kind == 0:
            end = 1 + self._offset_width
            offset = int.from_bytes(identifier[1:end], "little")
            return self._managed(offset, int.from_bytes(identifier[end : end + self._length_width], "little"))
        if kind == 1:
            return self._large(identifier)
        return Cursor(self._access, self._tiny(identifier), self._access.base)

    def _tiny(self, identifier: bytes) -> bytes:
        if self.id_length - 1 <= 16:
            return identifier[1 : 2 + (identifier[0] & 15)]
        return identifier[2 : 3 + ((identifier[0] & 15) << 8 | identifier[1])]

    def _large(self, identifier: bytes) -> Cursor:
        access = self._access
        direct = 1 + access.offsets + access.lengths
        if self._filtered:
            raise FormatError("a filtered fractal heap is not supported")
        if self.id_length >= direct:
            place = Cursor(access, identifier[1:direct], access.base)
            address, size = place.address(), place.length()
            if address is not None:
                return access.cursor(address, size, "a large object of a fractal heap")
        if self._huge is not None:
            wanted = int.from_bytes(identifier[1 : 1 + access.lengths], "little")
            for record in btree.records(access, self._huge):
                address, size, number = record.address(), record.length(), record.length()
                if number == wanted and address is not None:
                    return access.cursor(address, size, "a large object of a fractal heap")
        raise FormatError("a large object of a fractal heap cannot be found")

    def _managed(self, offset: int, length: int) -> Cursor:
        if self._filtered:
            raise FormatError("a filtered fractal heap is not supported")
        address, inside = self._block(offset)
        return self._access.cursor(address + inside, length, "an object of a fractal heap")

    def _block(self, offset: int) -> tuple[int, int]:
        """The direct block that an offset of the heap lies in, and where in it."""
        if self._root is None:
            raise FormatError("a fractal heap has no blocks")
        if not self._rows:
            return self._root, offset
        address, rest = self._root, offset
        for _ in range(64):
            row, column, start = self._cell(rest)
            child = self._child(address, row, column)
            rest -= start
            if row < self._direct_rows:
                return child, rest
            address = child
        raise Contrived("a fractal heap is nested too deeply", offset=self._access.base + self._root)

    def _cell(self, offset: int) -> tuple[int, int, int]:
        """Row and column of the child that holds an offset, and where it starts."""
        start, row = 0, 0
        while row < 64:
            size = self._first << max(0, row - 1)
            if offset < start + size * self._width:
                column = (offset - start) // size
                return row, column, start + column * size
            start += size * self._width
            row += 1
        raise FormatError("an offset lies outside its fractal heap")

    def _child(self, address: int, row: int, column: int) -> int:
        access = self._access
        # All children are addresses of one width, direct blocks first, so the table is regular.
        place = 5 + access.offsets + self._offset_width + (row * self._width + column) * access.offsets
        access.cursor(address, 4, "a block of a fractal heap", b"FHIB")
        child = access.cursor(address + place, access.offsets, "a block of a fractal heap").address()
        if child is None:
            raise FormatError("a block of a fractal heap is missing", offset=access.base + address)
        return child
