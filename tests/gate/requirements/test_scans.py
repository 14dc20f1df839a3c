"""The newest scan of exactly these bytes: by whom, what it found, what it covered, how new its rules were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from assay.core.allowance import Allowance
from assay.core.decision import Check, Decision
from assay.core.digest import DIR_HASH, Digest
from assay.core.errors import PolicyError
from assay.core.evidence import Evidence, Rejected
from assay.core.finding import Confidence, Finding, Ignored, Location, Outcome, Severity, Unknown
from assay.core.statement import Subject
from assay.gate import parse_policy

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]

DEMANDS = (
    "scanned_by = true",
    'no_finding_at_or_above = "medium"',
    "fully_covered = true",
    "rules_newer_than = 90",
)
BAD = Finding(
    "pickle-unsafe-call",
    Severity.CRITICAL,
    Confidence.MEDIUM,
    "package/m.pkl",
    Location("data.pkl", 4),
    "calls os.system",
)


@pytest.mark.parametrize("demand", DEMANDS)
def test_without_a_scan_nothing_is_told_and_the_remedy_is_to_record_one(
    demand: str, loan: Evidence, judged: Judged, reasons: Reasons
) -> None:
    """An absent scan denies, under ``not`` as well, and says what to do."""
    unscanned = replace(loan, scans=())
    (check,) = reasons(demand, unscanned)
    assert "no trusted scan of package as it is now" in check.found
    assert "assay scan" in check.remedy
    assert not judged(f"not = {{ {demand} }}", unscanned).allowed


@pytest.mark.parametrize("demand", DEMANDS)
def test_a_scan_of_other_bytes_does_not_count(demand: str, loan: Evidence, reasons: Reasons) -> None:
    """The digest decides, whatever the scan calls it."""
    other = Subject("package", Digest(DIR_HASH, "7" * 64))
    (check,) = reasons(demand, replace(loan, scans=(replace(loan.scans[0], subject=other),)))
    assert "no trusted scan" in check.found


@pytest.mark.parametrize("demand", DEMANDS)
def test_a_rejected_scan_that_nothing_newer_replaced_leaves_it_unknown(
    demand: str, loan: Evidence, judged: Judged, reasons: Reasons
) -> None:
    """What a stranger wrote may hide what a colleague found; a newer trusted scan forgives it."""
    (check,) = reasons(demand, replace(loan, rejected_scans=(Rejected(9, "", "signed by a stranger"),)))
    assert "entry 9" in check.found
    assert judged(demand, replace(loan, rejected_scans=(Rejected(6, "", "signed by a stranger"),))).allowed


def test_the_newest_scan_counts_not_the_kindest(loan: Evidence, reasons: Reasons, change) -> None:
    """A clean scan from before does not outweigh what a later one found."""
    (check,) = reasons('no_finding_at_or_above = "high"', change.scanned(loan, findings=(BAD,)))
    assert "pickle-unsafe-call in package/m.pkl, data.pkl, byte 4: calls os.system" in check.found
    assert "assay explain pickle-unsafe-call" in check.remedy


def test_severity_and_confidence_are_separate(loan: Evidence, judged: Judged, change) -> None:
    """A policy may wave through what is not certain."""
    found = change.scanned(loan, findings=(BAD,))
    assert judged('no_finding_at_or_above = { severity = "high", confidence = "high" }', found).allowed
    assert not judged('no_finding_at_or_above = { severity = "high", confidence = "medium" }', found).allowed
    assert judged('no_finding_at_or_above = "medium"', loan).allowed
    assert not judged('no_finding_at_or_above = "low"', loan).allowed


def test_an_accepted_finding_counts_only_when_asked_or_when_its_end_has_passed(
    loan: Evidence, judged: Judged, reasons: Reasons, change
) -> None:
    """The end of an acceptance is judged on the day of the decision, not of the scan."""
    accepted = change.scanned(loan, findings=(replace(BAD, ignored=Ignored("ours", "2026-03-01")),))
    assert judged('no_finding_at_or_above = "medium"', accepted).allowed
    assert not judged('no_finding_at_or_above = { severity = "medium", ignored = "count" }', accepted).allowed
    (check,) = reasons('no_finding_at_or_above = "medium"', replace(accepted, now=accepted.now + timedelta(days=1)))
    assert "accepted until 2026-03-01" in check.found


def test_an_allowance_that_ran_out_after_the_scan_leaves_it_unknown(loan: Evidence, reasons: Reasons, change) -> None:
    """What was not held against the file then may have to be now."""
    rested = change.scanned(loan, allowances=(Allowance("ours.Model", "reviewed", "2026-02-28"),))
    (check,) = reasons('no_finding_at_or_above = "medium"', rested)
    assert "ours.Model" in check.found


def test_coverage_names_what_could_not_be_told(loan: Evidence, reasons: Reasons, change) -> None:
    """File, place and reason."""
    unknown = (Unknown("package/model.onnx", "LIMIT members (100000)", Location("", 4711)),)
    (check,) = reasons("fully_covered = true", change.scanned(loan, unknown=unknown))
    assert "package/model.onnx, byte 4,711: LIMIT members" in check.found


def test_coverage_is_held_against_the_artifact_itself(loan: Evidence, reasons: Reasons, change) -> None:
    """A scan that claims the right digest and lists other files did not look at these."""
    (first, second) = loan.scans[0].files
    (check,) = reasons("fully_covered = true", change.scanned(loan, files=(first,)))
    assert second.path in check.found
    (check,) = reasons(
        "fully_covered = true", change.scanned(loan, files=(first, replace(second, outcome=Outcome.UNKNOWN)))
    )
    assert second.path in check.found


def test_coverage_fits_a_scan_under_another_name(loan: Evidence, judged: Judged, change) -> None:
    """The same bytes, scanned where they were delivered to."""
    subject = Subject("copy", loan.scans[0].subject.digest)
    files = tuple(replace(file, path=f"copy{file.path.removeprefix('package')}") for file in loan.scans[0].files)
    assert judged("fully_covered = true", change.scanned(loan, subject=subject, files=files)).allowed


def test_rules_by_age_and_by_day(loan: Evidence, judged: Judged, reasons: Reasons, change) -> None:
    """Both ways to say how new they have to be; a version that gives no day, or one to come, tells nothing."""
    assert judged("rules_newer_than = 2026-02-01", loan).allowed
    (check,) = reasons("rules_newer_than = 2026-02-02", loan)
    assert "rules from 2026-02-01" in check.found
    for version in ("unknown", "2026-13-01+0123456789", "2027-01-01+0123456789"):
        assert not judged("not = { rules_newer_than = 30 }", change.scanned(loan, rules=version)).allowed


@pytest.mark.parametrize(
    "demand",
    [
        "scanned_by = false",
        "scanned_by = []",
        'no_finding_at_or_above = "worst"',
        "no_finding_at_or_above = true",
        "no_finding_at_or_above = {}",
        'no_finding_at_or_above = { confidence = "high" }',
        'no_finding_at_or_above = { severity = "high", ignored = true }',
        'no_finding_at_or_above = { severity = "high", level = 1 }',
        "fully_covered = false",
        "rules_newer_than = 0",
        'rules_newer_than = "2026-01-01"',
        "rules_newer_than = 2026-01-01T00:00:00Z",
    ],
)
def test_a_demand_that_is_not_understood_is_refused(demand: str) -> None:
    """With its place."""
    text = f'version = 1\nname = "x"\n[require]\n{demand}\n'
    with pytest.raises(PolicyError) as caught:
        parse_policy(text.encode(), where="p.toml")
    assert caught.value.where.startswith("p.toml: require.")
