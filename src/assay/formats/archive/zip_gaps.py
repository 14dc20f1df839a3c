"""What lies between the records of a zip: nothing in an ordinary one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from assay.formats.archive import zip_methods, zip_records
from assay.formats.archive.expand import expand
from assay.formats.archive.zip_records import Header
from assay.formats.budget import Budget
from assay.formats.source import Source

_BLOCK: Final = 1 << 20
_DESCRIPTORS: Final = frozenset({12, 16, 20, 24})
_SIGNING_BLOCK: Final = b"APK Sig Block 42"

PREFIX: Final = "data before the zip"
GAP: Final = "data between the entries"
TRAILING: Final = "data after the zip"


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes that a record accounts for.

    :param described: a data descriptor may follow
    :param data: an entry with its data, which may hold another zip
    """

    start: int
    end: int
    described: bool = False
    data: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes that no record accounts for; ``title`` is :data:`PREFIX`, :data:`GAP` or :data:`TRAILING`."""

    title: str
    offset: int
    length: int


def regions(source: Source, spans: Iterable[Span], budget: Budget) -> list[Region]:
    """The parts of the file that no span covers, without descriptors, signing blocks and runs of zeros."""
    found: list[Region] = []
    at, described, first = 0, False, True
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    for span in ordered:
        if span.start > at:
            length = span.start - at
            if not (described and length in _DESCRIPTORS) and not _signing_block(source, span.start, length):
                found += trimmed(source, at, span.start, PREFIX if first else GAP, budget)
        first = False
        if span.end >= at:
            at, described = span.end, span.described
    if at < source.size:
        found += trimmed(source, at, source.size, TRAILING if ordered else PREFIX, budget)
    return found


def trimmed(source: Source, start: int, end: int, title: str, budget: Budget) -> list[Region]:
    """The region without the zeros at its ends; none when there is nothing else."""
    for offset in range(start, end, _BLOCK):
        block = source.read(offset, min(_BLOCK, end - offset))
        left = block.lstrip(b"\0")
        if left:
            first = offset + len(block) - len(left)
            return [Region(title, first, end - first)]
        budget.check_time(offset)
    return []


def find_local(source: Source, start: int, end: int, budget: Budget) -> int | None:
    """The first offset of what looks like a local header and not like three bytes of something else."""
    at = start
    while at < end:
        block = source.read(at, min(_BLOCK, end - at) + 3)
        found = block.find(zip_records.LOCAL)
        while found >= 0:
            header = zip_records.local_header(source, at + found)
            if header is not None and _credible(header) and header.end <= end:
                return at + found
            found = block.find(zip_records.LOCAL, found + 1)
        at += _BLOCK
        budget.check_time(at)
    return None


def measured(source: Source, header: Header, end: int, budget: Budget) -> tuple[Header, int]:
    """The header with sizes that its data bear out, and where the next record may stand."""
    room = end - header.end
    if header.flags & zip_records.DESCRIBED and not header.compressed:
        length = room
        if header.method != zip_methods.STORED and zip_methods.supported(header.method):
            make, before = zip_methods.decoder(source, header.method, header.end, room)
            expansion = expand(source, header.end + before, room - before, make, budget)
            length = before + expansion.consumed
            header = replace(header, size=expansion.source.size, crc=expansion.crc)
        else:
            marker = _find(source, header.end, end, (zip_records.DESCRIPTOR, zip_records.LOCAL), budget)
            length = marker - header.end
            header = replace(header, size=length)
        header = replace(header, compressed=length)
        return header, _after_descriptor(source, header.end + length, end)
    if header.compressed > room:
        return replace(header, compressed=room), end
    return header, header.end + header.compressed


def _find(source: Source, start: int, end: int, markers: tuple[bytes, ...], budget: Budget) -> int:
    at = start
    while at < end:
        block = source.read(at, min(_BLOCK, end - at) + 3)
        hits = [hit for marker in markers if (hit := block.find(marker)) >= 0]
        if hits:
            return min(at + min(hits), end)
        at += _BLOCK
        budget.check_time(at)
    return end


def _after_descriptor(source: Source, at: int, end: int) -> int:
    length = 16 if source.read(at, 4) == zip_records.DESCRIPTOR else 12
    for extent in (length, length + 8):
        if source.read(at + extent, 2) == b"PK" or at + extent == end:
            return min(at + extent, end)
    return at


def _signing_block(source: Source, end: int, length: int) -> bool:
    """Android packages keep their signatures between the entries and the directory."""
    if length < 32 or source.read(end - 16, 16) != _SIGNING_BLOCK:
        return False
    return int.from_bytes(source.read(end - 24, 8), "little") + 8 == length


def _credible(header: Header) -> bool:
    name = header.raw_name
    if header.method not in zip_methods.NAMES or len(name) > 4096 or any(byte < 32 for byte in name):
        return False
    return bool(name) or not (header.compressed or header.size or header.crc)
