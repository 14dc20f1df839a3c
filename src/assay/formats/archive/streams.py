"""Compressed streams: gzip, zlib, bzip2, xz, LZMA, Zstandard and LZ4, each one stream after another to the end."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from assay.core.errors import FormatError
from assay.formats.archive import decoders
from assay.formats.archive.appended import after_zeros, recognised
from assay.formats.archive.archive import Archive, Place
from assay.formats.archive.expand import Decoder, Expansion, expand
from assay.formats.archive.spool import Spool
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat

GZIP: Final = b"\x1f\x8b"
XZ: Final = b"\xfd7zXZ\0"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
LZ4: Final = b"\x04\x22\x4d\x18"
_SKIPPED: Final = b"\x2a\x4d\x18"
_NAME_LIMIT: Final = 1 << 16


class Stream(Archive):
    """One or more compressed streams that follow each other."""

    def __init__(self, source: Source, name: str, form: str) -> None:
        super().__init__()
        self.source = source
        self.name = name
        self.form = form
        """``gzip``, ``zlib``, ``bzip2``, ``xz``, ``lzma``, ``zstd`` or ``lz4``."""
        self.content = Spool()
        """What comes out of all of them together."""
        self.streams = 0
        """How many there are."""
        self.written_name: str = ""
        """The file name that the first gzip header carries."""
        self.end = 0
        """Where the last stream ends."""
        self.extras: list[tuple[str, int, int]] = []
        """Fields that decompressors skip: what, offset, length."""

    def members(self) -> Iterator[Member]:
        """See :class:`~assay.formats.view.View`."""
        self.look(self.inner_name, 0, self.content)
        yield Member(self.inner_name, self.content, 0)
        for what, offset, length in self.extras:
            part = Window(self.source, offset, length)
            if recognised(part):  # indexes and notes of the compressor are none of ours
                yield Member(what, part, offset)
        if self.trailing is not None:
            yield Member("data after the stream", Window(self.source, *self.trailing), self.trailing[0])

    def places(self) -> Iterator[Place]:
        """See :class:`Archive`; only gzip writes a name, and ``gunzip -N`` obeys it."""
        if self.written_name:
            yield Place(self.written_name, 0)

    @property
    def inner_name(self) -> str:
        """The name of what is compressed, from the name of the file."""
        stem, dot, ending = self.name.rpartition(".")
        if dot and stem and ending.lower() in _TAR_ENDINGS:
            return f"{stem}.tar"
        return stem if dot and stem and ending.lower() in _ENDINGS else self.name


_ENDINGS: Final = frozenset({"gz", "gzip", "bz2", "bz", "xz", "lzma", "zst", "zstd", "lz4", "z", "zz", "zlib"})
_TAR_ENDINGS: Final = frozenset({"tgz", "taz", "tbz", "tbz2", "txz", "tzst"})


def read(source: Source, budget: Budget, name: str) -> Stream:
    """See :class:`~assay.formats.signature.Reader`."""
    form, one = _form(source)
    view = Stream(source, name, form)
    view.account(source, budget)
    while view.end < source.size and (not view.streams or one.begins(source, view.end)):
        budget.check_time(view.end)
        view.streams += 1
        at = view.end
        try:
            error = one.read(view, budget)
        except FormatError as problem:
            error = problem
        view.grew(view.inner_name, at, view.end - at, view.content.size)
        if error is not None:
            if _doubtful(source, form) and not (view.content.size and _convincing(view)):
                raise NotThisFormat(f"it does not begin as {form} data: {error.what}", offset=error.offset)
            view.stop(view.inner_name, error, at)
            return view
    if _doubtful(source, form) and not view.content.size and view.end < source.size:
        raise NotThisFormat(f"it begins as {form} data that hold nothing, and goes on", offset=view.end)
    if after_zeros(source, view.end, budget) < source.size:
        view.trailing = (view.end, source.size - view.end)
    return view


def _doubtful(source: Source, form: str) -> bool:
    """Whether the beginning alone does not prove the form."""
    head = source.read(0, 10)
    if form == "bzip2":
        return head[4:] not in {b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"}
    return form in {"zlib", "lzma"} or head[1:4] == _SKIPPED


def _convincing(view: Stream) -> bool:
    """Whether what came out before the break is more than what random bytes would give."""
    return view.content.size >= 4096 or recognised(view.content)


class _Plain:
    """Streams that carry their own checks."""

    def __init__(self, make: Callable[[], Decoder], begins: Callable[[Source, int], bool]) -> None:
        self._make = make
        self.begins = begins

    def read(self, view: Stream, budget: Budget) -> FormatError | None:
        """Read one stream where the view ends."""
        return _take(
            view, view.end, 0, expand(view.source, view.end, view.source.size, self._make, budget, into=view.content)
        )


class _Framed(_Plain):
    """Streams between which there may be frames to skip."""

    def read(self, view: Stream, budget: Budget) -> FormatError | None:
        """Read one stream where the view ends."""
        head = view.source.read(view.end, 8)
        if head[1:4] != _SKIPPED:
            return super().read(view, budget)
        length = int.from_bytes(head[4:8], "little")
        if view.end + 8 + length > view.source.size or len(head) < 8:
            raise FormatError("a skippable frame is longer than the file", offset=view.end)
        if length:
            view.extras.append(("skipped frame", view.end + 8, length))
            budget.spend_members(offset=view.end)
        view.end += 8 + length
        return None


class _Gzip:
    """Gzip members, whose header and trailer are read here: zlib would keep back what fails its check."""

    def begins(self, source: Source, at: int) -> bool:
        """Whether another member follows."""
        return source.read(at, 3) == GZIP + b"\x08"

    def read(self, view: Stream, budget: Budget) -> FormatError | None:
        """Read one member where the view ends."""
        start = view.end
        at = self._header(view, start)
        expansion = expand(view.source, at, view.source.size, decoders.Deflate, budget, into=view.content)
        error = _take(view, at, 8, expansion)
        if error is not None:
            return error
        crc, size = struct.unpack("<II", view.source.read(view.end - 8, 8))
        if crc != expansion.crc or size != expansion.size & 0xFFFF_FFFF:
            view.broken_sums.append((view.inner_name, start, False))
        return None

    def _header(self, view: Stream, start: int) -> int:
        head = view.source.read(start, 10)
        if len(head) < 10:
            raise FormatError("the gzip header ends too early", offset=start)
        flags, at = head[3], start + 10
        if flags & 0xE0:
            raise FormatError("the gzip header has unknown flags", offset=start + 3)
        if flags & 4:
            length = int.from_bytes(view.source.read(at, 2), "little")
            if length > 64:  # block compressors keep a few bytes here
                view.extras.append(("gzip extra field", at + 2, length))
            at += 2 + length
        for bit in (8, 16):
            if flags & bit:
                text = view.source.read(at, _NAME_LIMIT)
                length = text.find(b"\0")
                if length < 0:
                    raise FormatError("a text in the gzip header has no end", offset=at)
                if bit == 8 and start == 0:
                    view.written_name = text[:length].decode("latin-1")
                elif bit == 16 and length > 256:
                    view.extras.append(("gzip comment", at, length))
                at += length + 1
        return at + 2 if flags & 2 else at


class _Zlib:
    """One zlib stream; its checksum is compared here, for the same reason."""

    def begins(self, _source: Source, _at: int) -> bool:
        """Nothing follows a zlib stream."""
        return False

    def read(self, view: Stream, budget: Budget) -> FormatError | None:
        """Read the stream where the view ends."""
        expansion = expand(view.source, 2, view.source.size, decoders.Deflate, budget, into=view.content)
        error = _take(view, 2, 4, expansion)
        if error is None and int.from_bytes(view.source.read(view.end - 4, 4), "big") != _adler(view.content, budget):
            view.broken_sums.append((view.inner_name, 0, False))
        return error


def _take(view: Stream, at: int, trailer: int, expansion: Expansion) -> FormatError | None:
    """Advance the view over one stream and what is written behind it."""
    view.end = min(at + expansion.consumed + trailer, view.source.size)
    if expansion.error is None and at + expansion.consumed + trailer > view.source.size:
        return FormatError("the checksum behind the compressed data is missing", offset=view.source.size)
    return expansion.error


def _adler(content: Spool, budget: Budget) -> int:
    total = 1
    for offset in range(0, content.size, 1 << 20):
        total = zlib.adler32(content.read(offset, 1 << 20), total)
        budget.check_time(offset)
    return total


def _frames(magic: bytes) -> Callable[[Source, int], bool]:
    def begins(source: Source, at: int) -> bool:
        head = source.read(at, 4)
        return head == magic or (head[1:] == _SKIPPED and head[0] & 0xF0 == 0x50)

    return begins


def _form(source: Source) -> tuple[str, _Plain | _Gzip | _Zlib]:
    head = source.read(0, 8)
    form = next((form for magic, form in _MAGICS.items() if head.startswith(magic)), "")
    if head[1:4] == _SKIPPED:
        form = "lz4" if _after_skipped(source) == LZ4 else "zstd"
    match form:
        case "gzip":
            return form, _Gzip()
        case "bzip2":
            return form, _Plain(decoders.bzip2, _magic(b"BZh"))
        case "xz":
            return form, _Plain(decoders.xz, _magic(XZ))
        case "lz4":
            return form, _Framed(decoders.lz4, _frames(LZ4))
        case "zstd":
            return form, _Framed(decoders.Zstandard, _frames(ZSTD))
    zlib_header = len(head) >= 2 and head[0] & 0x8F == 8 and (head[0] << 8 | head[1]) % 31 == 0
    return ("zlib", _Zlib()) if zlib_header else ("lzma", _Plain(decoders.xz, lambda _source, _at: False))


_MAGICS: Final = {GZIP: "gzip", b"BZh": "bzip2", XZ: "xz", LZ4: "lz4", ZSTD: "zstd"}


def _magic(*magics: bytes) -> Callable[[Source, int], bool]:
    return lambda source, at: source.read(at, 8).startswith(magics)


def _after_skipped(source: Source) -> bytes:
    at = 0
    for _ in range(64):
        head = source.read(at, 8)
        if head[1:4] != _SKIPPED:
            return head[:4]
        at += 8 + int.from_bytes(head[4:8], "little")
    return b""
