"""Accepted findings: exactly those that were meant, for as long as was said, and never out of sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.digest import Digest
from assay.core.finding import Confidence, Finding, Ignored, Location, Outcome, Scanned, Severity
from assay.core.ignore import Ignore, apply

TODAY = date(2026, 3, 1)
FINDING = Finding("odd-thing", Severity.HIGH, Confidence.HIGH, "models/a/b.pkl", Location(), "an odd thing")
ENTRY = Ignore("odd-thing", "reviewed", date(2026, 3, 31))
BYTES = Digest("sha256", "1" * 64)
FILE = Scanned("models/a/b.pkl", (), BYTES, 1, Outcome.INSPECTED)


def accepts(entry: Ignore, finding: Finding = FINDING) -> bool:
    (found,) = apply([finding], [entry], TODAY, [FILE]).findings
    assert replace(found, ignored=None) == replace(finding, ignored=None), "nothing else changes"
    return found.ignored is not None


def test_an_accepted_finding_carries_the_reason_and_the_end() -> None:
    """It stays where it was."""
    accepted = apply([FINDING, replace(FINDING, rule="other")], [ENTRY], TODAY)
    assert accepted.findings[0].ignored == Ignored("reviewed", "2026-03-31")
    assert accepted.findings[1].ignored is None
    assert accepted.notes == ()


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        (None, True),
        ("models/a/b.pkl", True),
        ("./models/a/b.pkl", True),
        ("models/*/b.pkl", True),
        ("models/**", True),
        ("**/b.pkl", True),
        ("**/*.pk?", True),
        ("models/*", False),
        ("b.pkl", False),
        ("*.pkl", False),
        ("models/a/b.pk", False),
        ("models/a/b.pkl2", False),
        ("models.a/b.pkl", False),
        ("models/a/b.[p]kl", False),
    ],
)
def test_a_path_means_what_it_says(path: str | None, fits: bool) -> None:
    """``*`` stays within a part, ``**`` does not; everything else is itself."""
    assert accepts(replace(ENTRY, path=path)) is fits


def test_a_digest_means_these_bytes_only() -> None:
    """Of the file that the finding is in; without a digest of it nothing is accepted."""
    assert accepts(replace(ENTRY, digest=BYTES))
    assert not accepts(replace(ENTRY, digest=Digest("sha256", "2" * 64)))
    assert not accepts(replace(ENTRY, digest=BYTES), replace(FINDING, path="models/other.pkl"))


@pytest.mark.parametrize(("days", "counts"), [(-1, False), (0, True), (366, True), (367, False)])
def test_the_last_day_counts_and_nothing_is_accepted_for_ever(days: int, counts: bool) -> None:
    """What has ended, or would never end, accepts nothing, and that is told."""
    entry = replace(ENTRY, until=TODAY + timedelta(days=days))
    assert accepts(entry) is counts
    notes = apply([FINDING], [entry], TODAY).notes
    assert bool(notes) is not counts
    assert all("odd-thing" in note for note in notes)


def test_an_entry_that_fits_nothing_is_told() -> None:
    """So that lists do not grow for ever."""
    (note,) = apply([FINDING], [ENTRY, replace(ENTRY, path="gone/*.pkl")], TODAY).notes
    assert note == "the ignore of odd-thing gone/*.pkl fits no finding; remove it"


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_path_without_wildcards_fits_itself_and_no_other(path: str, other: str) -> None:
    """Whatever characters it has."""
    plain = path.replace("*", "").replace("?", "").removeprefix("./") or "x"
    assert accepts(replace(ENTRY, path=plain), replace(FINDING, path=plain))
    if other.removeprefix("./") != plain:
        assert not accepts(replace(ENTRY, path=plain), replace(FINDING, path=other))
