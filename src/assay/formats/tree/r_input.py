"""The three spellings of R's serialisation: big-endian (``X``), native (``B``) and text (``A``)."""

from __future__ import annotations

from typing import Final, Protocol

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.tree.cursor import Cursor

#: Characters of one string that are kept; more are skipped.
TEXT_KEPT: Final = 4096
MAX_TOKEN: Final = 64
_MISSING: Final = -(1 << 31)


class Input(Protocol):
    """Reads the few things that items are made of."""

    @property
    def position(self) -> int:
        """Bytes from the start of the source."""

    def integer(self) -> int:
        """A signed 32-bit number.

        :raises FormatError: there is none
        """

    def text(self, length: int) -> str:
        """A string of that many bytes, cut to :data:`TEXT_KEPT`; ``-1`` is a missing one.

        :raises FormatError: there is none so long
        """

    def skip_integers(self, count: int) -> None:
        """Leave out whole numbers or truth values."""

    def skip_reals(self, count: int) -> None:
        """Leave out floating-point numbers."""

    def skip_raw(self, count: int) -> None:
        """Leave out bytes."""

    def room(self, count: int) -> bool:
        """Whether ``count`` further items can be there at all."""


class Binary:
    """``X`` (big-endian) and ``B`` (here little-endian, as all machines of today)."""

    def __init__(self, source: Source, budget: Budget, position: int, order: str) -> None:
        self._cursor = Cursor(source, budget, position)
        self._order = order

    @property
    def position(self) -> int:
        """See :class:`Input`."""
        return self._cursor.position

    def integer(self) -> int:
        """See :class:`Input`."""
        return int.from_bytes(self._cursor.take(4), "big" if self._order == "big" else "little", signed=True)

    def text(self, length: int) -> str:
        """See :class:`Input`."""
        if length == -1:
            return ""
        kept = self._cursor.take(min(length, TEXT_KEPT))
        self._cursor.skip(length - len(kept))
        return kept.decode("utf-8", "replace")

    def skip_integers(self, count: int) -> None:
        """See :class:`Input`."""
        self._cursor.skip(count * 4)

    def skip_reals(self, count: int) -> None:
        """See :class:`Input`."""
        self._cursor.skip(count * 8)

    def skip_raw(self, count: int) -> None:
        """See :class:`Input`."""
        self._cursor.skip(count)

    def room(self, count: int) -> bool:
        """See :class:`Input`."""
        return 0 <= count * 4 <= self._cursor.left


class Text:
    """``A``: words between white space."""

    def __init__(self, source: Source, budget: Budget, position: int) -> None:
        self._cursor = Cursor(source, budget, position)

    @property
    def position(self) -> int:
        """See :class:`Input`."""
        return self._cursor.position

    def integer(self) -> int:
        """See :class:`Input`."""
        word = self._word()
        if word == b"NA":
            return _MISSING
        try:
            return int(word)
        except ValueError as error:
            raise FormatError("a number is missing", offset=self.position) from error

    def text(self, length: int) -> str:
        """See :class:`Input`."""
        if length in {-1, 0}:
            return ""
        if length < 0 or length > self._cursor.left:
            raise FormatError("a text is longer than the file", offset=self.position)
        self._space()
        kept = bytearray()
        for _ in range(length):
            byte = self._character()
            if len(kept) < TEXT_KEPT:
                kept += byte
        return kept.decode("utf-8", "replace")

    def skip_integers(self, count: int) -> None:
        """See :class:`Input`."""
        for _ in range(count):
            self._word()

    def skip_reals(self, count: int) -> None:
        """See :class:`Input`."""
        self.skip_integers(count)

    def skip_raw(self, count: int) -> None:
        """See :class:`Input`."""
        self.skip_integers(count)

    def room(self, count: int) -> bool:
        """See :class:`Input`."""
        return 0 <= count * 2 <= self._cursor.left

    def _space(self) -> bytes:
        while (byte := self._cursor.take(1)) in b" \n\r\t":
            pass
        self._cursor.position -= 1
        return byte

    def _word(self) -> bytes:
        self._space()
        word = bytearray()
        while self._cursor.left and (byte := self._cursor.take(1)) not in b" \n\r\t":
            word += byte
            if len(word) > MAX_TOKEN:
                raise FormatError("a word is too long", offset=self.position)
        return bytes(word)

    def _character(self) -> bytes:
        byte = self._cursor.take(1)
        if byte != b"\\":
            return byte
        escaped = self._cursor.take(1)
        if escaped not in b"01234567":
            return {b"n": b"\n", b"t": b"\t", b"r": b"\r"}.get(escaped, escaped)
        digits = escaped
        while len(digits) < 3 and self._cursor.left and self._cursor.take(1) in b"01234567":
            self._cursor.position -= 1
            digits += self._cursor.take(1)
        if len(digits) < 3:
            self._cursor.position -= 1
        return bytes([int(digits, 8) & 0xFF])


def open_input(source: Source, budget: Budget, start: int) -> Input:
    """The spelling that the bytes at ``start`` name.

    :raises FormatError: none does
    """
    mark = source.read(start, 2)
    if mark == b"X\n":
        return Binary(source, budget, start + 2, "big")
    if mark == b"B\n":
        return Binary(source, budget, start + 2, "little")
    if mark == b"A\n":
        return Text(source, budget, start + 2)
    raise FormatError("it is no R serialisation", offset=start)
