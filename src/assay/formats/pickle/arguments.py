"""Opcodes' arguments: numbers, lines and counted strings, and which strings are worth a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assay.core.errors import FormatError
from assay.formats import compiled
from assay.formats.budget import Budget
from assay.formats.pickle.record import Inspect, OnBuild, Record
from assay.formats.source import Source

if TYPE_CHECKING:
    from mypy_extensions import i64

compiled.define(globals())

#: Bytes of a line that are kept: names, numbers and texts of protocol 0.
LINE_KEPT: Final = 64 << 10
#: First and second bytes of what is worth a look: an archive, a program, something compressed; all that in base64, and
#: as Latin-1 that was written as UTF-8.
_PAIRS: Final = frozenset(
    pair[0] << 8 | pair[1]
    for pair in (
        b"\xc2\x80", b"\xc2\x93", b"\xc3\xbd", b"\xc3\x8f", b"\xc3\x8e", b"PK", b"gA", b"UE", b"80", b"\x1f\x8b",
        b"\x1f\xc2", b"x\xc2", b"\x7fE", b"\x93N", b"\xfd7", b"BZ", b"MZ", b"7z", b"H4", b"eJ", b"eN", b"eA", b"f0",
        b"TV", b"Ql", b"\xcf\xfa", b"\xce\xfa", b"N3", b"/T",
        b"(\xb5", b"\x04\"", b"\x89H", b"\xc2\x89",
    )
)  # fmt: skip
#: What a pickle of protocol 0 starts with when it fetches something.
_TEXTS: Final = b"ci(}SIV"


class Arguments(Record):
    """Reads what follows an opcode."""

    def __init__(
        self, source: Source, budget: Budget, on_build: OnBuild | None = None, inspect: Inspect | None = None
    ) -> None:
        super().__init__(source, budget, on_build, inspect)
        #: The line that was read last, or its first :data:`LINE_KEPT` bytes, and the offset behind it.
        self.line = b""
        self.line_end: i64 = 0
        #: The highest protocol named so far.
        self.highest: i64 = 0

    def signed(self, start: i64) -> i64:
        """A signed number in four bytes, the lowest first."""
        found = self.number(start, 4)
        return found - (1 << 32) if found >= 1 << 31 else found

    def skip(self, start: i64, length: i64, offset: i64) -> i64:
        """The offset behind a string.

        :raises FormatError: it is longer than what is left
        """
        if length < 0 or length > self.size - start:
            raise FormatError("a string is longer than what is left", offset=offset)
        return start + length

    def read_line(self, start: i64) -> None:
        """Read to the next line feed, into ``line`` and ``line_end``."""
        first = start - self.base
        if 0 <= first < self.limit:
            end: i64 = self.data.find(b"\n", first)
            if first <= end < self.limit:
                self.line = self.data[first : min(end, first + LINE_KEPT)]
                self.line_end = self.base + end + 1
                return
        self.line = b""
        position = start
        while position < self.size:
            self.budget.check_time(position)
            data = self.source.read(position, 1 << 16)
            end = data.find(b"\n")
            if len(self.line) < LINE_KEPT:
                self.line += data if end < 0 else data[:end]
            if end >= 0:
                self.line = self.line[:LINE_KEPT]
                self.line_end = position + end + 1
                return
            position += len(data)
        # The C unpickler stops here; the one written in Python takes the line for whole, without its last byte.
        self.line = self.line[:-1]
        self.line_end = self.size

    def index(self, offset: i64) -> i64:
        """The memo entry that the last line names."""
        try:
            found = int(self.line.partition(b"\0")[0])
        except ValueError:
            raise FormatError("the number of a memo entry is malformed", offset=offset) from None
        if not 0 <= found < 1 << 62:
            raise FormatError("the number of a memo entry is out of range", offset=offset)
        return found

    def counted(self, offset: i64, start: i64, length: i64) -> i64:
        """Push a string with its length before it; the offset behind it."""
        after = self.skip(start, length, offset)
        self.push(offset << 4, offset)
        if length >= 12:
            self.suspected(offset, start)
        return after

    # Strings.

    def suspected(self, offset: i64, start: i64) -> None:
        """Look into a string that starts as something to inspect on its own would.

        :param start: where its first byte is; there are at least twelve
        """
        if self.inspect is None or start + 12 > self.size:
            return
        first = self.byte(start)
        second = self.byte(start + 1)
        if first == 0x80:
            wanted = second <= 5
        elif first == 0x78 and (0x7800 + second) % 31 == 0:
            wanted = True
        elif first == 0x5D:
            wanted = second == 0 or b"\n" in self.read(int(start), 256)
        else:
            wanted = int(first << 8 | second) in _PAIRS or (first in _TEXTS and b"\n" in self.read(int(start), 256))
        if wanted:
            self.tick(offset)
            self.inspect(int(offset))
