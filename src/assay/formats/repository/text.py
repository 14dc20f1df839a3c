"""Plain text: words for people, and the ground that every other text here stands on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

#: Of a longer text only the start is looked at: it has no loader, and what has one is read by another reader.
MAX_TEXT: Final = 4 << 20
#: In a longer text no line is looked for.
MAX_SEARCHED: Final = 16 << 20
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Text(View):
    """Some text.

    :param text: its first :data:`MAX_TEXT` bytes, decoded
    """

    kind: ClassVar[str] = "text"

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.name = name
        self.text = text


def read(source: Source, budget: Budget, name: str) -> Text:  # noqa: ARG001 - every reader is given the budget
    """See :class:`assay.formats.signature.Reader`."""
    return Text(name, decode(source.read(0, MAX_TEXT)))


def read_all(source: Source, budget: Budget, limit: int) -> bytes:
    """All the bytes of a text that must be seen as a whole.

    :raises FormatError: there are more than ``limit``
    """
    budget.check_held(source.size)
    if source.size > limit:
        raise FormatError(f"LIMIT text ({limit:,})", offset=limit)
    return source.read(0, source.size)


def decode(data: bytes) -> str:
    """UTF-8, or UTF-16 when it begins with a mark; bytes that are neither become surrogates."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-8", "surrogateescape")


def decode_strictly(data: bytes) -> str:
    """As :func:`decode`.

    :raises NotThisFormat: it is no text
    """
    try:
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return data.decode(encoding)
        return data.decode()
    except UnicodeDecodeError as error:
        raise NotThisFormat("no UTF-8 text", offset=error.start) from error


def line_with(text: str, words: Iterable[str]) -> int | None:
    """The first line, counted from 1, that has all ``words``; else the first that has the first of them."""
    wanted = [word for word in words if word]
    if not wanted or len(text) > MAX_SEARCHED:
        return None
    first, tried = text.find(wanted[0]), 0
    start = first
    while start >= 0 and tried < 1_000:
        end = text.find("\n", start)
        begin = text.rfind("\n", 0, start) + 1
        line = text[begin : end if end >= 0 else len(text)]
        if all(word in line for word in wanted):
            return text.count("\n", 0, begin) + 1
        start, tried = text.find(wanted[0], start + 1), tried + 1
    return text.count("\n", 0, first) + 1 if first >= 0 else None
