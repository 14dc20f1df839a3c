"""Plain text: words for people, and the ground that every other text here stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

#: A longer text is looked at in parts of this size.
MAX_TEXT: Final = 4 << 20
#: In a longer text no line is looked for.
MAX_SEARCHED: Final = 16 << 20
#: Bytes that two parts share, so that nothing is cut in two that is worth finding.
_OVERLAP: Final = 4 << 10
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Text(View):
    """Some text, or a part of a longer one.

    :param text: its first :data:`MAX_TEXT` bytes, decoded
    :param first_line: the number of its first line
    :param rest: gives the parts after this one
    """

    kind: ClassVar[str] = "text"

    def __init__(
        self, name: str, text: str, first_line: int = 1, rest: Callable[[], Iterator[Text]] | None = None
    ) -> None:
        super().__init__()
        self.name = name
        self.text = text
        self.first_line = first_line
        self._rest = rest

    def parts(self) -> Iterator[Text]:
        """See :class:`View`."""
        return self._rest() if self._rest is not None else iter(())


def read(source: Source, budget: Budget, name: str) -> Text:
    """See :class:`assay.formats.signature.Reader`."""
    start = source.read(0, MAX_TEXT)

    def rest() -> Iterator[Text]:
        line, data, place = 1, start, 0
        while place + len(data) < source.size:
            step = len(data) - _OVERLAP
            line += data.count(b"\n", 0, step)
            place += step
            budget.check_time(place)
            data = source.read(place, MAX_TEXT)
            yield Text(name, _decode_as(data, start), line)

    return Text(name, decode(start), rest=rest if source.size > len(start) else None)


def _decode_as(data: bytes, start: bytes) -> str:
    """A part of a text in the encoding that its start tells."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if start.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-8", "surrogateescape")


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
