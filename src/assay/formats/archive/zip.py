"""Zip archives, read from both ends: the central directory, the local headers, and whatever lies between them.

Two readers of the same zip may see different things: one trusts the directory, another walks the local headers, a third
searches for the last end record. Everything any of them would see is a member here, and where they differ is kept for
the rules.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from assay.core.errors import FormatError
from assay.formats.archive import ar, tar, zip_entries, zip_gaps, zip_methods, zip_records, zip_row
from assay.formats.archive.archive import Archive, Place, shown
from assay.formats.archive.expand import Expansion, expand
from assay.formats.archive.zip_entries import Entry
from assay.formats.archive.zip_gaps import Region
from assay.formats.archive.zip_records import End
from assay.formats.budget import Budget, LimitReached
from assay.formats.signature import Claim, Head
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat, Problem

#: Bytes of entries that are not compressed whose checksums are compared; the rest, of large models, is taken as it is.
_CHECKED: Final = 32 << 20
#: Beyond this, entries together may not expand to more than one alone.
_AT_ONCE: Final = 256 << 20


class Zip(Archive):
    """A zip."""

    def __init__(self, source: Source, budget: Budget, name: str) -> None:
        super().__init__()
        self.source = source
        self.name = name
        self.budget = budget
        self.entries: tuple[Entry, ...] = ()
        """Every entry, by offset of its header: listed ones and others, each reading of an ambiguous one."""
        self.ends: list[End] = []
        """End records that stand on their own, the one that counts for most readers first."""
        self.directories: int = 0
        """Different central directories that readers may take for the one."""
        self.miscounted: tuple[int, int] | None = None
        """How many entries the end record says there are, and how many there are, when these differ."""
        self.regions: tuple[Region, ...] = ()
        """Bytes that belong to no record: before, between and after them; zeros aside."""
        self.wrong_size: list[tuple[Entry, int]] = []
        """Entries that expand to another size than declared. Filled while members are read, as the next two."""
        self.not_encrypted: list[Entry] = []
        """Entries that say they are encrypted, and are not."""
        self._checked = 0
        self._given = 0
        self.slack: list[tuple[Entry, int]] = []
        """Entries whose compressed data end early, and how many bytes lie behind them."""

    @property
    def start(self) -> int:
        """Where the first record stands."""
        return min((entry.header_offset for entry in self.entries), default=self.ends[0].first if self.ends else 0)

    def named(self, name: str) -> Entry | None:
        """The entry of that name which most readers take: the last that is listed."""
        return next((entry for entry in reversed(self.entries) if entry.name == name and entry.listed), None)

    def open(self, entry: Entry) -> Source:
        """What the entry holds; a window when it is stored, expanded otherwise, as far as that goes.

        :raises FormatError: it cannot be read at all
        """
        if entry.method == zip_methods.STORED:
            return Window(self.source, entry.offset, entry.compressed_size)
        expansion, _ = self._expand(entry)
        if expansion.error is not None and not expansion.size:
            raise expansion.error
        return expansion.source

    def members(self) -> Iterator[Member]:
        """Every entry that holds anything, then whatever lies outside all entries."""
        for entry in self.entries:
            if self._given > _AT_ONCE and self._given > self.budget.limits.ratio * self.source.size:
                self.stop(entry.name, LimitReached("ratio", self.budget.limits.ratio), entry.header_offset)
                return
            if entry.local is None or entry.special or (entry.is_folder and not entry.compressed_size):
                continue
            self.budget.check_time(entry.header_offset)
            for source in self._readings(entry):
                if entry.is_folder and not source.size:
                    continue
                self.look(entry.name, entry.header_offset, source)
                yield Member(entry.name, source, entry.header_offset, zip_entries.expected(entry))
        for region in self.regions:
            if region.title != zip_gaps.PREFIX or not self._read_by_another():
                yield Member(region.title, Window(self.source, region.offset, region.length), region.offset)
        for end in self.ends:
            if end.comment and not _printable(end.comment):
                yield Member("comment", Window(self.source, end.end - len(end.comment), len(end.comment)), end.offset)

    def places(self) -> Iterator[Place]:
        """See :class:`Archive`."""
        for entry in self.entries:
            link = None
            if entry.link and entry.local is not None:
                try:
                    link = self.open(entry).read(0, 4096).decode("utf-8", "surrogateescape")
                except FormatError:
                    link = ""
            for name in dict.fromkeys(zip_entries.names(entry)):
                yield Place(name, entry.header_offset, link, False, entry.special, entry.is_folder)

    def _readings(self, entry: Entry) -> Iterator[Source]:
        """The entry's data; twice when two readers would make different things of it."""
        data = Window(self.source, entry.offset, entry.compressed_size)
        if data.size < entry.compressed_size:
            self.problems.append(Problem(f"{shown(entry.name)}: it ends after the end of the file", entry.offset))
        if entry.method == zip_methods.STORED:
            yield self._stored(entry, data)
        elif entry.method == zip_methods.AES:
            self.closed.append((entry.name, entry.offset))
            self.problems.append(Problem(f"{shown(entry.name)}: it is encrypted", entry.offset))
        elif zip_methods.supported(entry.method):
            yield from self._expanded(entry)
        else:
            what = f"compression method {zip_methods.described(entry.method)} is not supported"
            self.closed.append((entry.name, entry.offset))
            self.problems.append(Problem(f"{shown(entry.name)}: {what}", entry.offset))
            if data.size:  # a reader that does not know the method may take the bytes as they are
                yield data

    def _expanded(self, entry: Entry) -> Iterator[Source]:
        try:
            expansion, before = self._expand(entry)
        except FormatError as error:
            self.stop(entry.name, error, entry.offset)
            return
        self._given += expansion.size
        self.grew(entry.name, entry.header_offset, expansion.consumed, expansion.size)
        if expansion.error is None:
            if entry.encrypted:
                self.not_encrypted.append(entry)
            if expansion.size != entry.size:
                self.wrong_size.append((entry, expansion.size))
            if expansion.crc != entry.crc:
                self.broken_sums.append((entry.name, entry.header_offset, not entry.crc))
        elif entry.encrypted and not expansion.bomb:
            self.closed.append((entry.name, entry.offset))
            self.problems.append(Problem(f"{shown(entry.name)}: it is encrypted", entry.offset))
            return
        else:
            self.stop(entry.name, expansion.error, entry.header_offset)
        yield expansion.source
        used = before + expansion.consumed
        rest = Window(self.source, entry.offset + used, entry.compressed_size - used)
        if expansion.error is None and any(rest.read(0, 1 << 16)):
            self.slack.append((entry, rest.size))
            yield rest

    def _stored(self, entry: Entry, data: Window) -> Source:
        if data.size != entry.size and data.size == entry.compressed_size:
            self.wrong_size.append((entry, data.size))
        if entry.encrypted or self._checked + data.size <= _CHECKED:
            self._checked += data.size
            if self._crc(data) == entry.crc:
                if entry.encrypted:
                    self.not_encrypted.append(entry)
            elif entry.encrypted:
                self.problems.append(Problem(f"{shown(entry.name)}: it is encrypted", entry.offset))
            else:
                self.broken_sums.append((entry.name, entry.header_offset, not entry.crc))
        return data

    def _read_by_another(self) -> bool:
        """Whether another format is certain that the whole file is its own, and so reads what comes before the zip."""
        from assay.formats.catalogue import recognise  # noqa: PLC0415 - the catalogue names this module

        claims = recognise(Head(self.source, self.name))
        return any(claim is Claim.CERTAIN and signature.name != "zip" for signature, claim in claims)

    def _crc(self, data: Source) -> int:
        crc = 0
        for offset in range(0, data.size, 1 << 20):
            crc = zlib.crc32(data.read(offset, 1 << 20), crc)
            self.budget.check_time(offset)
        return crc

    def _expand(self, entry: Entry) -> tuple[Expansion, int]:
        make, before = zip_methods.decoder(self.source, entry.method, entry.offset, entry.compressed_size)
        start, length = entry.offset + before, entry.compressed_size - before
        return expand(self.source, start, length, make, self.budget), before


def read(source: Source, budget: Budget, name: str) -> Zip:
    """See :class:`~assay.formats.signature.Reader`."""
    if zip_row.begins_one(source, 0) and zip_row.starts(source, budget):
        raise NotThisFormat("it is a row of several zips")
    view = Zip(source, budget, name)
    view.account(source, budget)
    entries: list[Entry] = []
    spans: list[zip_gaps.Span] = []
    try:
        _directories(view, entries, spans)
        regions = zip_gaps.regions(source, spans, budget)
        for region in regions:
            found, rest = _unlisted(view, region)
            entries += found
            view.regions += rest
    except FormatError as error:
        view.note(error)
    view.entries = tuple(sorted(entries, key=lambda entry: (entry.header_offset, not entry.listed)))
    view.regions = tuple(
        replace(region, title=zip_gaps.GAP)
        if region.title == zip_gaps.PREFIX and region.offset > view.start
        else region
        for region in view.regions
    )
    for region in view.regions:
        if region.title == zip_gaps.TRAILING:
            view.trailing = (region.offset, region.length)
    if not entries and not view.ends:
        raise NotThisFormat("no zip record can be read")
    if view.ends and _inside_another(source, budget, view):
        raise NotThisFormat("the zip is one file of the archive that this is")
    if not view.ends:
        view.problems.append(Problem("the zip has no central directory"))
    return view


def _inside_another(source: Source, budget: Budget, view: Zip) -> bool:
    """Whether the zip is a whole member of a tar or Unix archive, which is read there."""
    end = view.ends[0]
    entries: Sequence[ar.Entry | tar.Entry]
    if source.read(0, 8) == ar.MAGIC:
        entries = ar.read(source, budget, "").entries
    elif source.read(257, 5) == b"ustar":
        entries = tar.read(source, budget, "").entries
    else:
        return False
    first = min((entry.header_offset for entry in view.entries if entry.listed), default=end.first)
    return any(entry.offset <= first and end.end <= entry.offset + entry.size for entry in entries)


def _directories(view: Zip, entries: list[Entry], spans: list[zip_gaps.Span]) -> None:
    """Read every directory that an end record of its own names."""
    seen: set[int] = set()
    for end in zip_records.ends(view.source):
        if any(span.start <= end.offset < span.end for span in spans if span.data):
            continue  # it belongs to a zip that is stored in this one
        view.ends.append(end)
        spans.append(zip_gaps.Span(end.first, end.end))
        shift = end.directory - end.declared
        places = {end.directory: shift}
        if shift and view.source.read(end.declared, 4) == zip_records.CENTRAL:
            places[end.declared] = 0
        for directory, base in places.items():
            if directory not in seen:
                seen.add(directory)
                _directory(view, end, directory, base, entries, spans)


def _directory(
    view: Zip, end: End, directory: int, base: int, entries: list[Entry], spans: list[zip_gaps.Span]
) -> None:
    count, after = 0, directory
    known = {(entry.header_offset, entry.name) for entry in entries} if entries else set()
    for listed in zip_records.central_entries(view.source, directory, end.first, view.budget):
        count, after = count + 1, listed.header.end
        entry = zip_entries.from_directory(view.source, listed, base)
        if entry.local is None:
            what = f"{shown(entry.name)}: its local header is missing"
            view.problems.append(Problem(what, listed.header.offset))
        else:
            spans.append(zip_gaps.Span(entry.header_offset, entry.end, bool(entry.flags & zip_records.DESCRIBED), True))
        if known and (entry.header_offset, entry.name) in known:
            continue
        entries.append(entry)
        other = zip_entries.variant(entry)
        if other is not None:
            entries.append(other)
    spans.append(zip_gaps.Span(directory, after))
    if count or not view.directories:
        view.directories += 1
    if count != end.count and count % 65536 != end.count:
        view.miscounted = view.miscounted or (end.count, count)


def _unlisted(view: Zip, region: Region) -> tuple[list[Entry], tuple[Region, ...]]:
    """The local headers in a region that no directory lists, and what is left of the region."""
    entries: list[Entry] = []
    rest: list[Region] = []
    at, end = region.offset, region.offset + region.length
    while at < end:
        offset = zip_gaps.find_local(view.source, at, end, view.budget)
        rest += zip_gaps.trimmed(view.source, at, end if offset is None else offset, region.title, view.budget)
        if offset is None:
            break
        view.budget.spend_members(offset=offset)
        local = zip_records.local_header(view.source, offset)
        assert local is not None, "it was found because it can be read"
        local, at = zip_gaps.measured(view.source, local, end, view.budget)
        if local.raw_name or local.compressed:  # Android's build tools fill holes with headers of nothing
            entries.append(zip_entries.from_local(local))
    return entries, tuple(rest)


def _printable(comment: bytes) -> bool:
    try:
        text = comment.decode()
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n" for letter in text)


__all__ = ["Entry", "Zip", "read"]
