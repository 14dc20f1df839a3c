"""Reading an HDF5 file by its addresses: the superblock, and a cursor over what was read.

Source for this and the modules beside it: the HDF5 File Format Specification, version 3.0, and ``H5B2hdr.c`` and
``H5HF*.c`` of the library for how wide numbers are in B-trees and fractal heaps.
"""

from __future__ import annotations

from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.paged import Paged
from assay.formats.source import Source, Window

MAGIC: Final = b"\x89HDF\r\n\x1a\n"


class Access:
    """A file, its addresses' base, and how wide addresses and lengths are.

    :param base: where address 0 is, in bytes from the start of the source
    :param offsets: bytes of an address
    :param lengths: bytes of a length
    """

    __slots__ = ("base", "budget", "lengths", "offsets", "pages", "source", "undefined")

    def __init__(self, source: Source, budget: Budget, base: int, offsets: int, lengths: int) -> None:
        self.source = source
        self.budget = budget
        self.base = base
        self.offsets = offsets
        self.lengths = lengths
        self.undefined: int = (1 << 8 * offsets) - 1
        self.pages = Paged(source)

    def cursor(self, address: int, size: int, what: str, signature: bytes = b"") -> Cursor:
        """``size`` bytes from an address.

        :param what: named when they lie outside the file or do not begin with ``signature``
        :raises FormatError: they do
        """
        self.budget.check_held(size, offset=self.base + address)
        start = self.base + address
        found = Cursor(self, self.pages.take(start, size, what), start)
        if signature:
            found.expect(signature, what)
        return found

    def window(self, address: int, size: int) -> Window:
        """Bytes from an address, unread."""
        return Window(self.source, self.base + address, size)

    def holds(self, address: int, size: int) -> bool:
        """Whether that many bytes from an address lie within the file."""
        return self.base + address + size <= self.source.size


class Cursor:
    """Some bytes of the file and how far they have been read."""

    __slots__ = ("access", "at", "data", "start")

    def __init__(self, access: Access, data: bytes, start: int) -> None:
        self.access = access
        self.data = data
        self.start = start
        self.at = 0

    @property
    def offset(self) -> int:
        """Where the next byte stands, in bytes from the start of the source."""
        return self.start + self.at

    @property
    def left(self) -> int:
        """Bytes that are left."""
        return len(self.data) - self.at

    def take(self, length: int) -> bytes:
        """The next bytes.

        :raises FormatError: there are not as many
        """
        if not 0 <= length <= self.left:
            raise FormatError("an HDF5 structure ends too early", offset=self.offset)
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self, width: int) -> int:
        """The next unsigned number."""
        return int.from_bytes(self.take(width), "little")

    def address(self) -> int | None:
        """The next address; ``None`` when it is undefined."""
        value = self.number(self.access.offsets)
        return None if value == self.access.undefined else value

    def length(self) -> int:
        """The next length."""
        return self.number(self.access.lengths)

    def text(self) -> str:
        """The text up to the next zero, which is passed; up to the end without one."""
        end = self.data.find(b"\0", self.at)
        end = len(self.data) if end < 0 else end
        text = self.data[self.at : end].decode(errors="replace")
        self.at = min(end + 1, len(self.data))
        return text

    def expect(self, signature: bytes, what: str) -> None:
        """Pass a signature.

        :raises FormatError: something else stands there
        """
        offset = self.offset
        if self.take(len(signature)) != signature:
            raise FormatError(f"{what} does not begin as one", offset=offset)


def find(source: Source) -> int | None:
    """Where the superblock stands: at 0, 512, 1024 and so on; ``None`` when nowhere."""
    place = 0
    while place + len(MAGIC) <= source.size:
        if source.read(place, len(MAGIC)) == MAGIC:
            return place
        place = place * 2 or 512
    return None


def open_file(source: Source, budget: Budget, place: int) -> tuple[Access, int, int | None]:
    """Read the superblock at ``place``; gives the file, the root's address, and where the file says it ends.

    :raises FormatError: it is malformed, or of an unknown version
    """
    head = Cursor(Access(source, budget, place, 8, 8), source.read(place, 128), place)
    head.expect(MAGIC, "the superblock")
    version = head.number(1)
    if version > 3:
        raise FormatError(f"superblock of version {version}, which is unknown", offset=place + 8)
    if version < 2:
        head.take(4)
    offsets, lengths = head.number(1), head.number(1)
    if not {offsets, lengths} <= {2, 4, 8, 16, 32}:
        raise FormatError(f"addresses of {offsets} and lengths of {lengths} bytes", offset=place + 9)
    if version < 2:
        head.take(9 if version == 0 else 13)
    else:
        head.take(1)
    access = Access(source, budget, place, offsets, lengths)
    head.access = access
    # The base that is written here; the library takes the place of the superblock when the two differ.
    head.number(offsets)
    head.address()
    end = head.address()
    if version < 2:
        head.address()
        head.length()
    root = head.address()
    if root is None:
        raise FormatError("the root group has no address", offset=place)
    return access, root, end
