"""Payloads in bytes that no reader understood."""

from __future__ import annotations

import gzip

from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.scan.payload import Searcher
from assay.scan.salvage import LOOKED_AT, hidden_in

PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."
PACKED = gzip.compress(PICKLE, mtime=0)


def test_a_payload_is_a_member_where_it_begins() -> None:
    """To be inspected on its own; the one at the first byte is what could not be read, not what hides there."""
    members = list(hidden_in(Memory(PACKED + b"\xff" * 64 + PACKED), Budget()))
    assert [member.offset for member in members] == [len(PACKED) + 64]


def test_text_alone_is_no_payload() -> None:
    """Words stand in vocabularies and notes; what is run begins in a way of its own."""
    words = b"\xff" * 64 + b"import os and then call the system, as the manual says on its second page\n" * 20
    assert any(found.text for found in Searcher().find(Memory(words), 0, len(words), Budget()))
    assert list(hidden_in(Memory(words), Budget())) == []


def test_the_search_ends() -> None:
    """Bytes full of beginnings cost no more than a few looks."""
    assert len(list(hidden_in(Memory((b"\xff" * 64 + PACKED) * (LOOKED_AT + 5)), Budget()))) == LOOKED_AT
