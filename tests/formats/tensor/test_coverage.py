"""What lies between tensors, and which of them share bytes."""

from __future__ import annotations

from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.formats.tensor.coverage import Coverage, Span, cover

DATA = b"\1" * 64


def covered(*spans: tuple[int, int], data: bytes = DATA, alignment: int = 1) -> Coverage:
    """What these spans leave of the bytes."""
    return cover(
        [Span(begin, end, str(begin)) for begin, end in spans], Memory(data), Budget(), start=0, alignment=alignment
    )


def test_neighbours_do_not_overlap() -> None:
    """One begins where the other ends: nothing between them, nothing shared."""
    assert covered((0, 32), (32, 64)) == Coverage()


def test_one_shared_byte_is_an_overlap() -> None:
    """And which two share it is told."""
    (pair,) = covered((0, 33), (32, 64)).overlaps
    assert [(span.begin, span.end) for span in pair] == [(0, 33), (32, 64)]


def test_zeros_up_to_the_alignment_are_padding_and_no_further() -> None:
    """A format may pad; what is more, or is not zero, is a gap."""
    data = b"\1" * 20 + bytes(12) + b"\1" * 32
    assert not covered((0, 20), (32, 64), data=data, alignment=32).gaps
    (gap,) = covered((0, 20), (32, 64), data=data, alignment=8).gaps
    assert (gap.begin, gap.end, gap.zeros, gap.trailing) == (20, 32, True, False)
    (gap,) = covered((0, 20), (32, 64), alignment=32).gaps
    assert not gap.zeros
