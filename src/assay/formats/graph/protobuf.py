"""Protocol buffers read as they lie on the wire, without a schema, field by field, and never more than is asked for.

::

    for field in Message(source, budget):
        match field.number:
            case 1:
                name = field.text()            # a string, cut where it gets long
            case 2:
                for inner in field.message():  # a message in it, walked only now
                    ...
            case 4:
                raw = field.window()           # bytes that are not read: a tensor
            case 5:
                dims.extend(field.integers())  # repeated integers, packed or one by one

A field whose ``wire`` is not what the schema says is unknown to every parser: compare it before you use the field (the
methods do: a number has no text, a string no integers). Of a singular field that stands twice the last counts, and
singular messages are merged: walking every occurrence sees what a parser would see.

Unknown to the wire format, and therefore a :class:`~assay.core.errors.FormatError`: field number 0, wire types 6 and 7,
a varint of more than 10 bytes, a length beyond the message's end, a group that does not end, nesting beyond
:data:`MAX_DEPTH` (where the common parsers stop as well). What was yielded before the error stands.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final, NamedTuple

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Memory, Source, Window
from assay.formats.view import Contrived

#: Messages in messages; the reference parsers refuse more.
MAX_DEPTH: Final = 100
#: Characters of a text that are kept.
TEXT_KEPT: Final = 64 << 10
#: A message up to this size is read at once; of a larger one, a block at a time.
BLOCK: Final = 256 << 10
#: Fields between two looks at the clock.
PAUSE: Final = 2048


class Wire(enum.IntEnum):
    """How a field's value is laid out."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    GROUP = 3
    FIXED32 = 5


#: By the three bits of a tag; ``None`` ends a group.
_WIRES: Final = (Wire.VARINT, Wire.FIXED64, Wire.BYTES, Wire.GROUP, None, Wire.FIXED32)


class Field(NamedTuple):
    """One field as it lies there.

    :param value: of a varint or a fixed number, unsigned; else 0
    :param offset: where the value starts, in bytes from the start of the outermost message
    :param size: bytes of the value
    """

    number: int
    wire: Wire
    value: int
    offset: int
    size: int
    within: Message

    @property
    def signed(self) -> int:
        """``value`` as two's complement of 64 bits (of 32 for a fixed one), as ``int32`` and ``int64`` mean it."""
        bits = 32 if self.wire is Wire.FIXED32 else 64
        return self.value - (1 << bits) if self.value >> (bits - 1) else self.value

    def window(self) -> Source:
        """The bytes of the value, unread."""
        return Window(self.within.source, self.offset, self.size)

    def bytes(self) -> bytes:
        """All bytes of the value.

        :raises LimitReached: they are more than may be held
        """
        self.within.budget.check_held(self.size, offset=self.offset)
        return self.within.take(self.offset, self.size)

    def text(self) -> str:
        """The value as UTF-8, what is none replaced; its first :data:`TEXT_KEPT` bytes. Empty for a number."""
        if self.wire is not Wire.BYTES:
            return ""
        return self.within.take(self.offset, min(self.size, TEXT_KEPT)).decode(errors="replace")

    def message(self) -> Message:
        """The value as a message; one without fields for a number."""
        size = self.size if self.wire in (Wire.BYTES, Wire.GROUP) else 0
        return self.within.inner(self.offset, size)

    def integers(self) -> Iterator[int]:
        """Unsigned integers: the value of a number, or each of a packed run of varints.

        :raises FormatError: the run breaks inside
        """
        if self.wire is not Wire.BYTES:
            yield self.value
            return
        data, position = self.bytes(), 0
        while position < len(data):
            value, position = _varint(data, position, self.offset)
            yield value

    def signed_integers(self) -> Iterator[int]:
        """As :meth:`integers`, in two's complement of 64 bits."""
        for value in self.integers():
            yield value - (1 << 64) if value >> 63 else value


class Message:
    """A message that has not been looked at yet. Iterating walks its fields; it can be walked more than once.

    :param source: holds the outermost message
    :param start: where this message starts in it
    :param size: its bytes; all that follow unless given
    :param depth: messages around it
    :param block: the first bytes of the source, where they have been read already
    :raises FormatError: while iterating, see the module
    """

    __slots__ = ("_block", "_block_start", "budget", "depth", "size", "source", "start")

    def __init__(
        self,
        source: Source,
        budget: Budget,
        *,
        start: int = 0,
        size: int | None = None,
        depth: int = 0,
        block: bytes = b"",
    ) -> None:
        self.source = source
        self.budget = budget
        self.start = start
        self.size: int = source.size - start if size is None else size
        self.depth = depth
        self._block = source.data if isinstance(source, Memory) else block
        self._block_start = 0

    def inner(self, offset: int, size: int) -> Message:
        """A message inside this one; shares the block that has been read.

        :raises FormatError: nested too deeply
        """
        if self.depth >= MAX_DEPTH:
            raise Contrived(f"messages are nested deeper than {MAX_DEPTH} levels", offset=offset)
        found = Message(self.source, self.budget, start=offset, size=size, depth=self.depth + 1)
        found._block, found._block_start = self._block, self._block_start
        return found

    def take(self, offset: int, length: int) -> bytes:
        """Bytes by their place in the outermost message, from the block in memory when they lie there."""
        begin = offset - self._block_start
        if begin >= 0 and begin + length <= len(self._block):
            return self._block[begin : begin + length]
        return self.source.read(offset, length)

    def __iter__(self) -> Iterator[Field]:
        end = self.start + self.size
        if end > self.source.size:
            raise FormatError("a message ends beyond the file", offset=self.start)
        position = self.start
        count = 0
        while position < end:
            count += 1
            if count % PAUSE == 0:
                self.budget.check_time(position)
            field, position = self._field(position, end)
            yield field

    def _field(self, position: int, end: int) -> tuple[Field, int]:
        """The field at ``position`` and where the next one starts."""
        begin, block = position - self._block_start, self._block
        # Most fields are short texts and small numbers behind a tag of one byte: no detours for them.
        if begin >= 0 and begin + 1 < len(block) and 8 <= (tag := block[begin]) < 0x80 > (low := block[begin + 1]):
            if tag & 7 == Wire.BYTES and position + 2 + low <= end:
                return Field(tag >> 3, Wire.BYTES, 0, position + 2, low, self), position + 2 + low
            if tag & 7 == Wire.VARINT and position + 2 <= end:
                return Field(tag >> 3, Wire.VARINT, low, position + 1, 1, self), position + 2
        number, wire, value_at = self._tag(position, end)
        if wire is Wire.GROUP:
            last, after = self._end_of_group(number, value_at, end)
            return Field(number, wire, 0, value_at, last - value_at, self), after
        value, value_at, after = self._value(wire, value_at, end)
        assert wire is not None, "an end of a group was refused just now"
        return Field(number, wire, value, value_at, after - value_at, self), after

    def _tag(self, position: int, end: int) -> tuple[int, Wire | None, int]:
        """Field number, wire type (``None`` for the end of a group), and where the value starts."""
        tag, after = self._varint_at(position, end)
        number, kind = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise FormatError(f"a field has the number {number}", offset=position)
        if kind > 5:
            raise FormatError(f"a field has the wire type {kind}, which does not exist", offset=position)
        return number, _WIRES[kind], after

    def _value(self, wire: Wire | None, position: int, end: int) -> tuple[int, int, int]:
        """The value as a number (0 for bytes), where it starts, and where it ends."""
        if wire is Wire.VARINT:
            value, after = self._varint_at(position, end)
            return value, position, after
        if wire is None:
            raise FormatError("a group ends that did not begin", offset=position)
        if wire is Wire.BYTES:
            length, position = self._varint_at(position, end)
        else:
            length = 8 if wire is Wire.FIXED64 else 4
        if length > end - position:
            raise FormatError(f"a field of {length:,} bytes ends beyond what holds it", offset=position)
        value = 0 if wire is Wire.BYTES else int.from_bytes(self._near(position, end)[:length], "little")
        return value, position, position + length

    def _end_of_group(self, number: int, position: int, end: int) -> tuple[int, int]:
        """Where a group's content ends and where the field after it starts."""
        open_groups = [number]
        count = 0
        while position < end:
            count += 1
            if count % PAUSE == 0:
                self.budget.check_time(position)
            begin = position
            number, wire, position = self._tag(position, end)
            if wire is Wire.GROUP:
                if self.depth + len(open_groups) >= MAX_DEPTH:
                    raise Contrived(f"groups are nested deeper than {MAX_DEPTH} levels", offset=begin)
                open_groups.append(number)
            elif wire is None:
                if number != open_groups.pop():
                    raise FormatError("a group ends under another number", offset=begin)
                if not open_groups:
                    return begin, position
            else:
                position = self._value(wire, position, end)[2]
        raise FormatError("a group does not end", offset=position)

    def _varint_at(self, position: int, end: int) -> tuple[int, int]:
        data = self._near(position, end)
        if data and data[0] < 0x80:
            return data[0], position + 1
        value, length = _varint(data, 0, position)
        return value, position + length

    def _near(self, position: int, end: int) -> bytes:
        """The ten bytes from ``position``, or as many as are left; a new block is read when they are not in memory."""
        begin, length = position - self._block_start, min(10, end - position)
        if begin < 0 or begin + length > len(self._block):
            self._block = self.source.read(position, min(BLOCK, end - position))
            self._block_start, begin = position, 0
        return self._block[begin : begin + length]


def _varint(data: bytes, position: int, offset: int) -> tuple[int, int]:
    """The varint at ``position`` of ``data`` (which starts at ``offset``), cut to 64 bits, and where it ends."""
    value = shift = 0
    for index in range(position, min(position + 10, len(data))):
        byte = data[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, index + 1
        shift += 7
    raise FormatError("a number does not end", offset=offset + position)
