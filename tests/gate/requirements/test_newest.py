"""`newest`: replay of an older version is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assay.core.decision import Check, Decision
from assay.core.evidence import Evidence

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]


def test_an_older_version_is_refused_once_a_later_build_was_approved(loan: Evidence, reasons: Reasons, change) -> None:
    """Replay: the retired model and its old signature still verify, and it is denied all the same."""
    (check,) = reasons("newest = true", change.approved(loan, 8))
    assert "built later: entry 8, this one entry 5" in check.found


def test_versions_approved_earlier_do_not_stand_in_the_way(loan: Evidence, judged: Judged, change) -> None:
    """The order of the builds counts, not that of the approvals."""
    assert judged("newest = true", change.approved(loan, 4, at=50)).allowed


def test_a_later_build_that_nobody_approved_does_not_count(loan: Evidence, judged: Judged) -> None:
    """A failed attempt does not take the shipped model down."""
    assert loan.build is not None
    assert judged("newest = true", replace(loan, latest=replace(loan.build, entry=30))).allowed


def test_an_approval_after_the_build_of_bytes_nobody_knows_denies(loan: Evidence, judged: Judged, change) -> None:
    """When its build cannot be found, it may be the newer one; one from before the build cannot."""
    assert not judged("newest = true", change.approved(loan, None, at=9)).allowed
    assert judged("newest = true", change.approved(loan, None, at=4)).allowed


def test_an_approval_of_another_artifact_does_not_count(loan: Evidence, judged: Judged, change) -> None:
    """Only versions of this name compete."""
    (approval, build), *_ = change.approved(loan, 8).approved
    elsewhere = replace(approval, subject=replace(approval.subject, name="other"))
    assert judged("newest = true", replace(loan, approved=((elsewhere, build),))).allowed
