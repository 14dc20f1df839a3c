"""Reading numbers and texts one after the other out of a source, in large pieces."""

from __future__ import annotations

import struct
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source

_PIECE: Final = 1 << 20


class Cursor:
    """A place in a source that moves forward.

    :param order: ``<`` or ``>``, as in :mod:`struct`
    """

    __slots__ = ("_buffer", "_start", "budget", "offset", "order", "source")

    def __init__(self, source: Source, budget: Budget, offset: int = 0, *, order: str = "<") -> None:
        self.source = source
        self.budget = budget
        self.offset = offset
        self.order = order
        self._buffer = b""
        self._start = 0

    @property
    def left(self) -> int:
        """Bytes up to the end."""
        return max(0, self.source.size - self.offset)

    def take(self, length: int) -> bytes:
        """The next bytes.

        :raises LimitReached: more than may be held at once
        :raises FormatError: there are not so many
        """
        if length > self.left:
            raise FormatError(f"the file ends within {length:,} bytes that were announced", offset=self.offset)
        begin = self.offset - self._start
        if begin < 0 or begin + length > len(self._buffer):
            self.budget.check_held(length, offset=self.offset)
            self.budget.check_time(self.offset)
            self._buffer = self.source.read(self.offset, max(length, _PIECE))
            self._start, begin = self.offset, 0
        self.offset += length
        return self._buffer[begin : begin + length]

    def skip(self, length: int) -> None:
        """Move on without reading.

        :raises FormatError: that would be beyond the end
        """
        if length > self.left:
            raise FormatError(f"the file ends within {length:,} bytes that were announced", offset=self.offset)
        self.offset += length

    def number(self, code: str) -> int:
        """The next whole number, by its :mod:`struct` letter."""
        found: int = struct.unpack(self.order + code, self.take(struct.calcsize(self.order + code)))[0]
        return found

    def numbers(self, code: str, count: int) -> tuple[int, ...]:
        """The next ``count`` whole numbers."""
        layout = f"{self.order}{count}{code}"
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def real(self, code: str) -> float:
        """The next floating-point number, ``f`` or ``d``."""
        found: float = struct.unpack(self.order + code, self.take(struct.calcsize(self.order + code)))[0]
        return found
