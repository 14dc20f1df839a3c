"""Opcodes that reach over the end of a frame, for which CPython's unpicklers do three different things.

``pickle.loads`` goes on as if there were no frames. ``pickle.load`` of a large enough frame, or from a file without
``peek``, forgets what is left of the frame and reads the argument behind it. The unpickler written in Python stops. No
pickler writes such a pickle; made by hand, it hides from one reader what another runs.
"""

from __future__ import annotations

from typing import Final

from assay.formats.pickle import constants
from assay.formats.pickle import opcodes as op
from assay.formats.source import Source, Window

#: Opcodes with a fixed argument, and its length.
_FIXED: Final = {
    op.BININT: 4, op.BININT1: 1, op.BININT2: 2, op.BINFLOAT: 8, op.BINGET: 1, op.LONG_BINGET: 4, op.BINPUT: 1,
    op.LONG_BINPUT: 4, op.PROTO: 1, op.EXT1: 1, op.EXT2: 2, op.EXT4: 4,
}  # fmt: skip
#: Opcodes with arguments in lines, and how many.
_LINES: Final = {
    **dict.fromkeys((op.FLOAT, op.INT, op.LONG, op.PERSID, op.STRING, op.UNICODE, op.GET, op.PUT), 1),
    op.GLOBAL: 2, op.INST: 2,
}  # fmt: skip
#: Counted arguments that are read in one piece over the end of a frame.
_WHOLE: Final = frozenset((op.BINBYTES, op.SHORT_BINBYTES, op.BINBYTES8, op.BYTEARRAY8))
#: The longest frame in which the place is looked for.
WALKED: Final = 16 << 20


class Spliced:
    """Bytes without those from ``start`` to ``end``."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.size = source.size - (end - start)

    def read(self, offset: int, length: int) -> bytes:
        """See :class:`~assay.formats.source.Source`."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        if offset >= self.start:
            return self.source.read(offset + self.end - self.start, length)
        first = self.source.read(offset, min(length, self.start - offset))
        return first if len(first) == length else first + self.source.read(self.end, length - len(first))

    def place(self, offset: int) -> int:
        """Where a byte lies in the whole."""
        return offset if offset < self.start else offset + self.end - self.start


def forgotten(source: Source, start: int, end: int, *, opcodes: int | None = None) -> int | None:
    """Where the argument starts of which a frame's end cuts off a part, or ``None`` when there is none.

    :param start: the frame's first byte, or an opcode in it
    :param end: the offset behind its last
    :param opcodes: look at so many only
    """
    if end - start > WALKED:
        return None
    frame = Window(source, 0, end)
    offset = start
    left = end if opcodes is None else opcodes
    while offset < end and left > 0:
        left -= 1
        code = source.read(offset, 1)[0]
        after = offset + 1
        if code == op.STOP:
            return after
        pieces = _pieces(frame, code, after)
        for piece in pieces:
            if piece is None or after + piece > end:
                return None if code in _WHOLE and after > offset + 1 else after
            after += piece
        offset = after
    return None


def _pieces(frame: Source, code: int, start: int) -> list[int | None]:
    """Lengths of an opcode's arguments as they are read one after the other; ``None`` for a line that does not end."""
    if code in _FIXED:
        return [_FIXED[code]]
    if code == op.FRAME:
        return [8, 0 if _number(frame, start, 8) <= frame.size - start - 8 else None]
    if code in constants.COUNTED:
        width, _ = constants.COUNTED[code]
        return [width, _number(frame, start, width)]
    found: list[int | None] = []
    for _ in range(_LINES.get(code, 0)):
        line = frame.read(start, frame.size)
        end = line.find(b"\n")
        found.append(None if end < 0 else end + 1)
        start += end + 1
    return found


def _number(frame: Source, start: int, width: int) -> int:
    return int.from_bytes(frame.read(start, width), "little")
