"""A damaged file: an error or a named problem, never a traceback, and never a wrong answer that looks right."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assay.core.errors import StoreError
from assay.store.audit import audit, check_head
from assay.store.ledger import Ledger

PAGE = 4096


def content(ledger: Ledger) -> object:
    """Everything that a reader can be told."""
    return (
        ledger.origin,
        list(ledger.entries()),
        [ledger.checkpoint_at(size) for size in range(ledger.size + 1)],
        [list(ledger.find(name=f"file-{number}")) for number in range(12)],
        list(ledger.find(predicate_type="tag:test,2026:thing")),
    )


@dataclass(frozen=True, repr=False)
class Whole:
    """A good ledger's bytes, and what it says."""

    data: bytes
    said: object


@pytest.fixture
def whole(filled: Ledger) -> Whole:
    return Whole(filled.path.read_bytes(), content(filled))


def check(data: bytes, said: object, key: Any) -> None:
    """Whatever the file holds now: it cannot be read, or the audit objects, or it says what it said."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        path.write_bytes(data)
        try:
            with Ledger.open(path) as ledger:
                report = audit(ledger, verifier=key)
                assert report.problems or content(ledger) == said
        except StoreError as error:
            assert error.what
        try:
            with Ledger.open(path, writable=True) as ledger:
                check_head(ledger, verifier=key, witness=None, entries=range(ledger.size))
                assert content(ledger) == said or not audit(ledger, verifier=key).clean
                ledger.append([ledger.entry(0).envelope], signer=key, verifier=key)
        except StoreError as error:
            assert error.what


anything = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@anything
@given(flips=st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 255)), min_size=1, max_size=4))
@example(flips=[(18, 3), (19, 3)])  # the header says write-ahead log
@example(flips=[(59, 3)])  # the text encoding
@example(flips=[(31, 1)])  # the number of pages
@example(flips=[(47, 7)])  # a schema format that is not known
def test_flipped_bytes(whole: Whole, key: Any, flips: list[tuple[int, int]]) -> None:
    """One to four bytes anywhere."""
    data = bytearray(whole.data)
    for place, mask in flips:
        data[place % len(data)] ^= mask
    check(bytes(data), whole.said, key)


@anything
@given(
    flips=st.lists(st.tuples(st.integers(0, 2**10), st.integers(0, 119), st.integers(1, 255)), min_size=1, max_size=3)
)
def test_flipped_page_heads(whole: Whole, key: Any, flips: list[tuple[int, int, int]]) -> None:
    """Where SQLite keeps its counts and pointers, damage does the most harm."""
    data = bytearray(whole.data)
    for page, place, mask in flips:
        data[page % (len(data) // PAGE) * PAGE + place] ^= mask
    check(bytes(data), whole.said, key)


@settings(anything, max_examples=40)
@given(start=st.integers(0, 2**20), junk=st.binary(min_size=1, max_size=9000))
def test_overwritten_ranges(whole: Whole, key: Any, start: int, junk: bytes) -> None:
    """A stretch of something else, as a bad disk or another program leaves it."""
    data = bytearray(whole.data)
    place = start % len(data)
    data[place : place + len(junk)] = junk[: len(data) - place]
    check(bytes(data), whole.said, key)


@pytest.mark.parametrize("keep", [0.0, 0.001, 0.1, 0.5, 0.9, 0.99])
def test_cut_short(whole: Whole, key: Any, keep: float) -> None:
    """A copy that was interrupted is never taken for a shorter ledger."""
    data, said = whole.data, whole.said
    check(data[: int(len(data) * keep)], said, key)


@pytest.mark.parametrize("word", [b"envelope", b"CREATE TABLE", b"example.org", b"subjects_by_name"])
def test_text_that_is_no_text(whole: Whole, key: Any, word: bytes) -> None:
    """Names and texts that are not UTF-8, which Python meets before SQLite does."""
    assert word in whole.data
    check(whole.data.replace(word, b"\xc4" + word[1:]), whole.said, key)


def test_swapped_pages(whole: Whole, key: Any) -> None:
    """Pages of good data in each other's place, two by two."""
    data, said = whole.data, whole.said
    pages = [data[start : start + PAGE] for start in range(0, len(data), PAGE)]
    for one in range(1, len(pages)):
        for two in range(1, one):
            changed = list(pages)
            changed[one], changed[two] = pages[two], pages[one]
            check(b"".join(changed), said, key)


@pytest.mark.parametrize("journal", [b"", b"junk" * 300, b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(4088)])
def test_a_false_journal_beside_it(
    whole: Whole, filled: Ledger, key: Any, journal: bytes, envelope: Callable[..., bytes]
) -> None:
    """A journal that somebody put there does not change what the ledger says without being noticed."""
    filled.path.with_name(f"{filled.path.name}-journal").write_bytes(journal)
    try:
        with Ledger.open(filled.path) as ledger:
            report = audit(ledger, verifier=key)
            assert report.problems or content(ledger) == whole.said
    except StoreError as error:
        assert error.what
