"""Each requirement: its documentation, one evidence that satisfies it and a twin that does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from assay.core.decision import Check, Decision
from assay.core.digest import Digest
from assay.core.evidence import Evidence
from assay.core.finding import Confidence, Finding, Location, Severity
from assay.gate import DEFAULT_POLICY, decide, parse_policy
from assay.gate.requirements import REQUIREMENTS

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]

OTHER = Digest("sha256", "9" * 64)
BAD = (Finding("pickle-unsafe-call", Severity.CRITICAL, Confidence.HIGH, "package/a", Location(), "calls os.system"),)
HEADINGS = ("## What it demands", "## Example", "## When it fails")


@dataclass(frozen=True)
class Twin:
    """A requirement that holds on the honest pipeline, and a change after which it does not."""

    requirement: str
    spoil: Callable[..., Evidence]


TWINS = {
    "signed_by": Twin('signed_by = ["ml-team"]', lambda e, change: change.rebuilt(e, "prepare", signer="mallory")),
    "provenance": Twin('provenance = "complete"', lambda e, _: replace(e, chain=e.chain[:-1])),
    "stages": Twin('stages = ["collect", "train"]', lambda e, _: replace(e, chain=e.chain[:-1])),
    "evaluation": Twin(
        'evaluation = ["roc_auc >= 0.8"]', lambda e, change: change.evaluated(e, metrics={"roc_auc": 0.79})
    ),
    "evaluated_by": Twin('evaluated_by = ["ml-team"]', lambda e, change: change.evaluated(e, signer="mallory")),
    "max_age_days": Twin("max_age_days = 1", lambda e, _: replace(e, now=e.now + timedelta(days=2))),
    "newest": Twin("newest = true", lambda e, change: change.approved(e, 8)),
    "not_retired": Twin("not_retired = true", lambda e, change: change.retired(e)),
    "approved_for": Twin(
        'approved_for = { environment = "production", by = ["ada"] }', lambda e, _: replace(e, sign_offs=())
    ),
    "intact": Twin('intact = "all"', lambda e, change: change.altered(e, "rates.csv", digest=OTHER)),
    "code": Twin('code = "committed"', lambda e, change: change.altered(e, "train.py", digest=OTHER)),
    "scanned_by": Twin('scanned_by = ["security"]', lambda e, change: change.scanned(e, signer="mallory")),
    "no_finding_at_or_above": Twin(
        'no_finding_at_or_above = "medium"', lambda e, change: change.scanned(e, findings=BAD)
    ),
    "fully_covered": Twin("fully_covered = true", lambda e, change: change.scanned(e, files=())),
    "rules_newer_than": Twin("rules_newer_than = 30", lambda e, _: replace(e, now=e.now + timedelta(days=3))),
    "isolated": Twin("isolated = true", lambda e, change: change.rebuilt(e, "train", isolation=("environment",))),
}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda item: item.name)
def test_every_requirement_documents_itself_with_an_example_that_parses(requirement) -> None:
    """The reference is made of these docstrings, so a heading that is missing is a gap in it."""
    places = [requirement.doc.index(heading) for heading in HEADINGS]
    assert places == sorted(places)
    example = re.search(r"```toml\n(.*?)```", requirement.doc, re.DOTALL)
    assert example is not None
    text = f'version = 1\nname = "example"\n[require]\n{example[1]}'
    policy = parse_policy(text.encode(), where="example.toml")
    assert [node.requirement.name for node in policy.requirement.nodes] == [requirement.name]


def test_names_are_unique_and_not_those_of_the_connectives() -> None:
    """Two requirements of one name would shadow each other."""
    names = [requirement.name for requirement in REQUIREMENTS]
    assert len(set(names)) == len(names)
    assert not {"any", "all", "not"}.intersection(names)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda item: item.name)
def test_every_requirement_has_an_evidence_that_satisfies_it_and_a_twin_that_does_not(
    requirement, loan: Evidence, judged: Judged, reasons: Reasons, change
) -> None:
    """A requirement that cannot be met, or cannot be broken, is none."""
    twin = TWINS[requirement.name]
    assert judged(twin.requirement, loan).allowed
    failed = reasons(twin.requirement, twin.spoil(loan, change))
    assert {check.requirement for check in failed} == {requirement.name}


@pytest.mark.parametrize("name", TWINS)
def test_no_requirement_holds_when_the_build_is_unknown(name: str, loan: Evidence, reasons: Reasons, change) -> None:
    """Absent evidence denies, shortly and without a crash; ``newest`` and all the others alike."""
    failed = reasons(TWINS[name].requirement, change.unbuilt(loan))
    assert any("no trusted build" in check.found for check in failed)


@pytest.mark.parametrize("name", TWINS)
def test_no_requirement_counts_as_false_when_the_build_is_unknown(
    name: str, loan: Evidence, judged: Judged, change
) -> None:
    """``not`` of what could not be told must not succeed."""
    assert not judged(f"not = {{ {TWINS[name].requirement} }}", change.unbuilt(loan)).allowed


def test_the_default_policy_allows_the_honest_pipeline(loan: Evidence) -> None:
    """What ``assay verify`` demands is met by a pipeline that did everything right."""
    decision = decide(DEFAULT_POLICY, loan)
    assert decision.allowed, decision.reasons


def test_the_reference_names_every_requirement_and_its_policies_parse() -> None:
    """docs/policy.md is written by hand, so that it keeps up is checked."""
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### `(\w+)`$", page, re.MULTILINE)
    assert headings == [requirement.name for requirement in REQUIREMENTS] + ["any", "all", "not"]
    for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        text = block if "version" in block else f'version = 1\nname = "example"\n[require]\n{block}'
        assert parse_policy(text.encode(), where="policy.md").requirement.nodes


def test_the_reference_shows_the_default_policy_as_it_is() -> None:
    """What the page shows is what is shipped, comments aside."""
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    shown = re.search(r"## The default policy\n\n```toml\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    assert parse_policy(shown[1].encode(), where="policy.md").requirement == DEFAULT_POLICY.requirement
