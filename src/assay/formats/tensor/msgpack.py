"""MessagePack as Flax, MessagePack-NumPy and spaCy write it: arrays in nested maps, walked without building them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget, LimitReached
from assay.formats.source import Source, Window
from assay.formats.tensor.cursor import Cursor
from assay.formats.view import Contrived, Member, NotThisFormat, Tensor, View

MAX_DEPTH: Final = 256
#: Flax's extension types.
NDARRAY, COMPLEX, SCALAR = 1, 2, 3
TIMESTAMP: Final = -1
KNOWN: Final = frozenset({NDARRAY, COMPLEX, SCALAR, TIMESTAMP})
#: What a string of bytes begins with when it is worth a look of its own: pickle, zip, gzip, ELF, array.
_HEADS: Final = (
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x7fELF",
    b"\x93NUMPY",
)
_KEPT: Final = 256
_ITEMS_FOR_A_MEMBER: Final = 100
#: First byte of a number, a truth value or nothing → the bytes that follow it.
_PLAIN: Final = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
}  # fmt: skip
#: First byte → what it begins, and the :mod:`struct` letter of its length.
_LONG: Final = {
    0xC4: ("bin", "B"), 0xC5: ("bin", "H"), 0xC6: ("bin", "I"), 0xC7: ("ext", "B"), 0xC8: ("ext", "H"),
    0xC9: ("ext", "I"), 0xD9: ("text", "B"), 0xDA: ("text", "H"), 0xDB: ("text", "I"), 0xDC: ("list", "H"),
    0xDD: ("list", "I"), 0xDE: ("map", "H"), 0xDF: ("map", "I"),
}  # fmt: skip
_FIXED_EXTENSIONS: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
#: A container of more items is in no model, so that a claim of them is no sign of a file that was cut.
_MOST_ITEMS: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class _Bytes:
    """A run of bytes: text, binary, or an extension's content."""

    offset: int
    length: int
    kind: str
    extension: int = 0


@dataclass(slots=True)
class _Open:
    """A map or list that has not ended.

    :param left: items to come; a map's keys and values each count
    :param marks: of a map, the values under the keys that say what MessagePack-NumPy packed
    """

    is_map: bool
    left: int
    path: str
    key: str | None = None
    count: int = 0
    marks: dict[str, _Bytes] = field(default_factory=dict)


class Msgpack(View):
    """One MessagePack value and the arrays in it."""

    kind: ClassVar[str] = "msgpack"

    def __init__(self, source: Source, budget: Budget) -> None:
        super().__init__()
        self._source = source
        self._budget = budget
        self.arrays: list[Tensor] = []
        self.extensions: Counter[int] = Counter()
        """Extension type → how often it stands there."""
        self.pickled: list[Member] = []
        """Arrays that MessagePack-NumPy stored as pickles and unpickles when it reads them."""
        self.embedded: list[Member] = []
        """Binary values that begin as something else."""
        self.texts: int = 0
        """Keys that are text."""

    def members(self) -> Iterator[Member]:
        """See :class:`View`."""
        yield from self.pickled
        yield from self.embedded

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self.arrays)

    def walk(self) -> None:
        """Go through the whole file once.

        :raises FormatError: it is not one value, or a limit was met
        """
        cursor = Cursor(self._source, self._budget, order=">")
        stack = [_Open(False, 1, "")]
        most, items = self._budget.limits.members * _ITEMS_FOR_A_MEMBER, 0
        while stack:
            top = stack[-1]
            if top.left == 0:
                self._close(stack.pop())
                continue
            items += 1
            if items > most:
                raise LimitReached("members", most, offset=cursor.offset)
            if items % 4096 == 0:
                self._budget.check_time(cursor.offset)
            self._item(cursor, stack, top)
        if cursor.left:
            raise FormatError("something follows the value", offset=cursor.offset)

    def _item(self, cursor: Cursor, stack: list[_Open], top: _Open) -> None:
        is_key = top.is_map and top.left % 2 == 0
        top.left -= 1
        path = f"{top.path}/{top.key if top.is_map else top.count}"
        top.count += 1
        found = self._read(cursor)
        if isinstance(found, _Open):
            if is_key:
                raise FormatError("a key is a container", offset=cursor.offset)
            if len(stack) >= MAX_DEPTH:
                raise Contrived(f"containers are nested deeper than {MAX_DEPTH} levels", offset=cursor.offset)
            if found.left > max(cursor.left, _MOST_ITEMS):
                raise Contrived(f"a container claims {found.left:,} items", offset=cursor.offset)
            if found.left > cursor.left:
                raise FormatError(f"a container claims {found.left:,} items", offset=cursor.offset)
            found.path = path if len(stack) > 1 else ""
            stack.append(found)
        elif is_key:
            top.key = self._key(found)
        elif found is not None:
            self._content(found, path)
            if top.key in ("nd", "kind", "type", "shape", "data"):
                top.marks[top.key] = found

    def _key(self, found: _Bytes | None) -> str | None:
        if found is None or found.kind == "ext":
            return None
        self.texts += found.kind == "text"
        return self._source.read(found.offset, min(found.length, _KEPT)).decode(errors="replace")

    def _read(self, cursor: Cursor) -> _Bytes | _Open | None:
        """The next item, of which only containers and runs of bytes are of interest."""
        start = cursor.take(1)[0]
        if start < 0xC0 or start >= 0xE0:
            return _short(cursor, start)
        if (size := _PLAIN.get(start)) is not None:
            cursor.skip(size)
            return None
        if (size := _FIXED_EXTENSIONS.get(start)) is not None:
            return self._extension(cursor, size)
        if start not in _LONG:
            raise FormatError(f"no value begins with the byte {start:#04x}", offset=cursor.offset - 1)
        kind, code = _LONG[start]
        length = cursor.number(code)
        if kind in ("map", "list"):
            return _Open(kind == "map", 2 * length if kind == "map" else length, "")
        return self._extension(cursor, length) if kind == "ext" else _run(cursor, length, kind)

    def _extension(self, cursor: Cursor, length: int) -> _Bytes:
        kind = cursor.number("b")
        self.extensions[kind] += 1
        return _run(cursor, length, "ext", kind)

    def _content(self, found: _Bytes, path: str) -> None:
        """Look into a run of bytes."""
        if found.kind == "ext" and found.extension in (NDARRAY, SCALAR):
            self._budget.spend_members(offset=found.offset)
            self._array(found, path)
        elif found.length and found.kind != "text":
            head = self._source.read(found.offset, 8)
            if head.startswith(_HEADS):
                self._budget.spend_members(offset=found.offset)
                window = Window(self._source, found.offset, found.length)
                self.embedded.append(Member(path.lstrip("/"), window, found.offset))

    def _array(self, found: _Bytes, path: str) -> None:
        """A Flax array: a packed triple of shape, type and bytes."""
        try:
            inner = Cursor(Window(self._source, found.offset, found.length), self._budget, order=">")
            outer = self._read(inner)
            if not isinstance(outer, _Open) or outer.left != 3:
                raise FormatError("an array is no triple", offset=found.offset)
            shape = self._shape(inner)
            name, data = self._read(inner), self._read(inner)
        except FormatError as error:
            raise FormatError(f"an array cannot be read: {error.what}", offset=found.offset) from error
        if not isinstance(name, _Bytes) or not isinstance(data, _Bytes):
            raise FormatError("an array has no type or no bytes", offset=found.offset)
        begin = found.offset
        dtype = self._source.read(begin + name.offset, min(name.length, _KEPT)).decode(errors="replace")
        window = Window(self._source, begin + data.offset, data.length)
        self.arrays.append(Tensor(path.lstrip("/"), dtype, shape, window, begin + data.offset))

    def _shape(self, cursor: Cursor) -> tuple[int, ...]:
        axes = self._read(cursor)
        if not isinstance(axes, _Open) or axes.is_map or axes.left > 64:
            raise FormatError("an array has no shape", offset=cursor.offset)
        return tuple(_whole(cursor) for _ in range(axes.left))

    def _close(self, ended: _Open) -> None:
        """What a map of MessagePack-NumPy stands for, now that all its keys are known."""
        marks = ended.marks
        if "kind" in marks and "data" in marks:
            kind, data = marks["kind"], marks["data"]
            if self._source.read(kind.offset, min(kind.length, 2)) == b"O":
                window = Window(self._source, data.offset, data.length)
                self.pickled.append(Member(ended.path.lstrip("/"), window, data.offset, ("pickle",)))


def read(source: Source, budget: Budget, name: str) -> Msgpack:
    """Walk the whole file; see :class:`assay.formats.signature.Reader`.

    What is not one whole value is another format, unless its name says otherwise.
    """
    view = Msgpack(source, budget)
    try:
        view.walk()
    except FormatError as error:
        if not name.lower().endswith(".msgpack") and not view.arrays and not view.pickled:
            raise NotThisFormat(error.what, offset=error.offset) from error
        view.note(error)
    if not view.texts and source.read(0, 2) != b"\x80" and not name.lower().endswith(".msgpack"):
        raise NotThisFormat("there is no map with keys that are text", offset=0)
    return view


def _short(cursor: Cursor, start: int) -> _Bytes | _Open | None:
    """An item whose first byte says how long it is."""
    if start <= 0x7F or start >= 0xE0:
        return None
    if start <= 0x8F:
        return _Open(True, 2 * (start & 0x0F), "")
    return _Open(False, start & 0x0F, "") if start <= 0x9F else _run(cursor, start & 0x1F, "text")


def _run(cursor: Cursor, length: int, kind: str, extension: int = 0) -> _Bytes:
    offset = cursor.offset
    cursor.skip(length)
    return _Bytes(offset, length, kind, extension)


def _whole(cursor: Cursor) -> int:
    """A whole number that is not negative."""
    start = cursor.take(1)[0]
    if start <= 0x7F:
        return start
    code = {0xCC: "B", 0xCD: "H", 0xCE: "I", 0xCF: "Q"}.get(start)
    if code is None:
        raise FormatError("a size is no whole number", offset=cursor.offset - 1)
    return cursor.number(code)
