"""Deciding: nothing is cut short, nothing unknown allows, and the connectives keep the three answers apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from assay.core.decision import Check, Decision
from assay.core.digest import Digest
from assay.core.evidence import Evidence, Material, MaterialKind
from assay.core.manifest import Comparison
from assay.gate import Policy, decide
from assay.gate.requirement import Outcome, Requirement, Verdict, whole
from assay.gate.tree import MAX_REASONS, AllOf, AnyOf, Demand, Not, Table, judge

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]

YES, NO, UNKNOWN = Verdict.HOLDS, Verdict.FAILS, Verdict.UNKNOWN


def answer(verdict: Verdict) -> Demand:
    """A demand with a fixed answer."""
    outcome = Outcome(verdict, "this", f"that {verdict}", "mend it")
    return Demand(Requirement("fixed", lambda value, where: value, lambda value, evidence: (outcome,), ""), None)


def verdict(node: Demand | AllOf | AnyOf | Not, evidence: Evidence) -> Verdict:
    judgement = judge(Table((node,)), evidence)
    assert (judgement.verdict is YES) == all(check.passed for check in judgement.checks)
    return judgement.verdict


def tables(*verdicts: Verdict) -> tuple[Table, ...]:
    return tuple(Table((answer(item),)) for item in verdicts)


def test_an_honest_pipeline_is_allowed_with_a_check_for_each_requirement(loan: Evidence, judged: Judged) -> None:
    """The decision shows what held, too."""
    decision = judged('newest = true\nintact = "all"', loan)
    assert decision.allowed
    assert [check.requirement for check in decision.checks] == ["ledger", "artifact", "newest", "intact"]
    assert decision.digest == (loan.artifact and loan.artifact.digest)


def test_every_reason_is_listed_at_once(loan: Evidence, reasons: Reasons) -> None:
    """Nobody has to mend one thing to learn of the next."""
    spoiled = replace(loan, now=loan.now + timedelta(days=9), ledger_problem="entry 3 was altered", found={})
    names = [check.requirement for check in reasons('signed_by = ["ci"]\nmax_age_days = 1\nintact = "all"', spoiled)]
    assert list(dict.fromkeys(names)) == ["ledger", "signed_by", "max_age_days", "intact"]


def test_a_ledger_that_does_not_prove_whole_always_denies(loan: Evidence, reasons: Reasons) -> None:
    """Whatever the policy says: a rewritten ledger can say anything."""
    (check,) = reasons("newest = true", replace(loan, ledger_problem="the checkpoint does not match"))
    assert check.requirement == "ledger" and "checkpoint" in check.found


def test_an_artifact_that_must_not_be_read_always_denies(loan: Evidence, reasons: Reasons) -> None:
    """Could not look is never clean, even if a build is at hand."""
    first, *_ = reasons("newest = true", replace(loan, artifact=None, refused="model is a symbolic link to /tmp/x"))
    assert first.requirement == "artifact" and "symbolic link" in first.found
    assert not decide(
        Policy("p", Digest("sha256", "0" * 64), Table((answer(YES),))), replace(loan, refused="odd")
    ).allowed


@pytest.mark.parametrize(
    "empty",
    [Table(()), Table((AllOf(()),)), Table((AnyOf(()),)), Table((Not(Table(())),)), Table((AnyOf((Table(()),)),))],
)
def test_an_empty_policy_allows_nothing(empty: Table, loan: Evidence) -> None:
    """Even one that was put together by hand; an empty demand is neither met nor refuted."""
    assert not decide(Policy("empty", Digest("sha256", "0" * 64), empty), loan).allowed


def test_a_requirement_that_says_nothing_denies(loan: Evidence) -> None:
    """Silence is no answer."""
    silent = Demand(Requirement("silent", lambda value, where: value, lambda value, evidence: (), ""), None)
    assert verdict(silent, loan) is UNKNOWN
    assert verdict(Not(Table((silent,))), loan) is UNKNOWN


@pytest.mark.parametrize(
    ("branches", "every", "some"),
    [
        ((YES, YES), YES, YES),
        ((YES, NO), NO, YES),
        ((YES, UNKNOWN), UNKNOWN, YES),
        ((NO, UNKNOWN), NO, UNKNOWN),
        ((NO, NO), NO, NO),
        ((UNKNOWN, UNKNOWN), UNKNOWN, UNKNOWN),
    ],
)
def test_all_and_any_combine_three_answers(
    branches: tuple[Verdict, ...], every: Verdict, some: Verdict, loan: Evidence
) -> None:
    """Kleene's strong logic of three values, in either order."""
    for ordered in (branches, branches[::-1]):
        assert verdict(AllOf(tables(*ordered)), loan) is every
        assert verdict(AnyOf(tables(*ordered)), loan) is some


@pytest.mark.parametrize(("inner", "outer"), [(YES, NO), (NO, YES), (UNKNOWN, UNKNOWN)])
def test_not_swaps_what_is_certain_and_keeps_what_is_unknown(inner: Verdict, outer: Verdict, loan: Evidence) -> None:
    """Missing evidence must not satisfy ``not``: deleting a statement would be enough to pass."""
    assert verdict(Not(Table((answer(inner),))), loan) is outer
    assert verdict(Not(Table((Not(Table((answer(inner),))),))), loan) is inner


def test_within_one_requirement_the_unknown_outweighs_the_certain() -> None:
    """What is missing might have changed the answer: the newest evaluation may be the one that cannot be read."""
    assert whole([Outcome(NO, "", ""), Outcome(UNKNOWN, "", "")]) is UNKNOWN
    assert whole([Outcome(NO, "", ""), Outcome(YES, "", "")]) is NO
    assert whole([]) is UNKNOWN


def test_when_any_fails_the_reasons_of_all_its_tables_are_shown(loan: Evidence, reasons: Reasons) -> None:
    """One chooses which of them to mend."""
    old = replace(loan, now=loan.now + timedelta(days=9))
    failed = reasons('any = [{ max_age_days = 1 }, { signed_by = ["ci"], newest = true }]', old)
    names = [check.requirement for check in failed]
    assert list(dict.fromkeys(names)) == ["any", "any[0].max_age_days", "any[1].signed_by"]


def test_when_any_holds_its_failed_tables_are_no_reasons(loan: Evidence, judged: Judged) -> None:
    """What need not hold is not reported as failed."""
    decision = judged('any = [{ signed_by = ["ci"] }, { newest = true }]', loan)
    assert decision.allowed
    assert "any[1] holds" in decision.checks[-1].found


def test_not_says_what_holds_against_it(loan: Evidence, judged: Judged, reasons: Reasons) -> None:
    """A soak time: nothing younger than a day is shipped."""
    (check,) = reasons("not = { max_age_days = 1 }", loan)
    assert check.requirement == "not" and "the oldest is from" in check.found
    assert judged("not = { max_age_days = 1 }", replace(loan, now=loan.now + timedelta(days=2))).allowed


def test_a_flood_of_reasons_is_counted_and_not_listed(loan: Evidence, reasons: Reasons, change) -> None:
    """A folder of files that are all altered must not bury the other requirements."""
    materials = tuple(Material(f"{n}.py", Digest("sha256", "a" * 64), MaterialKind.CODE) for n in range(500))
    flooded = change.rebuilt(loan, "collect", materials=materials)
    failed = reasons('intact = "all"\nsigned_by = ["ci"]', flooded)
    intact = [check for check in failed if check.requirement == "intact"]
    assert len(intact) == MAX_REASONS
    assert f"{500 - MAX_REASONS} more" in intact[-1].found
    assert failed[-1].requirement == "signed_by"


def test_no_control_character_of_the_evidence_reaches_a_reason(loan: Evidence, reasons: Reasons, change) -> None:
    """File and stage names are hostile input: they must not rewrite the terminal or reverse a line."""
    evil = "\x1b[2K\u202eok\n"
    hostile = change.rebuilt(loan, "package", signer=evil, stage=evil, isolation=())
    hostile = replace(
        hostile,
        name=evil,
        build=None,
        latest=hostile.chain[0],
        found={evil: replace(hostile.found["package"], name=evil, comparison=Comparison((evil,), (), ()))},
        ledger_problem=evil,
    )
    told = reasons(
        'signed_by = ["ci"]\nprovenance = "complete"\nisolated = true\nintact = "all"\ncode = "committed"\n'
        'evaluation = "passed"\nstages = "declared"',
        hostile,
    )
    for check in (
        *told,
        *reasons('signed_by = ["ci"]\nisolated = true', change.rebuilt(loan, "train", stage=evil, isolation=())),
    ):
        assert (check.expected + check.found + check.remedy).isprintable(), check


def test_the_same_evidence_gives_the_same_decision(loan: Evidence, judged: Judged) -> None:
    """Pure: nothing but policy and evidence decides, and no set's order shows."""
    text = 'signed_by = ["ci"]\ncode = "committed"\nintact = "all"\nevaluation = ["a > 1"]'
    shuffled = replace(loan, found=dict(reversed(loan.found.items())))
    assert judged(text, loan) == judged(text, shuffled)
