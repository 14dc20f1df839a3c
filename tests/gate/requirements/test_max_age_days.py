"""`max_age_days`: recent enough, and not from the future."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from assay.core.decision import Check, Decision
from assay.core.evidence import Evidence

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]


def test_an_old_build_deep_in_the_chain_denies(loan: Evidence, reasons: Reasons, change) -> None:
    """Packaging stale data today does not make it fresh."""
    long_ago = loan.now - timedelta(days=40)
    (check,) = reasons("max_age_days = 30", change.rebuilt(loan, "collect", started=long_ago, finished=long_ago))
    assert "stage collect (entry 1) is 40.0 days old" in check.found


def test_an_old_evaluation_denies(loan: Evidence, reasons: Reasons, change) -> None:
    """An evaluation ages as a build does."""
    (check,) = reasons("max_age_days = 30", change.evaluated(loan, finished=loan.now - timedelta(days=31)))
    assert "evaluation" in check.found


def test_evidence_from_the_future_denies_and_a_little_skew_does_not(loan: Evidence, judged: Judged, change) -> None:
    """A time that lies ahead would stay fresh for ever."""
    assert judged("max_age_days = 1", change.rebuilt(loan, "package", finished=loan.now + timedelta(minutes=4))).allowed
    ahead = change.rebuilt(loan, "package", finished=loan.now + timedelta(minutes=6))
    assert not judged("max_age_days = 1", ahead).allowed
    assert not judged("not = { max_age_days = 1 }", ahead).allowed


def test_a_late_start_does_not_make_an_old_build_young(loan: Evidence, judged: Judged, change) -> None:
    """Age is counted from the end of the run, whatever its beginning claims."""
    odd = change.rebuilt(loan, "train", started=loan.now, finished=loan.now - timedelta(days=9))
    assert not judged("max_age_days = 1", odd).allowed
