"""What follows the end of something, or lies in a field that readers skip."""

from __future__ import annotations

from assay.formats.budget import Budget
from assay.formats.signature import Claim, Head
from assay.formats.source import Source

_BLOCK = 1 << 20


def after_zeros(source: Source, start: int, budget: Budget) -> int:
    """The first offset from ``start`` on that is not zero; the size, when all are.

    :raises LimitReached: the time is over
    """
    for offset in range(start, source.size, _BLOCK):
        block = source.read(offset, _BLOCK)
        left = block.lstrip(b"\0")
        if left:
            return offset + len(block) - len(left)
        budget.check_time(offset)
    return source.size


def recognised(source: Source) -> bool:
    """Whether the bytes are more than noise: a format is certain that they are its own, or they may be a pickle."""
    from assay.formats.catalogue import recognise  # noqa: PLC0415 - the catalogue names the modules that ask this

    for signature, claim in recognise(Head(source, "")):
        if not signature.harmless and (claim is Claim.CERTAIN or signature.name == "pickle"):
            return True
    return False
