"""What came out of a decompressor, readable by offset: in memory while it is small, else in a file without a name."""

from __future__ import annotations

import os
import weakref
from typing import Final

from assay.core.errors import FormatError

#: Beyond this the bytes go to disk.
MEMORY: Final = 16 << 20


class Spool:
    """Bytes that are first written and then read; the file goes away with the object. A ``Source`` at every moment."""

    __slots__ = ("__weakref__", "_blocks", "_descriptor", "_whole", "size")

    def __init__(self) -> None:
        self.size = 0
        self._blocks: list[bytes] = []
        self._whole = b""
        self._descriptor = -1

    def write(self, data: bytes) -> None:
        """Append.

        :raises FormatError: there is no room on disk
        """
        if self._descriptor < 0:
            self._blocks.append(data)
            self.size += len(data)
            if self.size > MEMORY:
                self._spill()
            return
        self._append(data)
        self.size += len(data)

    def read(self, offset: int, length: int) -> bytes:
        """See :class:`~assay.formats.source.Source`."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        if self._descriptor < 0:
            if self._blocks:
                self._whole = b"".join((self._whole, *self._blocks))
                self._blocks.clear()
            return self._whole if length == self.size else self._whole[offset : offset + length]
        try:
            data = os.pread(self._descriptor, length, offset)
            while len(data) < length:
                more = os.pread(self._descriptor, length - len(data), offset + len(data))
                if not more:
                    raise FormatError("what was expanded is no longer on disk", offset=offset)
                data += more
        except OSError as error:
            raise _refused(error) from error
        return data

    def _spill(self) -> None:
        import tempfile  # noqa: PLC0415 - only what is large needs it

        try:
            descriptor, name = tempfile.mkstemp(prefix="assay-")
            weakref.finalize(self, os.close, descriptor)
            os.unlink(name)  # noqa: PTH108 - a descriptor's name, not a user's path
        except OSError as error:
            raise _refused(error) from error
        self._descriptor = descriptor
        self._append(b"".join((self._whole, *self._blocks)))
        self._whole = b""
        self._blocks.clear()

    def _append(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise _refused(error) from error


def _refused(error: OSError) -> FormatError:
    return FormatError(f"what it expands to cannot be kept: {(error.strerror or 'unknown reason').lower()}")
