"""The Python literals that a NumPy header is written in: strings, whole numbers, names, tuples, lists and dicts."""

from __future__ import annotations

import re
from typing import Final

from assay.core.errors import FormatError
from assay.formats.view import Contrived

Literal = None | bool | int | str | tuple["Literal", ...] | list["Literal"] | dict[str, "Literal"]

#: NumPy's own writer nests structured types, and no deeper than people think.
MAX_DEPTH: Final = 32
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\\n]|\\['\\])*'|\"(?:[^\"\\\n]|\\[\"\\])*\")"
    r"|(?P<number>-?[0-9]{1,40}L?)|(?P<word>True|False|None)|(?P<mark>[\[\](){},:])|(?P<end>\Z))",
    re.ASCII,
)
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_WORDS: Final[dict[str, bool | None]] = {"True": True, "False": False, "None": None}


def parse(text: str) -> Literal:
    """The value of a literal.

    :raises FormatError: it is none of these, or nested deeper than :data:`MAX_DEPTH`
    """
    reader = _Reader(text)
    value = reader.value(0)
    reader.expect("")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._kind, self._lexeme = "", ""
        self._next()

    def _next(self) -> None:
        found = _TOKEN.match(self._text, self._place)
        if found is None:
            raise FormatError(f"the header is no literal at character {self._place}")
        self._place = found.end()
        self._kind = found.lastgroup or ""
        self._lexeme = found[self._kind]

    def expect(self, mark: str) -> None:
        """Take a mark, or the end as an empty one."""
        if self._kind not in ("mark", "end") or self._lexeme != mark:
            raise FormatError(f"the header has {self._lexeme[:20]!r} where {mark or 'its end'!r} belongs")
        if mark:
            self._next()

    def value(self, depth: int) -> Literal:
        """Take the next value."""
        if depth > MAX_DEPTH:
            raise Contrived("the header is nested too deeply")
        kind, token = self._kind, self._lexeme
        if kind == "mark" and token in _CLOSING:
            self._next()
            return self._items(token, depth + 1)
        if kind not in ("text", "number", "word"):
            raise FormatError(f"the header has {token[:20]!r} where a value belongs")
        self._next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        return int(token.rstrip("L")) if kind == "number" else _WORDS[token]

    def _items(self, opening: str, depth: int) -> Literal:
        closing, items, keys = _CLOSING[opening], list[Literal](), list[str]()
        comma = False
        while self._lexeme != closing or self._kind != "mark":
            item = self.value(depth)
            if opening == "{":
                if not isinstance(item, str):
                    raise FormatError("the header has a key that is no string")
                keys.append(item)
                self.expect(":")
                item = self.value(depth)
            items.append(item)
            comma = self._lexeme == "," and self._kind == "mark"
            if not comma:
                break
            self._next()
        self.expect(closing)
        if opening == "{":
            return dict(zip(keys, items, strict=True))
        if opening == "[":
            return items
        return tuple(items) if comma or len(items) != 1 else items[0]
