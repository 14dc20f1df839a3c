"""What a scan came to: one status, one order, one meaning of a rules version."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.finding import Confidence, Finding, Ignored, Location, Outcome, Scanned, Severity, Unknown
from assay.core.scan import ScanResult, counted, in_order, rules_date

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FINDING = Finding("odd-thing", Severity.MEDIUM, Confidence.LOW, "a", Location(), "odd")
CLEAN = ScanResult((), (), (Scanned("a", ("x",), None, 1, Outcome.INSPECTED),), "2026-03-01+01234567", "1", NOW, NOW)
FOUND = replace(CLEAN, findings=(FINDING,))
UNTOLD = replace(CLEAN, unknown=(Unknown("a", "LIMIT"),))
ACCEPTED = replace(CLEAN, findings=(replace(FINDING, ignored=Ignored("ours", "2026-12-31")),))


@pytest.mark.parametrize(
    ("result", "fail_on", "allow_unknown", "status"),
    [
        (CLEAN, Severity.INFO, False, 0),
        (FOUND, Severity.MEDIUM, False, 1),
        (FOUND, Severity.HIGH, False, 0),
        (UNTOLD, Severity.MEDIUM, False, 2),
        (UNTOLD, Severity.MEDIUM, True, 0),
        (replace(UNTOLD, findings=(FINDING,)), Severity.MEDIUM, True, 1),
        (replace(UNTOLD, findings=(FINDING,)), Severity.HIGH, False, 2),
        (ACCEPTED, Severity.INFO, False, 0),
        (replace(CLEAN, files=(replace(CLEAN.files[0], outcome=Outcome.UNKNOWN),)), Severity.MEDIUM, False, 2),
    ],
)
def test_findings_go_before_what_could_not_be_told_and_that_before_clean(
    result: ScanResult, fail_on: Severity, allow_unknown: bool, status: int
) -> None:
    """1, 2, 0; what a person accepted counts for nothing."""
    assert result.exit_code(fail_on, allow_unknown=allow_unknown) == status


def test_the_worst_is_of_what_nobody_accepted() -> None:
    """None when nothing stands."""
    assert FOUND.worst is Severity.MEDIUM
    assert ACCEPTED.worst is None


@given(st.permutations([replace(FINDING, path=path, severity=level) for path in "ab" for level in Severity]))
def test_findings_have_one_order(findings: list[Finding]) -> None:
    """By file, the worst first, whatever order they were made in."""
    found = [(item.path, item.severity) for item in in_order(findings)]
    assert found == [(path, level) for path in "ab" for level in sorted(Severity, reverse=True)]


def test_counting_leaves_no_severity_out() -> None:
    """The worst first."""
    assert list(counted([FINDING]).items())[2] == (Severity.MEDIUM, 1)
    assert len(counted([])) == len(Severity)


@pytest.mark.parametrize(
    ("version", "day"),
    [
        ("2026-03-01+01234567", date(2026, 3, 1)),
        ("2026-03-01", None),
        ("2026-02-30+01234567", None),
        ("2026-03-01+0123456g", None),
        ("2026-03-01+01234567\n", None),
        ("", None),
    ],
)
def test_a_rules_version_gives_its_day_or_none(version: str, day: date | None) -> None:
    """Nothing is guessed."""
    assert rules_date(version) == day
