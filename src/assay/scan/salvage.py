"""Bytes that no reader understood to their end: what inside them looks like a program, an archive or a pickle.

Whoever appends a payload to a model breaks the model's reader there. The break is told as such; this names the payload.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member
from assay.scan.payload import Searcher

#: Bytes that are searched, from the start.
SEARCHED: Final = 256 << 20
#: Places that are looked into.
LOOKED_AT: Final = 16
_BLOCK: Final = 1 << 20


def hidden_in(source: Source, budget: Budget) -> Iterator[Member]:
    """What may be hidden behind the first byte, each to be inspected on its own."""
    searcher = Searcher()
    count = 0
    end = min(source.size, SEARCHED)
    for start in range(0, end, _BLOCK):
        budget.check_time(start)
        for payload in searcher.find(source, start, min(start + _BLOCK, end), budget, texts=False):
            if payload.offset == 0:
                continue
            expected = (payload.format,) if payload.format else ()
            window = Window(source, payload.offset, payload.length)
            yield Member(f"bytes at {payload.offset}", window, payload.offset, expected)
            count += 1
            if count == LOOKED_AT:
                return
