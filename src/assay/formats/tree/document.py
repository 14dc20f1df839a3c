"""JSON and UBJSON documents of models as plain Python values, bounded before they are built."""

from __future__ import annotations

import json
import struct
from array import array
from typing import Final, TypeAlias

from assay.core.errors import FormatError
from assay.formats.budget import Budget, LimitReached
from assay.formats.source import Source
from assay.formats.view import Contrived

Value: TypeAlias = "dict[str, Value] | list[Value] | array[int] | array[float] | str | int | float | bool | None"

MAX_DEPTH: Final = 200
#: A number in a list takes 32 bytes, an object or a list about 64: these keep a document under a gigabyte.
MAX_VALUES: Final = 16_000_000
MAX_CONTAINERS: Final = 2_000_000
MAX_BYTES: Final = 128 << 20
#: No document holds something so long, so that a claim of it is no sign of a file that was cut.
_BEYOND_ANY: Final = 1 << 40


def read_json(source: Source, budget: Budget) -> Value:
    """The document, read as every JSON parser reads it; of a key that stands twice the last counts.

    :raises FormatError: it is no JSON, or nested too deeply
    :raises LimitReached: it is too large to hold
    """
    budget.check_held(source.size)
    if source.size > MAX_BYTES:
        raise LimitReached("held", MAX_BYTES)
    data = source.read(0, source.size)
    if data.count(b",") + data.count(b":") > MAX_VALUES or data.count(b"[") + data.count(b"{") > MAX_CONTAINERS:
        raise LimitReached("members", MAX_VALUES)
    try:
        value: Value = json.loads(data)
    except RecursionError as error:
        raise Contrived("it is nested too deeply") from error
    except ValueError as error:
        offset = error.pos if isinstance(error, json.JSONDecodeError) else None
        raise FormatError("it is not valid JSON", offset=offset) from error
    return value


_INTEGERS: Final = {b"i": (1, "b"), b"U": (1, "B"), b"I": (2, "h"), b"l": (4, "i"), b"L": (8, "q")}
_REALS: Final = {b"d": (4, "f"), b"D": (8, "d")}
_FIXED: Final = {**_INTEGERS, **_REALS}


class Ubjson:
    """A reader of UBJSON (draft 12) as XGBoost writes it: big-endian, counted and typed containers."""

    def __init__(self, source: Source, budget: Budget) -> None:
        budget.check_held(source.size)
        if source.size > MAX_BYTES:
            raise LimitReached("held", MAX_BYTES)
        self._data = source.read(0, source.size)
        self._at = 0
        self._budget = budget
        self._values = 0

    def read(self) -> Value:
        """The document.

        :raises FormatError: it is broken or nested too deeply
        :raises LimitReached: it is too large to hold
        """
        return self._value(self._take(1), 0)

    def _take(self, length: int) -> bytes:
        end = self._at + length
        if length < 0 or end > len(self._data):
            raise FormatError("it ends too early", offset=self._at)
        data = self._data[self._at : end]
        self._at = end
        return data

    def _value(self, mark: bytes, depth: int) -> Value:
        self._values += 1
        if self._values > MAX_CONTAINERS:
            raise LimitReached("members", MAX_CONTAINERS, offset=self._at)
        if self._values % 4096 == 0:
            self._budget.check_time(self._at)
        while mark == b"N":
            mark = self._take(1)
        if mark in _FIXED:
            return self._number(mark)
        if mark == b"{":
            return self._object(depth)
        if mark == b"[":
            return self._list(depth)
        if mark in {b"S", b"H"}:
            return self._text()
        if mark == b"C":
            return self._take(1).decode("latin-1")
        if mark in {b"T", b"F", b"Z"}:
            return {b"T": True, b"F": False, b"Z": None}[mark]
        raise FormatError("a value of unknown type", offset=self._at - 1)

    def _number(self, mark: bytes) -> int | float:
        size, code = _FIXED[mark]
        value: int | float = struct.unpack(f">{code}", self._take(size))[0]
        return value

    def _length(self, mark: bytes | None = None) -> int:
        mark = mark or self._take(1)
        if mark not in _INTEGERS:
            raise FormatError("a length is missing", offset=self._at)
        value = int(self._number(mark))
        if value < 0 or value > len(self._data):
            broken = Contrived if abs(value) > _BEYOND_ANY else FormatError
            raise broken("a length is longer than the file", offset=self._at)
        return value

    def _text(self, mark: bytes | None = None) -> str:
        return self._take(self._length(mark)).decode("utf-8", "replace")

    def _header(self, depth: int) -> tuple[bytes | None, int | None]:
        if depth > MAX_DEPTH:
            raise FormatError(f"LIMIT depth ({MAX_DEPTH})", offset=self._at)
        kind = count = None
        if self._data[self._at : self._at + 1] == b"$":
            self._at += 1
            kind = self._take(1)
        if self._data[self._at : self._at + 1] == b"#":
            self._at += 1
            count = self._length()
        return kind, count

    def _object(self, depth: int) -> Value:
        kind, count = self._header(depth)
        found: dict[str, Value] = {}
        while count is None or count > 0:
            mark = self._take(1)
            if count is None and mark == b"}":
                break
            key = self._text(mark)
            found[key] = self._value(kind or self._take(1), depth + 1)
            count = None if count is None else count - 1
        return found

    def _list(self, depth: int) -> Value:
        kind, count = self._header(depth)
        if kind in _FIXED and count is not None:
            size, code = _FIXED[kind]
            items: array[int] | array[float] = array(code, self._take(size * count))
            items.byteswap()
            return items
        if kind is not None and count is None:
            raise FormatError("a typed list has no length", offset=self._at)
        found: list[Value] = []
        while count is None or count > 0:
            mark = kind or self._take(1)
            if count is None and mark == b"]":
                break
            found.append(self._value(mark, depth + 1))
            count = None if count is None else count - 1
        return found
