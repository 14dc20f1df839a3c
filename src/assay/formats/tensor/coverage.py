"""Which bytes of a file the declared tensors cover, which lie between or behind them, and which are claimed twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member

_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The bytes ``begin`` up to ``end`` that something named ``name`` takes."""

    begin: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that nothing declared covers.

    :param zeros: nothing but zero bytes
    :param trailing: behind the last tensor rather than before one
    """

    begin: int
    end: int
    zeros: bool
    trailing: bool

    @property
    def place(self) -> str:
        """Where it lies, as the name of a member."""
        return f"{'trailing data' if self.trailing else 'gap'} at {self.begin}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The result of :func:`cover`."""

    gaps: tuple[Gap, ...] = ()
    overlaps: tuple[tuple[Span, Span], ...] = ()

    def members(self, source: Source) -> Iterator[Member]:
        """The gaps that hold something."""
        for gap in self.gaps:
            if not gap.zeros:
                yield Member(gap.place, Window(source, gap.begin, gap.end - gap.begin), gap.begin)


def cover(spans: Iterable[Span], source: Source, budget: Budget, *, start: int, alignment: int = 1) -> Coverage:
    """Measure what lies between ``start`` and the end of ``source``.

    :param spans: in any order; empty ones count for nothing
    :param alignment: where the format pads each span with zeros to a multiple of this, counted from ``start``
    :raises LimitReached: the time is over
    """
    gaps: list[Gap] = []
    overlaps: list[tuple[Span, Span]] = []
    reached, last = start, None
    for span in sorted(spans):
        if span.begin >= span.end:
            continue
        if last is not None and span.begin < last.end:
            overlaps.append((last, span))
        elif span.begin > reached:
            gaps.extend(_gap(source, budget, reached, min(span.begin, source.size), _padded(reached, start, alignment)))
        if last is None or span.end > last.end:
            reached, last = max(span.end, start), span
    gaps.extend(_gap(source, budget, reached, source.size, _padded(reached, start, alignment), trailing=True))
    return Coverage(tuple(gaps), tuple(overlaps))


def _padded(offset: int, start: int, alignment: int) -> int:
    return start + -(-(offset - start) // alignment) * alignment


def _gap(source: Source, budget: Budget, begin: int, end: int, padded: int, *, trailing: bool = False) -> Iterator[Gap]:
    """The bytes, unless they are the zeros that the format pads with."""
    if begin < end:
        zeros = _zeros(source, budget, begin, end)
        if not (zeros and end <= padded):
            yield Gap(begin, end, zeros, trailing)


def _zeros(source: Source, budget: Budget, begin: int, end: int) -> bool:
    for offset in range(begin, end, _BLOCK):
        budget.check_time(offset)
        if source.read(offset, min(_BLOCK, end - offset)).strip(b"\x00"):
            return False
    return True
