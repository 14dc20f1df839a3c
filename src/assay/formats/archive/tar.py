"""Tar archives: old, ustar, GNU and pax, member by member, with what a reader that knows less would make of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from assay.core.errors import FormatError
from assay.formats.archive import tar_header
from assay.formats.archive.appended import after_zeros
from assay.formats.archive.archive import Archive, Place, shown
from assay.formats.archive.sparse import Sparse
from assay.formats.archive.tar_header import BLOCK, Header
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat, Problem

#: Types of which most readers believe that no data follow, whatever the size.
_EMPTY: Final = "123456"
_SPECIAL: Final = {"3": "a character device", "4": "a block device", "6": "a pipe"}
_KNOWN: Final = frozenset("01234567xgLKSVDNXAI")
_MAX_TEXT: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A member.

    :param offset: where its data start
    :param size: bytes of data here
    :param kind: its type flag
    :param source: what a reader gets
    """

    name: str
    offset: int
    header_offset: int
    size: int
    kind: str
    link: str
    mode: int
    source: Source

    @property
    def is_folder(self) -> bool:
        """Whether it makes a folder."""
        return self.kind == "5"


class Tar(Archive):
    """A tar."""

    def __init__(self, source: Source, name: str) -> None:
        super().__init__()
        self.source = source
        self.name = name
        self.entries: list[Entry] = []
        self.conflicts: list[tuple[int, str, int, int]] = []
        """Members to which readers give two sizes, and so look for the next header at two places: offset of the
        header, name, the size that was taken, the other."""

    def members(self) -> Iterator[Member]:
        """Every file, then what lies after the end."""
        for entry in self.entries:
            if entry.size and entry.kind not in "12":
                self.look(entry.name, entry.header_offset, entry.source)
                yield Member(entry.name, entry.source, entry.header_offset)
        for offset, name, taken, other in self.conflicts:
            start = _padded(offset + BLOCK + other)
            if start != _padded(offset + BLOCK + taken) and start < self.source.size:
                rest = Window(self.source, start, self.source.size - start)
                yield Member(f"{name} (what follows by its other size)", rest, start)
        if self.trailing is not None:
            yield Member("data after the tar", Window(self.source, *self.trailing), self.trailing[0])

    def places(self) -> Iterator[Place]:
        """See :class:`Archive`."""
        for entry in self.entries:
            link = entry.link if entry.kind in "12" else None
            special = _SPECIAL.get(entry.kind, "")
            yield Place(entry.name, entry.header_offset, link, entry.kind == "1", special, entry.is_folder)


@dataclass(slots=True)
class _Ahead:
    """What records before a header say about the member after it."""

    name: str | None = None
    link: str | None = None
    values: dict[str, str] = field(default_factory=dict)


def read(source: Source, budget: Budget, name: str) -> Tar:
    """See :class:`~assay.formats.signature.Reader`."""
    view = Tar(source, name)
    view.account(source, budget)
    always: dict[str, str] = {}
    ahead = _Ahead()
    at = 0
    try:
        while at < source.size:
            budget.spend_members(offset=at)
            block = source.read(at, BLOCK)
            if len(block) < BLOCK:
                raise FormatError("the tar ends within a header", offset=at)
            if not any(block):
                at += BLOCK
                break
            at, ahead = _step(view, tar_header.header(block, at), at, ahead, always)
    except FormatError as error:
        if at == 0:
            raise NotThisFormat("it has no valid tar header", offset=0) from error
        view.note(error)
    else:
        _finish(view, at, budget)
    return view


def _finish(view: Tar, at: int, budget: Budget) -> None:
    """Find where the zeros at the end are over."""
    size = view.source.size
    try:
        found = after_zeros(view.source, at, budget)
    except FormatError as error:
        view.note(error)
        return
    if found < size:
        start = max(at, found // BLOCK * BLOCK)
        view.trailing = (start, size - start)


def _step(view: Tar, head: Header, at: int, ahead: _Ahead, always: dict[str, str]) -> tuple[int, _Ahead]:
    """Take one header and what belongs to it; gives where the next one stands, and what is known about it."""
    data = at + BLOCK
    if head.kind in "xgXLK":
        length = head.size
        if length > _MAX_TEXT or data + length > view.source.size:
            raise FormatError("a record before a tar header is longer than it can be", offset=at)
        text = view.source.read(data, length)
        match head.kind:
            case "L":
                ahead.name = text.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
            case "K":
                ahead.link = text.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
            case "g":
                always.update(tar_header.records(text, data))
            case _:
                ahead.values.update(tar_header.records(text, data))
        return _padded(data + length), ahead
    values = always | ahead.values
    size = _size(view, head, values, at)
    name = values.get("GNU.sparse.name") or values.get("path") or ahead.name or head.prefixed
    link = values.get("linkpath") or ahead.link or head.link
    if head.kind not in _KNOWN:
        view.problems.append(Problem(f"{shown(name)}: a tar member of unknown type {head.kind!r}", at))
    if head.kind in _EMPTY:
        if size and head.kind != "5":  # old programs write a folder's size
            view.conflicts.append((at, name, 0, size))
        size = 0
    start, content = _content(view, head, values, data, size)
    if start + size > view.source.size:
        view.problems.append(Problem(f"{shown(name)}: it ends after the end of the file", at))
    kind = "0" if head.kind == "7" else head.kind
    view.entries.append(Entry(name, start, at, size, kind, link, head.mode, content))
    return _padded(start + size), _Ahead()


def _size(view: Tar, head: Header, values: dict[str, str], at: int) -> int:
    written = values.get("size")
    if written is None:
        return head.size
    if not written.isdigit() or len(written) > 20:
        raise FormatError("a pax header has a size that is no number", offset=at)
    size = int(written)
    if size != head.size and head.size:
        view.conflicts.append((at, values.get("path", head.prefixed), size, head.size))
    return size


def _content(view: Tar, head: Header, values: dict[str, str], data: int, size: int) -> tuple[int, Source]:
    """Where the data start, and what a reader gets of them."""
    if head.kind == "S":
        return _gnu_sparse(view, head, data, size)
    window = Window(view.source, data, size)
    version = (values.get("GNU.sparse.major"), values.get("GNU.sparse.minor"))
    if "GNU.sparse.map" in values or version == ("1", "0"):
        try:
            return data, _pax_sparse(window, values)
        except (FormatError, ValueError, KeyError):
            view.problems.append(Problem("the map of a sparse file is broken", data))
    elif "GNU.sparse.size" in values or "GNU.sparse.realsize" in values:
        view.problems.append(Problem("a sparse file in a form that is not supported", data))
    return data, window


def _gnu_sparse(view: Tar, head: Header, data: int, size: int) -> tuple[int, Source]:
    parts = tar_header.sparse_pairs(head.block[386:482], 4)
    more = head.block[482]
    while more:
        block = view.source.read(data, BLOCK)
        if len(block) < BLOCK or len(parts) > 1_000_000:
            raise FormatError("the map of a sparse file has no end", offset=data)
        parts += tar_header.sparse_pairs(block, 21)
        more = block[504]
        data += BLOCK
    window = Window(view.source, data, size)
    try:
        return data, Sparse(window, parts, tar_header.real_size(head.block))
    except FormatError:
        view.problems.append(Problem("the map of a sparse file is broken", data))
        return data, window


def _pax_sparse(window: Window, values: dict[str, str]) -> Source:
    if "GNU.sparse.map" in values:
        numbers = [int(number) for number in values["GNU.sparse.map"].split(",")]
        taken = 0
    else:
        text = window.read(0, _MAX_TEXT)
        count = max(0, int(text[:20].split(b"\n", 1)[0]))
        lines = text.split(b"\n", 2 * count + 1)[: 2 * count + 1]
        numbers = [int(line) for line in lines[1:]]
        taken = _padded(sum(len(line) + 1 for line in lines))
    size = int(values.get("GNU.sparse.realsize") or values["GNU.sparse.size"])
    if len(numbers) % 2 or not 0 <= size < 1 << 63:
        raise ValueError
    return Sparse(Window(window, taken, window.size), list(zip(numbers[::2], numbers[1::2], strict=True)), size)


def _padded(offset: int) -> int:
    return (offset + BLOCK - 1) // BLOCK * BLOCK
