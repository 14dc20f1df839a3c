"""Small reads all over a source, served from a few pages kept in memory: for formats that are a web of offsets."""

from __future__ import annotations

from typing import Final

from assay.core.errors import FormatError
from assay.formats.source import Source

PAGE: Final = 64 << 10
KEPT: Final = 16


class Paged:
    """A source of which the pages read last are kept; itself a :class:`~assay.formats.source.Source`."""

    __slots__ = ("_pages", "size", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.size: int = source.size
        self._pages: dict[int, bytes] = {}

    def read(self, offset: int, length: int) -> bytes:
        """See :class:`~assay.formats.source.Source`."""
        if offset < 0 or length <= 0:
            return b""
        number, inside = divmod(offset, PAGE)
        if inside + length <= PAGE:
            return self._page(number)[inside : inside + length]
        return self.source.read(offset, length)

    def take(self, offset: int, length: int, what: str) -> bytes:
        """Exactly ``length`` bytes from ``offset``.

        :param what: named when they lie outside
        :raises FormatError: some of them lie outside the source
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise FormatError(f"{what} lies outside the file", offset=offset if offset >= 0 else None)
        return self.read(offset, length)

    def number(self, offset: int, width: int, what: str) -> int:
        """The little-endian unsigned integer of ``width`` bytes at ``offset``.

        :raises FormatError: it lies outside the source
        """
        return int.from_bytes(self.take(offset, width, what), "little")

    def _page(self, number: int) -> bytes:
        page = self._pages.get(number)
        if page is None:
            if len(self._pages) >= KEPT:
                del self._pages[next(iter(self._pages))]
            page = self._pages[number] = self.source.read(number * PAGE, PAGE)
        return page
