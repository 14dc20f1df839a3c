"""Marshalled values and code objects, read as data: what the code is called and which names and constants it uses.

Nothing is made that could run. Layouts of CPython 2.7 and 3.3 to 3.14 are told apart by whether the whole fits, not by
a version that somebody wrote down. Source: CPython, ``Python/marshal.c``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source

#: A code object of a module rarely has more than some 100 KiB.
MAX_BYTES: Final = 64 << 20
MAX_DEPTH: Final = 200
MAX_VALUES: Final = 2_000_000

_REFERENCE: Final = 0x80


@dataclass(frozen=True, slots=True)
class Code:
    """A code object.

    :param names: globals, attributes and modules that it uses (``co_names``)
    :param constants: ``co_consts``, with the code objects of functions and classes inside
    :param variables: arguments, locals and closures, as far as the layout has them in one place
    :param bytecode: its instructions
    """

    name: str
    filename: str
    first_line: int
    names: tuple[str, ...]
    constants: tuple[Value, ...]
    variables: tuple[str, ...]
    bytecode: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple, list, set, frozenset, dict (keys and values in turn) or slice."""

    kind: str
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """An integer too long to be worth holding: only its size in bits is known, roughly."""

    bits: int


Value = None | bool | int | float | complex | str | bytes | Code | Collection | Number


@dataclass(frozen=True, slots=True)
class _Layout:
    """Whole numbers before the instructions, and what follows the names."""

    numbers: int
    merged: bool


#: CPython 3.8 to 3.10, 3.11 to 3.14, 3.3 to 3.7, 2.7.
_LAYOUTS: Final = (_Layout(5, True), _Layout(6, False), _Layout(5, False), _Layout(4, False))


def read_code(source: Source, offset: int = 0, *, budget: Budget | None = None) -> Code:
    """The code object that stands at ``offset``.

    :raises FormatError: there is none, or it breaks off
    """
    value, _ = read_value(source, offset, budget=budget)
    if not isinstance(value, Code):
        raise FormatError("no marshalled code object", offset=offset)
    return value


def read_value(source: Source, offset: int = 0, *, budget: Budget | None = None) -> tuple[Value, int]:
    """The value that stands at ``offset``, and where it ends.

    :raises FormatError: not marshalled data of any known layout
    """
    length = min(source.size - offset, MAX_BYTES)
    if budget is not None:
        budget.check_held(length, offset=offset)
    data = source.read(offset, length)
    first: FormatError | None = None
    for layout in _LAYOUTS:
        reading = _Reading(data, layout, budget)
        try:
            value = reading.value(0)
        except FormatError as error:
            first = first or FormatError(error.what, offset=offset + (error.offset or 0))
            if not reading.met_code:
                break
        else:
            return value, offset + reading.at
    assert first is not None, "each layout returns or fails"
    raise first


def walk(value: Value) -> Iterator[Code]:
    """Every code object in a value, outermost first, each once."""
    seen: set[int] = set()
    pending = [value]
    while pending:
        item = pending.pop()
        if not isinstance(item, Code | Collection) or id(item) in seen:
            continue
        seen.add(id(item))  # values are shared, and what is shared twice at each level would be met 2**depth times
        if isinstance(item, Code):
            yield item
        pending += reversed(item.constants if isinstance(item, Code) else item.items)


class _Reading:
    """One attempt with one layout."""

    def __init__(self, data: bytes, layout: _Layout, budget: Budget | None) -> None:
        self.data = data
        self.at = 0
        self.layout = layout
        self.budget = budget
        self.values = 0
        self.references: list[Value] = []
        self.met_code = False

    def value(self, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise FormatError(f"marshalled data nested deeper than {MAX_DEPTH} levels", offset=self.at)
        start = self.at
        self.values += 1
        if self.values > MAX_VALUES:
            raise FormatError(f"more than {MAX_VALUES} marshalled values", offset=start)
        if self.budget is not None and self.values % 4096 == 0:
            self.budget.check_time(start)
        code = self._take(1)[0]
        kind, kept = chr(code & 0x7F), bool(code & _REFERENCE)
        slot = -1
        if kept and kind in "([{<>c):":
            slot = len(self.references)
            self.references.append(None)
        result = self._read(kind, start, depth)
        if slot >= 0:
            self.references[slot] = result
        elif kept:
            self.references.append(result)
        return result

    def _read(self, kind: str, start: int, depth: int) -> Value:  # noqa: PLR0911, PLR0912 - one branch for each type
        match kind:
            case "N" | "S" | ".":
                return None
            case "T" | "F":
                return kind == "T"
            case "i":
                return self._number()
            case "I":
                return int.from_bytes(self._take(8), "little", signed=True)
            case "l":
                return self._long()
            case "f":
                return self._float(self._take(self._take(1)[0]))
            case "g":
                return float(struct.unpack("<d", self._take(8))[0])
            case "x":
                return complex(self._float(self._take(self._take(1)[0])), self._float(self._take(self._take(1)[0])))
            case "y":
                return complex(*struct.unpack("<dd", self._take(16)))
            case "s":
                return self._take(self._length())
            case "t" | "u":
                return self._take(self._length()).decode("utf-8", "replace")
            case "a" | "A":
                return self._take(self._length()).decode("latin-1")
            case "z" | "Z":
                return self._take(self._take(1)[0]).decode("latin-1")
            case "r" | "R":
                return self._reference(start)
            case ")":
                return self._items("tuple", self._take(1)[0], depth)
            case "(" | "[" | "<" | ">":
                return self._items(_KINDS[kind], self._length(), depth)
            case ":":
                return self._items("slice", 3, depth)
            case "{":
                return self._mapping(depth)
            case "c":
                return self._code(start, depth)
        raise FormatError(f"{kind!r} begins no marshalled value", offset=start)

    def _take(self, length: int) -> bytes:
        taken = self.data[self.at : self.at + length]
        if len(taken) < length:
            raise FormatError("marshalled data ends too early", offset=self.at)
        self.at += length
        return taken

    def _number(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _length(self) -> int:
        length = self._number()
        # Whatever is counted takes at least one byte each.
        if not 0 <= length <= len(self.data) - self.at:
            raise FormatError("a marshalled length is beyond the data", offset=self.at - 4)
        return length

    def _long(self) -> int | Number:
        digits = abs(count := self._number())
        if digits > 64:
            self._take(2 * digits)
            return Number(15 * digits)
        total = sum(int.from_bytes(self._take(2), "little") << (15 * position) for position in range(digits))
        return -total if count < 0 else total

    def _float(self, text: bytes) -> float:
        try:
            return float(text)
        except ValueError as error:
            raise FormatError("a marshalled number is none", offset=self.at) from error

    def _reference(self, start: int) -> Value:
        index = self._number()
        if not 0 <= index < len(self.references):
            raise FormatError("a marshalled reference points nowhere", offset=start)
        return self.references[index]

    def _items(self, kind: str, count: int, depth: int) -> Collection:
        return Collection(kind, tuple(self.value(depth + 1) for _ in range(count)))

    def _mapping(self, depth: int) -> Collection:
        items: list[Value] = []
        while self.data[self.at : self.at + 1] != b"0":
            items += (self.value(depth + 1), self.value(depth + 1))
        self.at += 1
        return Collection("dict", tuple(items))

    def _code(self, start: int, depth: int) -> Code:
        self.met_code = True
        for _ in range(self.layout.numbers):
            self._number()
        bytecode = self._bytes(depth)
        constants = self._tuple(depth)
        names = self._texts(depth)
        variables = self._texts(depth)
        if self.layout.merged:
            self._bytes(depth)  # which kind each variable is of
        else:
            variables += self._texts(depth) + self._texts(depth)
        filename, name = self._text(depth), self._text(depth)
        if self.layout.merged:
            self._text(depth)  # the qualified name
        line = self._number()
        self._bytes(depth)  # the table of lines
        if self.layout.merged:
            self._bytes(depth)  # the table of exceptions
        return Code(name, filename, line, names, constants, variables, bytecode, start)

    def _bytes(self, depth: int) -> bytes:
        value = self.value(depth + 1)
        if not isinstance(value, bytes):
            raise FormatError("a marshalled code object lacks bytes", offset=self.at)
        return value

    def _text(self, depth: int) -> str:
        value = self.value(depth + 1)
        if isinstance(value, bytes):  # Python 2
            return value.decode("utf-8", "replace")
        if not isinstance(value, str):
            raise FormatError("a marshalled code object lacks a name", offset=self.at)
        return value

    def _tuple(self, depth: int) -> tuple[Value, ...]:
        value = self.value(depth + 1)
        if not isinstance(value, Collection) or value.kind != "tuple":
            raise FormatError("a marshalled code object lacks a tuple", offset=self.at)
        return value.items

    def _texts(self, depth: int) -> tuple[str, ...]:
        texts = []
        for item in self._tuple(depth):
            if isinstance(item, bytes):
                texts.append(item.decode("utf-8", "replace"))
            elif isinstance(item, str):
                texts.append(item)
            else:
                raise FormatError("a marshalled code object has a name that is no text", offset=self.at)
        return tuple(texts)


_KINDS: Final = {"(": "tuple", "[": "list", "<": "set", ">": "frozenset"}
