"""Approvals and retirements as evidence: who is counted, and what denies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.decision import Check, Decision
from assay.core.errors import PolicyError
from assay.core.evidence import Evidence, Rejected, Retirement, SignOff
from assay.core.statement import Subject
from assay.gate import decide, parse_policy

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]

TWO = 'approved_for = { environment = "production", threshold = 2 }'


def sign_off(
    evidence: Evidence, signer: str, *, entry: int = 9, environment: str = "production", ends: int = 0
) -> SignOff:
    assert evidence.artifact is not None
    until = evidence.now.date() + timedelta(days=ends) if ends else None
    subject = Subject(evidence.name, evidence.artifact.digest)
    return SignOff(entry, signer, subject, environment, until, "", "", evidence.now)


@given(
    st.lists(st.tuples(st.sampled_from(["ada", "bob", "eve", "ml-team"]), st.sampled_from(["production", "staging"])))
)
def test_it_holds_exactly_when_enough_different_people_approved(
    loan: Evidence, approvals: list[tuple[str, str]]
) -> None:
    """Twice by one person is one approval, the builder's is none, another environment's is none."""
    given_ = tuple(
        sign_off(loan, who, entry=9 + place, environment=where) for place, (who, where) in enumerate(approvals)
    )
    policy = parse_policy(f'version = 1\nname = "p"\n[require]\n{TWO}\n'.encode(), where="p")
    people = {who for who, where in approvals if where == "production"} - {"ml-team"}
    assert decide(policy, replace(loan, sign_offs=given_)).allowed == (len(people) >= 2)


def test_who_counts_can_be_named(loan: Evidence, judged: Judged, reasons: Reasons) -> None:
    """Somebody else's approval is told and not counted."""
    demand = 'approved_for = { environment = "production", by = ["ada"] }'
    assert judged(demand, replace(loan, sign_offs=(sign_off(loan, "ada"),))).allowed
    (check,) = reasons(demand, replace(loan, sign_offs=(sign_off(loan, "bob"),)))
    assert "bob (entry 9) is not named" in check.found


def test_an_approval_that_ended_is_told_and_not_counted(loan: Evidence, judged: Judged, reasons: Reasons) -> None:
    """Its last day counts."""
    demand = 'approved_for = { environment = "production" }'
    assert judged(demand, replace(loan, sign_offs=(sign_off(loan, "ada", ends=1),))).allowed
    (check,) = reasons(demand, replace(loan, sign_offs=(sign_off(loan, "ada", ends=-1),)))
    assert "ada (entry 9) approved it until 2026-02-28" in check.found


def test_without_a_known_builder_nobody_can_be_told_from_the_builder(loan: Evidence, judged: Judged) -> None:
    """Not allowed, and under ``not`` not either."""
    unknown = replace(loan, build=None, chain=(), sign_offs=(sign_off(loan, "ada"), sign_off(loan, "bob")))
    assert not judged(TWO, unknown).allowed
    assert not judged(f"not = {{ {TWO} }}", unknown).allowed


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("true", "must be a table"),
        ("{ threshold = 2 }", "environment is missing"),
        ('{ environment = "" }', "no usable name"),
        ('{ environment = "p", threshold = 0 }', "from 1 to"),
        ('{ environment = "p", threshold = true }', "from 1 to"),
        ('{ environment = "p", threshold = 2, by = ["ada"] }', "can never be 2 approvals"),
        ('{ environment = "p", by = ["ada", "ada"] }', "twice in one list"),
        ('{ environment = "p", own_work = false }', "must be true"),
        ('{ environment = "p", stage = "x" }', "is not known"),
    ],
)
def test_a_demand_that_cannot_be_meant_is_refused(value: str, problem: str) -> None:
    """With its place, before anything is decided."""
    with pytest.raises(PolicyError, match=problem):
        parse_policy(f'version = 1\nname = "p"\n[require]\napproved_for = {value}\n'.encode(), where="p")


def test_a_retirement_denies_from_its_beginning_on(loan: Evidence, judged: Judged, reasons: Reasons) -> None:
    """And says by whom, why, and what to deploy instead."""
    assert loan.artifact is not None
    subject = Subject(loan.name, loan.artifact.digest)
    item = Retirement(9, "ada", subject, "leaks", subject.digest, loan.now, loan.now)
    assert judged("not_retired = true", loan).allowed
    (check,) = reasons("not_retired = true", replace(loan, retirements=(item,)))
    assert "was retired by ada" in check.found
    assert "leaks" in check.found
    assert subject.digest.short in check.remedy
    later = replace(item, starts=loan.now + timedelta(seconds=1))
    assert judged("not_retired = true", replace(loan, retirements=(later,))).allowed


def test_a_retirement_that_does_not_verify_is_neither_yes_nor_no(loan: Evidence, judged: Judged) -> None:
    """It denies, under ``not`` as well."""
    doubtful = replace(loan, rejected_retirements=(Rejected(9, "", "signed by nobody"),))
    assert not judged("not_retired = true", doubtful).allowed
    assert not judged("not = { not_retired = true }", doubtful).allowed
