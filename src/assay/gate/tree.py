"""The requirements of a policy as a tree, and how it is judged.

Three answers, as Kleene's strong logic combines them: a table holds when every key holds and fails when one of them
fails for certain; ``any`` holds when one table holds and fails when all of them fail for certain; ``not`` swaps the
two certain answers. ``UNKNOWN`` stays unknown under ``not``, so a thing that could not be told never counts as its
opposite. Nothing is cut short: every branch is judged, so that every reason is known at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from assay.core.decision import Check
from assay.core.evidence import Evidence
from assay.gate.requirement import Outcome, Requirement, Verdict, whole

#: How many reasons one requirement may give; what is beyond is counted in the last one.
MAX_REASONS: Final = 100


@dataclass(frozen=True, slots=True)
class Demand:
    """A requirement with the value that the policy gave it."""

    requirement: Requirement[Any]
    value: object


@dataclass(frozen=True, slots=True)
class Table:
    """Holds when every one of its nodes holds; without nodes it never does."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds when every table holds."""

    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when at least one table holds."""

    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when the table fails for certain."""

    table: Table


Node: TypeAlias = Demand | AllOf | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its checks: all of them passed if and only if the verdict is ``HOLDS``."""

    verdict: Verdict
    checks: tuple[Check, ...]


def judge(table: Table, evidence: Evidence, *, place: str = "") -> Judgement:
    """Judge ``table``; ``place`` stands before the name of each check, such as ``any[0].``."""
    return _every((_node(node, evidence, place) for node in table.nodes), place)


def _node(node: Node, evidence: Evidence, place: str) -> Judgement:
    match node:
        case Demand():
            return _demand(node, evidence, place)
        case AllOf(tables):
            return _every(_branches(tables, evidence, f"{place}all"), place)
        case AnyOf(tables):
            return _any(_branches(tables, evidence, f"{place}any"), f"{place}any")
        case Not(table):
            return _not(judge(table, evidence, place=f"{place}not."), f"{place}not")


def _branches(tables: tuple[Table, ...], evidence: Evidence, place: str) -> list[Judgement]:
    return [judge(table, evidence, place=f"{place}[{index}].") for index, table in enumerate(tables)]


def _demand(demand: Demand, evidence: Evidence, place: str) -> Judgement:
    outcomes = demand.requirement.check(demand.value, evidence)
    verdict, name = whole(outcomes), f"{place}{demand.requirement.name}"
    if not outcomes:
        return Judgement(verdict, (Check(name, False, "an answer", "the requirement gave none", "Report this."),))
    told = [outcome for outcome in outcomes if outcome.verdict is not Verdict.HOLDS] or list(outcomes)
    return Judgement(verdict, tuple(_check(name, outcome) for outcome in _bounded(told)))


def _check(name: str, outcome: Outcome) -> Check:
    return Check(name, outcome.verdict is Verdict.HOLDS, outcome.expected, outcome.found, outcome.remedy)


def _bounded(outcomes: list[Outcome]) -> list[Outcome]:
    if len(outcomes) <= MAX_REASONS:
        return outcomes
    last, rest = outcomes[MAX_REASONS - 1], len(outcomes) - MAX_REASONS + 1
    more = Outcome(last.verdict, last.expected, f"{last.found}; and {rest - 1} more like it", last.remedy)
    return [*outcomes[: MAX_REASONS - 1], more]


def _every(judgements: Iterable[Judgement], place: str) -> Judgement:
    told = tuple(judgements)
    if not told:
        empty = Check(f"{place}require", False, "at least one requirement", "none", "State what has to hold.")
        return Judgement(Verdict.UNKNOWN, (empty,))
    verdicts = {judgement.verdict for judgement in told}
    verdict = next(item for item in (Verdict.FAILS, Verdict.UNKNOWN, Verdict.HOLDS) if item in verdicts)
    return Judgement(verdict, tuple(check for judgement in told for check in judgement.checks))


def _any(branches: list[Judgement], name: str) -> Judgement:
    expected = f"at least one of {len(branches)} tables holds"
    for index, branch in enumerate(branches):
        if branch.verdict is Verdict.HOLDS:
            found = "; ".join(check.found for check in branch.checks)
            return Judgement(Verdict.HOLDS, (Check(name, True, expected, f"{name}[{index}] holds: {found}"),))
    certain = bool(branches) and all(branch.verdict is Verdict.FAILS for branch in branches)
    head = Check(
        name, False, expected, "none of them holds", "Mend one of the tables below; the others may stay as they are."
    )
    reasons = tuple(check for branch in branches for check in branch.checks if not check.passed)
    return Judgement(Verdict.FAILS if certain else Verdict.UNKNOWN, (head, *reasons))


def _not(inner: Judgement, name: str) -> Judgement:
    told = "; ".join(f"{check.requirement}: {check.found}" for check in inner.checks if not check.passed)
    match inner.verdict:
        case Verdict.FAILS:
            expected = "the table fails for certain"
            return Judgement(Verdict.HOLDS, (Check(name, True, expected, f"it does: {told}"),))
        case Verdict.HOLDS:
            found = "; ".join(f"{check.requirement}: {check.found}" for check in inner.checks)
            check = Check(
                name, False, "the table does not hold", f"it holds: {found}", "Mend what the table describes."
            )
            return Judgement(Verdict.FAILS, (check,))
        case Verdict.UNKNOWN:
            expected = "the table fails for certain, on verified evidence"
            remedy = "Bring the evidence that is missing; that something could not be told proves nothing."
            return Judgement(Verdict.UNKNOWN, (Check(name, False, expected, f"it could not be told: {told}", remedy),))
