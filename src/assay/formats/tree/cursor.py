"""Reading bytes one after the other, a buffer at a time, never beyond the end."""

from __future__ import annotations

import struct
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source, Window

BUFFER: Final = 1 << 16


class Cursor:
    """A position in a source.

    :param budget: asked for time now and then, and before much is held
    """

    __slots__ = ("_buffer", "_start", "budget", "position", "source")

    def __init__(self, source: Source, budget: Budget, position: int = 0) -> None:
        self.source = source
        self.budget = budget
        self.position = position
        self._buffer = b""
        self._start = 0

    @property
    def left(self) -> int:
        """Bytes from here to the end."""
        return self.source.size - self.position

    def take(self, length: int) -> bytes:
        """The next ``length`` bytes.

        :raises FormatError: there are not so many
        :raises LimitReached: they are too many to hold, or the time is over
        """
        at = self.position - self._start
        if at >= 0 and length >= 0 and at + length <= len(self._buffer):
            self.position += length
            return self._buffer[at : at + length]
        return self._refill(length)

    def skip(self, length: int) -> None:
        """Leave out ``length`` bytes.

        :raises FormatError: there are not so many
        """
        if length < 0 or length > self.left:
            raise FormatError(f"it ends where {length:,} more bytes should follow", offset=self.position)
        self.position += length

    def window(self, length: int) -> Window:
        """The next ``length`` bytes, without reading them.

        :raises FormatError: there are not so many
        """
        start = self.position
        self.skip(length)
        return Window(self.source, start, length)

    def unpack(self, layout: struct.Struct) -> tuple[int | float | bytes, ...]:
        """The next values of a fixed layout.

        :raises FormatError: it ends before
        """
        return layout.unpack(self.take(layout.size))

    def integer(self, length: int, order: str = "little", *, signed: bool = False) -> int:
        """The next whole number of ``length`` bytes.

        :param order: ``little`` or ``big``
        :raises FormatError: it ends before
        """
        return int.from_bytes(self.take(length), "big" if order == "big" else "little", signed=signed)

    def _refill(self, length: int) -> bytes:
        if length < 0 or length > self.left:
            raise FormatError(f"it ends where {length:,} more bytes should follow", offset=self.position)
        self.budget.check_held(length, offset=self.position)
        self.budget.check_time(self.position)
        self._start = self.position
        self._buffer = self.source.read(self.position, max(length, BUFFER))
        if len(self._buffer) < length:
            raise FormatError("it ends too early", offset=self.position)
        self.position += length
        data = self._buffer[:length]
        if length > BUFFER:
            self._buffer = b""
        return data
