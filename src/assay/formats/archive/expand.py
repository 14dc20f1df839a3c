"""Decompression in small, counted steps: no more is held than asked for, and nothing before a break is lost."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from assay.core.errors import FormatError
from assay.formats.archive.spool import Spool
from assay.formats.budget import Budget, LimitReached
from assay.formats.source import Source

_IN: Final = 64 << 10
#: The most that comes out of a decoder at once.
STEP: Final = 1 << 20


class Decoder(Protocol):
    """One compressed stream, decompressed step by step."""

    finished: bool
    """Its end was met."""

    def feed(self, data: bytes, limit: int) -> bytes:
        """Take input and give at most about ``limit`` bytes; call with ``b""`` while :attr:`hungry` is false.

        :raises FormatError: the stream is broken; what this call would have given is lost
        """

    @property
    def hungry(self) -> bool:
        """Whether it needs more input to go on."""

    @property
    def unused(self) -> int:
        """Bytes of what it was fed that lie beyond its end."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What came out.

    :param source: all that came out until the end or the break
    :param size: bytes that came out of this stream
    :param consumed: bytes of input that belong to the stream
    :param crc: CRC-32 of what came out of this stream
    :param error: why it stopped before its end
    """

    source: Spool
    size: int
    consumed: int
    crc: int
    error: FormatError | None

    @property
    def bomb(self) -> bool:
        """Whether it stopped because too much came out."""
        return isinstance(self.error, LimitReached) and self.error.limit in {"expanded", "ratio"}


def expand(
    source: Source, start: int, length: int, make: Callable[[], Decoder], budget: Budget, *, into: Spool | None = None
) -> Expansion:
    """Decompress one stream that begins at ``start`` and has at most ``length`` bytes.

    Never raises for what the bytes hold: what came out before a break is kept and the break told beside it.

    :param into: where to append what comes out, when it continues an earlier stream
    """
    spool = into if into is not None else Spool()
    run = _Run(source, start, min(start + length, source.size), make)
    crc = 0
    error: FormatError | None = None
    # What a decoder was about to give when it met the break is lost; the same again in ever smaller steps saves it.
    for limit in (STEP, 4096, 1):
        error = None
        try:
            for out in run.steps(limit):
                spool.write(out)
                crc = zlib.crc32(out, crc)
                budget.spend_expanded(len(out), total_in=run.at - start, total_out=run.given, offset=run.at)
        except LimitReached as reached:
            error = reached
            break
        except FormatError as broken:
            error = broken if broken.offset is not None else FormatError(broken.what, offset=run.at)
            if not run.broken:
                break
        else:
            break
    return Expansion(spool, run.given, run.at - start - run.unused, crc, error)


class _Run:
    """One stream on its way through a decoder, as often as it takes."""

    def __init__(self, source: Source, start: int, end: int, make: Callable[[], Decoder]) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.make = make
        self.at = start
        self.given = 0
        self.unused = 0
        self.broken = False

    def steps(self, limit: int) -> Iterator[bytes]:
        """What comes out beyond what an earlier run has given; in steps of ``limit`` from there."""
        self.at, self.broken = self.start, False
        skip = self.given
        decoder = self.make()
        while not decoder.finished:
            block = b""
            if decoder.hungry:
                block = self.source.read(self.at, min(_IN, self.end - self.at))
                if not block:
                    raise FormatError("the compressed data ends too early", offset=self.at)
                self.at += len(block)
            try:
                out = decoder.feed(block, limit if not skip else min(STEP, skip))
            except FormatError:
                self.broken = True
                raise
            if skip:
                skip, out = max(0, skip - len(out)), out[skip:]
            self.given += len(out)
            yield out
        self.unused = decoder.unused
