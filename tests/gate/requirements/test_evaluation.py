"""`evaluation`: the newest evaluation counts, and who made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from assay.core.decision import Check, Decision
from assay.core.digest import Digest
from assay.core.evidence import Evidence, Rejected
from assay.core.statement import Subject

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]

OTHER = Digest("sha256", "9" * 64)


@pytest.mark.parametrize("demand", ['["roc_auc >= 0.5"]', '"passed"', '"passed_if_any"'])
@pytest.mark.parametrize("result", ["FAILED", "WARNED", "passed", ""])
def test_a_newer_evaluation_that_did_not_pass_outweighs_an_older_one_that_did(
    demand: str, result: str, loan: Evidence, reasons: Reasons, change
) -> None:
    """Shopping for an old good result does not work; only PASSED is PASSED."""
    (check,) = reasons(f"evaluation = {demand}", change.evaluated(loan, result=result, failed=("roc_auc >= 0.9",)))
    assert "entry 7" in check.found and "roc_auc >= 0.9" in check.found


def test_an_older_evaluation_that_failed_does_not_count(loan: Evidence, judged: Judged) -> None:
    """The newest one counts, by the ledger and not by its place in the list."""
    older = replace(loan.evaluations[0], entry=2, result="FAILED")
    assert judged('evaluation = "passed"', replace(loan, evaluations=(*loan.evaluations, older))).allowed


def test_each_stage_that_evaluates_counts_for_itself(loan: Evidence, judged: Judged) -> None:
    """A fairness test that failed is not covered by a later test of accuracy."""
    fair = replace(loan.evaluations[0], entry=3, stage="fairness", result="FAILED")
    assert not judged('evaluation = "passed"', replace(loan, evaluations=(*loan.evaluations, fair))).allowed


def test_an_evaluation_of_an_output_that_was_left_aside_does_not_count(loan: Evidence, reasons: Reasons) -> None:
    """A good spare model vouches for nothing, although the same build made it."""
    spare = loan.chain[1].outputs[1]
    beside = replace(loan, evaluations=(replace(loan.evaluations[0], subjects=(spare,)),))
    assert "no trusted evaluation" in reasons('evaluation = "passed"', beside)[0].found


def test_an_evaluation_of_a_file_inside_the_artifact_counts(loan: Evidence, judged: Judged) -> None:
    """The model inside the package is what one evaluates."""
    assert loan.artifact is not None
    inside = Subject("package/model.onnx", dict(loan.artifact.files())["package/model.onnx"])
    assert judged(
        'evaluation = "passed"', replace(loan, evaluations=(replace(loan.evaluations[0], subjects=(inside,)),))
    ).allowed


def test_an_evaluation_of_other_bytes_under_the_same_name_does_not_count(loan: Evidence, judged: Judged) -> None:
    """Name and digest both have to be those of the product."""
    other = replace(loan.evaluations[0], subjects=(Subject("model.onnx", OTHER),))
    assert not judged('evaluation = "passed"', replace(loan, evaluations=(other,))).allowed


def test_every_metric_is_reported_at_once(loan: Evidence, reasons: Reasons) -> None:
    """One that is missing and one that falls short are two reasons."""
    failed = reasons('evaluation = ["roc_auc >= 0.9", "recall > 0"]', loan)
    assert "roc_auc is 0.81" in failed[0].found
    assert "no evaluation reports recall; reported: roc_auc" in failed[1].found


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_metric_that_is_no_number_satisfies_nothing(value: float, loan: Evidence, judged: Judged, change) -> None:
    """Infinity is greater than any bound and no measurement."""
    assert not judged('evaluation = ["roc_auc >= 0.5"]', change.evaluated(loan, metrics={"roc_auc": value})).allowed


def test_no_evaluation_will_do_only_where_the_policy_says_so(loan: Evidence, judged: Judged) -> None:
    """``passed`` wants one, ``passed_if_any`` does not."""
    never = replace(loan, evaluations=())
    assert not judged('evaluation = "passed"', never).allowed
    assert judged('evaluation = "passed_if_any"', never).allowed


def test_a_rejected_statement_might_have_been_a_failed_evaluation(loan: Evidence, judged: Judged) -> None:
    """Spoiling the signature of a FAILED evaluation does not make it go away."""
    spoiled = replace(loan, rejected=(Rejected(8, "evaluate", "the signature does not hold"),))
    assert not judged('evaluation = "passed_if_any"', spoiled).allowed
    assert not judged('evaluation = "passed"', spoiled).allowed


def test_evaluated_by_wants_an_evaluation(loan: Evidence, judged: Judged) -> None:
    """Who judged cannot be told when nobody did."""
    assert not judged('evaluated_by = ["ml-team"]', replace(loan, evaluations=())).allowed
