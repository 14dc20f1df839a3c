"""7z archives: a bounded reader of their headers; the content goes through the standard library's filters.

Source: ``7zFormat.txt`` and ``Methods.txt`` of the LZMA SDK 24.09. Encrypted archives and methods that the standard
library lacks (PPMd, BCJ2) are told, not guessed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from assay.core.errors import FormatError
from assay.formats.archive import sevenzip_header as layout
from assay.formats.archive.appended import after_zeros
from assay.formats.archive.archive import Archive, Place
from assay.formats.archive.sevenzip_coders import unpack
from assay.formats.archive.sevenzip_header import Streams
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in it.

    :param block: which of the compressed blocks holds it; ``-1`` when it is empty
    :param offset: where it starts in what the block expands to
    """

    name: str
    block: int
    offset: int
    size: int
    crc: int | None
    is_folder: bool
    link: bool


class SevenZip(Archive):
    """A 7z archive."""

    def __init__(self, source: Source, budget: Budget) -> None:
        super().__init__()
        self.source = source
        self.budget = budget
        self.entries: list[Entry] = []
        self.streams = Streams()
        self.links: dict[str, str] = {}
        """Symbolic links and their targets. Filled while members are read."""

    def members(self) -> Iterator[Member]:
        """Every file, block by block, then what lies after the end."""
        current, content = -1, None
        for entry in self.entries:
            if entry.block < 0 or entry.is_folder or not entry.size:
                continue
            if entry.block != current:
                current, content = entry.block, self._block(entry.block)
            if content is None:
                self.closed.append((entry.name, self.streams.blocks[entry.block].offset))
                continue
            part = Window(content, entry.offset, entry.size)
            if part.size == entry.size and entry.crc is not None and self._crc(part) != entry.crc:
                self.broken_sums.append((entry.name, self.streams.blocks[entry.block].offset, False))
            if entry.link:
                self.links[entry.name] = part.read(0, 4096).decode("utf-8", "surrogateescape")
            offset = self.streams.blocks[entry.block].offset
            self.look(entry.name, offset, part)
            yield Member(entry.name, part, offset)
        if self.trailing is not None:
            yield Member("data after the archive", Window(self.source, *self.trailing), self.trailing[0])

    def places(self) -> Iterator[Place]:
        """See :class:`Archive`; links have their targets once the members were read."""
        for entry in self.entries:
            offset = self.streams.blocks[entry.block].offset if entry.block >= 0 else 0
            yield Place(entry.name, offset, self.links.get(entry.name), False, "", entry.is_folder)

    def _block(self, index: int) -> Source | None:
        block = self.streams.blocks[index]
        try:
            source, error = unpack(self.source, block, self.budget)
        except FormatError as problem:
            self.stop(f"block {index}", problem, block.offset)
            return None
        if error is not None:
            self.stop(f"block {index}", error, block.offset)
        return source

    def _crc(self, source: Source) -> int:
        crc = 0
        for offset in range(0, source.size, 1 << 20):
            crc = zlib.crc32(source.read(offset, 1 << 20), crc)
            self.budget.check_time(offset)
        return crc


def read(source: Source, budget: Budget, name: str) -> SevenZip:
    """See :class:`~assay.formats.signature.Reader`."""
    start = source.read(0, 32)
    if len(start) < 32 or not start.startswith(layout.MAGIC):
        raise NotThisFormat(f"{name} does not begin as a 7z archive", offset=0)
    view = SevenZip(source, budget)
    view.account(source, budget)
    offset, length = int.from_bytes(start[12:20], "little"), int.from_bytes(start[20:28], "little")
    try:
        header = _header(source, 32 + offset, length, budget)
        if header:
            _entries(view, layout.read_header(header, source.size, budget))
        end = 32 + offset + length
        if after_zeros(source, end, budget) < source.size:
            view.trailing = (end, source.size - end)
    except FormatError as error:
        view.note(error)
    return view


def _header(source: Source, offset: int, length: int, budget: Budget) -> bytes:
    """The header, expanded as often as it was compressed."""
    if offset + length > source.size:
        raise FormatError("the 7z header lies beyond the end of the file", offset=12)
    budget.check_held(length, offset=offset)
    data = source.read(offset, length)
    for _ in range(4):
        block = layout.encoded_header(data, source.size)
        if block is None:
            return data
        budget.check_held(block.size, offset=offset)
        content, error = unpack(source, block, budget)
        if error is not None:
            raise FormatError(f"the 7z header cannot be expanded: {error.what}", offset=block.offset)
        data = content.read(0, min(content.size, block.size))
    raise FormatError("the 7z header is compressed too often", offset=offset)


def _entries(view: SevenZip, header: layout.Header) -> None:
    view.streams = header.streams
    parts = iter(header.streams.parts)
    for file in header.files:
        if not file.has_stream:
            view.entries.append(Entry(file.name, -1, 0, 0, None, file.is_folder, False))
            continue
        part = next(parts, None)
        if part is None:
            raise FormatError("the 7z header lists more files than it has content for")
        view.entries.append(
            Entry(file.name, part.block, part.offset, part.size, part.crc, file.is_folder, file.is_link)
        )
    for part in parts:
        title = f"content {part.offset} of block {part.block} without a name"
        view.entries.append(Entry(title, part.block, part.offset, part.size, part.crc, False, False))
