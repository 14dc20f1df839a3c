"""Bytes to inspect, wherever they lie: read by offset, never more than asked for."""

from __future__ import annotations

import os
from typing import Protocol

from assay.core.errors import FormatError


class Source(Protocol):
    """Random access to a known number of bytes that do not change while they are read."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from ``offset``; fewer than ``length`` only at the end, none beyond it.

        :raises FormatError: the bytes can no longer be read
        """


class Memory:
    """Bytes held in memory."""

    __slots__ = ("data", "size")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        """See :class:`Source`."""
        if offset == 0 and length >= self.size:
            return self.data
        return self.data[offset : offset + length] if offset >= 0 and length > 0 else b""


class Descriptor:
    """An open regular file, read without moving its position; the caller closes it."""

    __slots__ = ("descriptor", "size")

    def __init__(self, descriptor: int, size: int) -> None:
        self.descriptor = descriptor
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """See :class:`Source`."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        try:
            data = os.pread(self.descriptor, length, offset)
            while len(data) < length:
                more = os.pread(self.descriptor, length - len(data), offset + len(data))
                if not more:
                    raise FormatError("the file became shorter while it was read", offset=offset + len(data))
                data += more
        except OSError as error:
            raise FormatError(
                f"it cannot be read: {(error.strerror or 'unknown reason').lower()}", offset=offset
            ) from error
        return data


class Window:
    """A part of another source. It ends where the other ends, whatever length was asked for."""

    __slots__ = ("size", "source", "start")

    def __init__(self, source: Source, start: int, length: int) -> None:
        self.size: int = max(0, min(length, source.size - start)) if start >= 0 else 0
        # A window of a window is a window of the whole.
        self.start: int = start + source.start if isinstance(source, Window) else start
        self.source: Source = source.source if isinstance(source, Window) else source

    def read(self, offset: int, length: int) -> bytes:
        """See :class:`Source`."""
        length = min(length, self.size - offset)
        return self.source.read(self.start + offset, length) if offset >= 0 and length > 0 else b""
