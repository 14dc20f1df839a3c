"""Unix archives (``ar``): static libraries and Debian packages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.core.errors import FormatError
from assay.formats.archive.archive import Archive, Place, shown
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat, Problem

MAGIC: Final = b"!<arch>\n"
_HEADER: Final = 60
#: Tables of symbols and of long names, which are no files.
_TABLES: Final = frozenset({"/", "//", "/SYM64/", "/<ECSYMBOLS>/", "__.SYMDEF", "__.SYMDEF SORTED"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in it; ``offset`` is where its data start."""

    name: str
    header_offset: int
    offset: int
    size: int


class Ar(Archive):
    """A Unix archive."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.entries: list[Entry] = []

    def members(self) -> Iterator[Member]:
        """See :class:`~assay.formats.view.View`."""
        for entry in self.entries:
            if entry.size:
                content = Window(self.source, entry.offset, entry.size)
                self.look(entry.name, entry.header_offset, content)
                yield Member(entry.name, content, entry.header_offset)

    def places(self) -> Iterator[Place]:
        """See :class:`Archive`."""
        for entry in self.entries:
            yield Place(entry.name, entry.header_offset)


def read(source: Source, budget: Budget, name: str) -> Ar:
    """See :class:`~assay.formats.signature.Reader`."""
    if source.read(0, 8) != MAGIC:
        raise NotThisFormat(f"{name} does not begin as a Unix archive", offset=0)
    view = Ar(source)
    names, at = b"", 8
    try:
        while at < source.size and source.read(at, 8).strip(b"\n\0"):
            budget.spend_members(offset=at)
            head = source.read(at, _HEADER)
            if len(head) < _HEADER or head[58:] != b"`\n":
                raise FormatError("a header is broken", offset=at)
            size = _number(head[48:58], at)
            start = at + _HEADER
            if start + size > source.size:
                view.problems.append(Problem(f"{shown(_text(head[:16]))}: it ends after the end of the file", at))
            title, taken = _name(source, head[:16], start, size, names)
            if title == "//":
                budget.check_held(size, offset=start)
                names = source.read(start, size)
            elif title not in _TABLES:
                view.entries.append(Entry(title, at, start + taken, size - taken))
            at = start + size + size % 2
    except FormatError as error:
        view.note(error)
    return view


def _name(source: Source, field: bytes, start: int, size: int, names: bytes) -> tuple[str, int]:
    """The name, and how many bytes of the data it takes."""
    text = _text(field)
    if text.startswith("#1/") and text[3:].isdigit():
        length = min(int(text[3:]), size)
        return source.read(start, min(length, 4096)).rstrip(b"\0").decode("utf-8", "surrogateescape"), length
    if text[:1] == "/" and text[1:].isdigit():
        offset = int(text[1:])
        return names[offset : offset + 4096].split(b"/\n", 1)[0].decode("utf-8", "surrogateescape"), 0
    return (text if text in _TABLES else text.removesuffix("/")), 0


def _text(field: bytes) -> str:
    return field.rstrip(b" ").decode("utf-8", "surrogateescape")


def _number(field: bytes, at: int) -> int:
    digits = field.strip(b" ")
    if not digits.isdigit():
        raise FormatError("a header has a size that is no number", offset=at)
    return int(digits)
