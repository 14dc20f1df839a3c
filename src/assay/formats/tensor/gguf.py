"""GGUF, versions 1 to 3 in either byte order: keys with values, a table of tensors, and the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.tensor.coverage import Coverage, Span, cover
from assay.formats.tensor.cursor import Cursor
from assay.formats.tensor.elements import count_of
from assay.formats.tensor.ggml import TYPES
from assay.formats.view import Contrived, Member, NotThisFormat, Tensor, View

MAGIC: Final = b"GGUF"
DEFAULT_ALIGNMENT: Final = 32
ALIGNMENT_KEY: Final = "general.alignment"
TEMPLATE: Final = "chat_template"
_STRING, _ARRAY = 8, 9
#: The :mod:`struct` letters of the types that are one number.
_NUMBERS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 7: "B", 10: "Q", 11: "q"}
_REALS: Final = {6: "f", 12: "d"}
_SIZES: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_ARRAYS_IN_ARRAYS: Final = 4
_TEXT_KEPT: Final = 64 << 10
#: No credential is shorter.
_WORTH_READING: Final = 20
#: Fewer bytes can hold neither a key with its value nor a tensor's description.
_SMALLEST_ENTRY: Final = 12


@dataclass(frozen=True, slots=True)
class Text:
    """A string value.

    :param text: its first 64 KiB; bytes that are no UTF-8 are replaced
    :param offset: of its bytes in the file
    :param length: in bytes
    """

    text: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Array:
    """A list of values, of which only strings are kept, and only of templates.

    :param type: the number of the type that all have
    """

    type: int
    count: int
    texts: tuple[Text, ...] = ()


Value = int | float | Text | Array


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor as the table declares it.

    :param type: the number of its element type
    :param begin: first byte, counted from the start of the file
    :param end: one past the last; ``None`` when the type is unknown, or the shape fills no whole blocks
    :param offset: of its description in the table
    """

    name: str
    type: int
    shape: tuple[int, ...]
    begin: int
    end: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class Excess:
    """A number that claims more than the file can hold.

    :param what: what it counts, ``length of the key``
    :param claimed: the number
    :param offset: where it stands
    """

    what: str
    claimed: int
    offset: int


class Gguf(View):
    """A GGUF file. Offsets count from the start of the file."""

    kind: ClassVar[str] = "gguf"

    def __init__(self, source: Source, budget: Budget) -> None:
        super().__init__()
        self._source = source
        self._budget = budget
        self.version: int = 0
        self.order: str = "<"
        self.alignment: int = DEFAULT_ALIGNMENT
        """As the file asks for it, whatever the number."""
        self.values: dict[str, Value] = {}
        self.entries: list[Entry] = []
        self.duplicate_keys: list[str] = []
        self.duplicate_names: list[str] = []
        self.excess: Excess | None = None
        """The number at which reading had to stop."""
        self.data_start: int | None = None
        """Where the numbers begin; ``None`` when the table could not be read to its end."""
        self.coverage = Coverage()

    @property
    def file_size(self) -> int:
        """Bytes that there are."""
        return self._source.size

    def members(self) -> Iterator[Member]:
        """Chat templates, texts and documents among the values, and what no tensor covers."""
        for key, value in self.values.items():
            expected = ("jinja",) if TEMPLATE in key else ()
            texts = value.texts if isinstance(value, Array) else (value,) if isinstance(value, Text) else ()
            for text in texts:
                if expected or text.text.lstrip()[:1] in ("{", "[") or text.length > _TEXT_KEPT:
                    yield Member(key, Window(self._source, text.offset, text.length), text.offset, expected)
                elif text.length >= _WORTH_READING:
                    yield Member(key, Window(self._source, text.offset, text.length), text.offset, ("text",))
        yield from self.coverage.members(self._source)

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`; what reaches beyond the file ends with it."""
        for entry in self.entries:
            block, end = TYPES.get(entry.type), entry.end
            if block is not None and end is not None and entry.begin <= self._source.size:
                window = Window(self._source, entry.begin, end - entry.begin)
                yield Tensor(entry.name, block.name, entry.shape, window, entry.begin, self.order == ">")

    def parse(self, cursor: Cursor) -> None:
        """Fill the view from what follows the version.

        :raises FormatError: what stopped it; what was read until then stands
        """
        count = "I" if self.version == 1 else "Q"
        tensors = self._count(cursor, count, "number of tensors")
        keys = self._count(cursor, count, "number of keys")
        for _ in range(keys):
            self._budget.spend_members(offset=cursor.offset)
            key = self._text(cursor, "length of a key").text
            kind = cursor.number("I")
            value = self._value(cursor, key, kind, 0)
            if key in self.values:
                self.duplicate_keys.append(key)
            else:
                self.values[key] = value
        alignment = self.values.get(ALIGNMENT_KEY)
        if isinstance(alignment, int):
            self.alignment = alignment
        table = [self._description(cursor) for _ in range(tensors)]
        step = self.alignment if self.alignment > 0 else DEFAULT_ALIGNMENT
        start = -(-cursor.offset // step) * step
        self.data_start = start
        self.entries = [_placed(entry, start) for entry in table]
        counts = Counter(entry.name for entry in self.entries)
        self.duplicate_names = [name for name, times in counts.items() if times > 1]
        self._cover(start, step)

    def _cover(self, start: int, step: int) -> None:
        if any(entry.end is None for entry in self.entries):
            return
        spans = [Span(entry.begin, entry.end, entry.name) for entry in self.entries if entry.end is not None]
        if spans:
            self.coverage = cover(spans, self._source, self._budget, start=start, alignment=step)

    def _count(self, cursor: Cursor, code: str, what: str) -> int:
        offset = cursor.offset
        count = cursor.number(code)
        if count * _SMALLEST_ENTRY > cursor.left:
            self._too_much(what, count, offset)
        return count

    def _too_much(self, what: str, claimed: int, offset: int) -> None:
        self.excess = Excess(what, claimed, offset)
        raise FormatError(f"the {what} is {claimed:,}, more than the file can hold", offset=offset)

    def _text(self, cursor: Cursor, what: str) -> Text:
        place = cursor.offset
        length = cursor.number("I" if self.version == 1 else "Q")
        if length > cursor.left:
            self._too_much(what, length, place)
        offset = cursor.offset
        kept = cursor.take(min(length, _TEXT_KEPT))
        cursor.skip(length - len(kept))
        return Text(kept.decode(errors="replace"), offset, length)

    def _value(self, cursor: Cursor, key: str, kind: int, level: int) -> Value:
        if (code := _NUMBERS.get(kind)) is not None:
            return cursor.number(code)
        if (code := _REALS.get(kind)) is not None:
            return cursor.real(code)
        if kind == _STRING:
            return self._text(cursor, f"length of the value of {key!r}")
        if kind == _ARRAY and level < _ARRAYS_IN_ARRAYS:
            return self._array(cursor, key, level)
        if kind == _ARRAY:
            raise Contrived(
                f"arrays in arrays, {_ARRAYS_IN_ARRAYS} deep, in the value of {key!r}", offset=cursor.offset
            )
        raise Contrived(f"the value of {key!r} has the unknown type {kind}", offset=cursor.offset - 4)

    def _array(self, cursor: Cursor, key: str, level: int) -> Array:
        kind = cursor.number("I")
        place = cursor.offset
        count = cursor.number("I" if self.version == 1 else "Q")
        size = _SIZES.get(kind, 4 if self.version == 1 else 8)
        if count * size > cursor.left:
            self._too_much(f"length of the array {key!r}", count, place)
        texts: list[Text] = []
        if kind in _SIZES:
            cursor.skip(count * size)
        elif kind == _STRING and TEMPLATE in key:
            texts = [self._text(cursor, f"length of a string in {key!r}") for _ in range(count)]
        elif kind == _STRING:
            self._skip_texts(cursor, key, count)
        else:
            for _ in range(count):
                self._budget.spend_members(offset=cursor.offset)
                self._value(cursor, key, kind, level + 1)
        return Array(kind, count, tuple(texts))

    def _skip_texts(self, cursor: Cursor, key: str, count: int) -> None:
        code = "I" if self.version == 1 else "Q"
        for _ in range(count):
            length = cursor.number(code)
            if length > cursor.left:
                self._too_much(f"length of a string in {key!r}", length, cursor.offset)
            cursor.skip(length)

    def _description(self, cursor: Cursor) -> Entry:
        self._budget.spend_members(offset=cursor.offset)
        offset = cursor.offset
        name = self._text(cursor, "length of a tensor's name").text
        place = cursor.offset
        axes = cursor.number("I")
        if axes * 8 > cursor.left:
            self._too_much(f"number of axes of {name!r}", axes, place)
        shape = cursor.numbers("I" if self.version == 1 else "Q", axes)
        kind = cursor.number("I")
        # In the file the fastest axis comes first.
        return Entry(name, kind, shape[::-1], cursor.number("Q"), None, offset)


def read(source: Source, budget: Budget, name: str) -> Gguf:  # noqa: ARG001 - every reader is called alike
    """Read keys and table; see :class:`assay.formats.signature.Reader`."""
    start = source.read(0, 8)
    if not start.startswith(MAGIC) or len(start) < 8:
        raise NotThisFormat("it does not start as GGUF", offset=0)
    view = Gguf(source, budget)
    view.order = ">" if int.from_bytes(start[4:], "little") > 0xFFFF else "<"
    view.version = int.from_bytes(start[4:], "little" if view.order == "<" else "big")
    if not 1 <= view.version <= 3:
        raise FormatError(f"version {view.version} of GGUF is unknown", offset=4)
    try:
        view.parse(Cursor(source, budget, 8, order=view.order))
    except FormatError as error:
        view.note(error)
    return view


def _placed(entry: Entry, start: int) -> Entry:
    """The description with its bytes' place in the file."""
    begin = start + entry.begin
    block, count = TYPES.get(entry.type), count_of(entry.shape)
    if block is None or count % block.elements:
        return Entry(entry.name, entry.type, entry.shape, begin, None, entry.offset)
    end = begin + count // block.elements * block.size
    return Entry(entry.name, entry.type, entry.shape, begin, end, entry.offset)
