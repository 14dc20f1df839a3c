"""A file with holes, put together from the parts that are there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from assay.core.errors import FormatError
from assay.formats.source import Source


class Sparse:
    """Parts of another source, one after another there, each at its own place here; zeros between them.

    :param parts: offset here and length, in order
    :raises FormatError: the parts overlap, or lie beyond ``size``
    """

    __slots__ = ("_ends", "_parts", "_source", "size")

    def __init__(self, source: Source, parts: Sequence[tuple[int, int]], size: int) -> None:
        self.size = size
        self._source = source
        self._parts: list[tuple[int, int, int]] = []
        taken = before = 0
        for start, length in parts:
            if start < before or length < 0 or start + length > size:
                raise FormatError("the parts of a sparse file overlap or lie beyond its end")
            if length:
                self._parts.append((start, length, taken))
            before, taken = start + length, taken + length
        if taken > source.size:
            raise FormatError("a sparse file has more parts than bytes")
        self._ends = [start + length for start, length, _ in self._parts]

    def read(self, offset: int, length: int) -> bytes:
        """See :class:`~assay.formats.source.Source`."""
        end = min(offset + length, self.size)
        if offset < 0 or end <= offset:
            return b""
        blocks, at = [], offset
        for index in range(bisect_right(self._ends, offset), len(self._parts)):
            start, size, place = self._parts[index]
            if start >= end:
                break
            blocks.append(bytes(max(0, start - at)))
            at = max(at, start)
            block = self._source.read(place + at - start, min(end, start + size) - at)
            blocks.append(block)
            at += len(block)
        blocks.append(bytes(end - at))
        return b"".join(blocks)
