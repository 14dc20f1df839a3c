"""Code objects written by ``marshal``: a bounded reader that makes nothing of them but a list of names.

Python's own ``marshal`` is not safe on bytes that somebody else wrote. This one reads every version's layout: it tries
them in turn, since nothing in the bytes says which it is.
"""

from __future__ import annotations

import struct
from typing import Final

from assay.core.errors import FormatError
from assay.scan.pickles.carried import Code

_DEEPEST: Final = 100
_MOST: Final = 200_000
#: Numbers before the instructions, and whether the fields are those of Python 3.11 and newer.
_LAYOUTS: Final = ((5, True), (6, False), (5, False), (4, False))

_Found = str | bytes | tuple["_Found", ...] | Code | None


def read(data: bytes) -> list[Code]:
    """Every code object in the bytes, the outermost last.

    :raises FormatError: no layout fits
    """
    for numbers, new in _LAYOUTS:
        reader = _Reader(data, numbers, new)
        try:
            reader.value(0)
        except (struct.error, IndexError, FormatError):
            continue
        if reader.found:
            return reader.found
    raise FormatError("no code object of any Python can be read there")


class _Reader:
    def __init__(self, data: bytes, numbers: int, new: bool) -> None:
        self.data = data
        self.place = 0
        self.numbers = numbers
        self.new = new
        self.references: list[_Found] = []
        self.found: list[Code] = []
        self.values = 0

    def take(self, length: int) -> bytes:
        end = self.place + length
        if length < 0 or end > len(self.data):
            raise FormatError("it ends too early", offset=self.place)
        taken = self.data[self.place : end]
        self.place = end
        return taken

    def number(self) -> int:
        return int(struct.unpack("<i", self.take(4))[0])

    def value(self, depth: int) -> _Found:
        self.values += 1
        if depth > _DEEPEST or self.values > _MOST:
            raise FormatError("it is nested too deeply, or too long", offset=self.place)
        written = self.take(1)[0]
        flagged, kind = written & 0x80, chr(written & 0x7F)
        place = len(self.references)
        if flagged:
            self.references.append(None)
        found = self._value(kind, depth)
        if flagged:
            self.references[place] = found
        return found

    def _value(self, kind: str, depth: int) -> _Found:  # noqa: PLR0911, PLR0912 - one case for each kind
        match kind:
            case "0" | "N" | "F" | "T" | "S" | ".":
                pass
            case "i":
                self.take(4)
            case "I" | "g":
                self.take(8)
            case "y":
                self.take(16)
            case "f":
                self.take(self.take(1)[0])
            case "x":
                self.take(self.take(1)[0])
                self.take(self.take(1)[0])
            case "l":
                self.take(2 * abs(self.number()))
            case "s":
                return self.take(self.number())
            case "t" | "u":
                text = self.take(self.number()).decode("utf-8", "replace")
                if kind == "t" and not self.new:
                    self.references.append(text)
                return text
            case "a" | "A":
                return self.take(self.number()).decode("latin-1")
            case "z" | "Z":
                return self.take(self.take(1)[0]).decode("latin-1")
            case "r" | "R":
                return self.references[self._index()]
            case ")":
                return self._row(self.take(1)[0], depth)
            case "(" | "[" | "<" | ">":
                return self._row(self.number(), depth)
            case "{":
                return self._pairs(depth)
            case ":":
                return self._row(3, depth)
            case "c":
                return self._code(depth)
            case _:
                raise FormatError("it holds a value of no known kind", offset=self.place)
        return None

    def _index(self) -> int:
        index = self.number()
        if index < 0:
            raise FormatError("it refers to nothing", offset=self.place)
        return index

    def _row(self, count: int, depth: int) -> tuple[_Found, ...]:
        if not 0 <= count <= len(self.data) - self.place:
            raise FormatError("it claims more values than it has bytes", offset=self.place)
        return tuple(self.value(depth + 1) for _ in range(count))

    def _pairs(self, depth: int) -> tuple[_Found, ...]:
        found: list[_Found] = []
        while self.data[self.place] & 0x7F != ord("0"):
            found.append(self.value(depth + 1))
        self.place += 1
        return tuple(found)

    def _code(self, depth: int) -> Code:
        self.take(4 * self.numbers)
        instructions = self.value(depth + 1)
        if not isinstance(instructions, bytes | str):
            raise FormatError("its instructions are no bytes", offset=self.place)
        constants, names = _row(self.value(depth + 1)), _row(self.value(depth + 1))
        for _ in range(2 if self.new else 3):
            self.value(depth + 1)
        self.value(depth + 1)
        name = self.value(depth + 1)
        if self.new:
            self.value(depth + 1)
        self.take(4)
        for _ in range(2 if self.new else 1):
            self.value(depth + 1)
        if not isinstance(name, str | bytes):
            raise FormatError("its name is no text", offset=self.place)
        code = Code(
            _text(name),
            tuple(_text(each) for each in names if isinstance(each, str | bytes)),
            tuple(each for each in constants if isinstance(each, str)),
            instructions if isinstance(instructions, bytes) else b"",
        )
        self.found.append(code)
        return code


def _row(found: _Found) -> tuple[_Found, ...]:
    if not isinstance(found, tuple):
        raise FormatError("a row of names is none")
    return found


def _text(found: str | bytes) -> str:
    return found if isinstance(found, str) else found.decode("latin-1")
