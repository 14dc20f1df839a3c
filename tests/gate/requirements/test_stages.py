"""`stages`: every stage, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from assay.core.decision import Check, Decision
from assay.core.evidence import Evidence

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]


def test_declared_stages_that_are_missing_are_named(loan: Evidence, reasons: Reasons) -> None:
    """A stage that assay.toml declares cannot be left out."""
    extended = replace(loan, pipeline=("collect", "prepare", "audit", "train", "package"))
    (check,) = reasons('stages = "declared"', extended)
    assert "stage audit" in check.found


def test_a_stage_that_evaluated_is_in_the_chain(loan: Evidence, judged: Judged, reasons: Reasons, change) -> None:
    """Its evaluation has its place in the order, too; evaluating again later takes nothing away."""
    demand = 'stages = ["train", "evaluate", "package"]'
    assert judged(demand, loan).allowed
    assert judged(demand, change.evaluated(loan, finished=loan.now)).allowed
    assert judged('stages = "declared"', replace(loan, pipeline=(*loan.pipeline, "evaluate"))).allowed
    (check,) = reasons(demand, replace(loan, evaluations=(replace(loan.evaluations[0], entry=7),)))
    assert "stage evaluate (entry 7) finished" in check.found
    assert "stage evaluate" in reasons(demand, replace(loan, evaluations=()))[0].found


@pytest.mark.parametrize("demand", ['"declared"', '["collect", "prepare", "train", "package"]'])
def test_a_stage_that_began_before_its_input_was_finished_denies(
    demand: str, loan: Evidence, reasons: Reasons, change
) -> None:
    """Order is checked by the clock as well as by the ledger."""
    hasty = change.rebuilt(loan, "train", started=loan.chain[2].started)
    (check,) = reasons(f"stages = {demand}", hasty)
    assert "stage train (entry 3) began" in check.found


def test_stages_in_another_order_than_the_list_deny(loan: Evidence, reasons: Reasons) -> None:
    """The list is an order, not a set."""
    assert len(reasons('stages = ["train", "prepare"]', loan)) == 1


def test_independent_stages_may_run_in_any_order_when_declared(loan: Evidence, judged: Judged) -> None:
    """Only what was read decides the order of the stages that assay.toml declares."""
    assert judged('stages = "declared"', replace(loan, pipeline=("prepare", "collect", "train", "package"))).allowed


def test_declared_passes_without_stages_only_if_there_is_no_assay_toml(loan: Evidence, judged: Judged) -> None:
    """With an assay.toml that does not know the artifact, nobody can say what should have run."""
    assert not judged('stages = "declared"', replace(loan, pipeline=())).allowed
    assert judged('stages = "declared"', replace(loan, pipeline=(), configured=False)).allowed
