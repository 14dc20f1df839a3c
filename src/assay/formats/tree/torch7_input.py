"""The two spellings of Torch7's serialisation: binary (little-endian) and text."""

from __future__ import annotations

from typing import Final, Protocol

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.tree.cursor import Cursor

MAX_TOKEN: Final = 64
TEXT_KEPT: Final = 65536


class Input(Protocol):
    """Reads the few things that objects are made of."""

    @property
    def position(self) -> int:
        """Bytes from the start of the source."""

    def integer(self) -> int:
        """A 32-bit number.

        :raises FormatError: there is none
        """

    def long(self) -> int:
        """A 64-bit number.

        :raises FormatError: there is none
        """

    def real(self) -> None:
        """Leave out a floating-point number."""

    def text(self, length: int) -> str:
        """A string of that many bytes, its first :data:`TEXT_KEPT` kept."""

    def window(self, length: int) -> Window:
        """That many bytes, unread."""

    def numbers(self, count: int, size: int) -> Window | None:
        """That many numbers of ``size`` bytes each; ``None`` where they are written as text."""


class Binary:
    """Little-endian, as every machine of today writes it."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self._cursor = Cursor(source, budget)

    @property
    def position(self) -> int:
        """See :class:`Input`."""
        return self._cursor.position

    def integer(self) -> int:
        """See :class:`Input`."""
        return self._cursor.integer(4, signed=True)

    def long(self) -> int:
        """See :class:`Input`."""
        return self._cursor.integer(8, signed=True)

    def real(self) -> None:
        """See :class:`Input`."""
        self._cursor.skip(8)

    def text(self, length: int) -> str:
        """See :class:`Input`."""
        kept = self._cursor.take(min(length, TEXT_KEPT))
        self._cursor.skip(length - len(kept))
        return kept.decode("utf-8", "replace")

    def window(self, length: int) -> Window:
        """See :class:`Input`."""
        return self._cursor.window(length)

    def numbers(self, count: int, size: int) -> Window | None:
        """See :class:`Input`."""
        return self._cursor.window(count * size)


class Text:
    """Words between white space; a string's bytes stand after its length and one line feed."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self._cursor = Cursor(source, budget)

    @property
    def position(self) -> int:
        """See :class:`Input`."""
        return self._cursor.position

    def integer(self) -> int:
        """See :class:`Input`."""
        word = self._word()
        try:
            return int(word)
        except ValueError as error:
            raise FormatError("a number is missing", offset=self.position) from error

    def long(self) -> int:
        """See :class:`Input`."""
        return self.integer()

    def real(self) -> None:
        """See :class:`Input`."""
        self._word()

    def text(self, length: int) -> str:
        """See :class:`Input`."""
        kept = self._cursor.take(min(length, TEXT_KEPT))
        self._cursor.skip(length - len(kept))
        return kept.decode("utf-8", "replace")

    def window(self, length: int) -> Window:
        """See :class:`Input`."""
        return self._cursor.window(length)

    def numbers(self, count: int, size: int) -> Window | None:
        """See :class:`Input`."""
        # One-byte storages are written as their bytes, everything else as numbers.
        if size == 1:
            self._cursor.skip(min(count, self._cursor.left))
            return None
        if count > self._cursor.left:
            raise FormatError("a storage is longer than the file", offset=self.position)
        for _ in range(count):
            self._word()
        return None

    def _word(self) -> bytes:
        while (byte := self._cursor.take(1)) in b" \n\r\t":
            pass
        word = bytearray(byte)
        while self._cursor.left and (byte := self._cursor.take(1)) not in b" \n\r\t":
            word += byte
            if len(word) > MAX_TOKEN:
                raise FormatError("a word is too long", offset=self.position)
        return bytes(word)
