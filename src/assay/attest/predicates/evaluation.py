"""in-toto Test Result v0.1: an evaluation, its demands, and which of them held.

Source: in-toto Attestation Framework, ``spec/predicates/test-result.md``. ``assay_metrics``, ``assay_stage`` and
``assay_finishedOn`` are extension fields, which its parsing rules allow and other readers ignore.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from assay.attest.predicates import fields
from assay.core.errors import StatementError
from assay.core.evidence import Evaluation, Material
from assay.core.jsontext import Json
from assay.core.statement import TEST_RESULT, Statement, Subject
from assay.core.threshold import Threshold, unmet

RESULTS: Final = ("PASSED", "WARNED", "FAILED")


def evaluation_statement(
    *,
    stage: str,
    subject: Subject,
    configuration: Sequence[Material],
    metrics: Mapping[str, float],
    demands: Sequence[Threshold],
    finished: datetime,
) -> Statement:
    """The evaluation of ``subject``: it PASSED only if every demand is on a metric that is there and holds.

    ``configuration`` is what it was evaluated with: the data and the code.
    """
    short = unmet(demands, metrics)
    passed = [str(demand) for demand in demands if demand not in short]
    failed = [str(demand) for demand in short]
    described: list[Json] = [
        {"name": item.name, "digest": {item.digest.algorithm: item.digest.value}} for item in configuration
    ]
    return Statement(
        (subject,),
        TEST_RESULT,
        {
            "result": "FAILED" if failed else "PASSED",
            "configuration": described,
            "passedTests": list[Json](passed),
            "warnedTests": [],
            "failedTests": list[Json](failed),
            "assay_metrics": dict(metrics),
            "assay_stage": stage,
            "assay_finishedOn": fields.render_time(finished),
        },
    )


def parse_evaluation(statement: Statement, *, entry: int, signer: str) -> Evaluation:
    """Read an evaluation from a verified statement.

    :raises StatementError: a field is missing, of the wrong type, or contradicts another
    """
    predicate = statement.predicate
    result = fields.text(predicate, "result")
    failed = fields.texts(predicate, "failedTests")
    if result not in RESULTS:
        raise StatementError(f"a test result must be one of {', '.join(RESULTS)}, not {result!r}")
    if failed and result != "FAILED":
        raise StatementError(f"a test result says {result} and lists failed tests")
    return Evaluation(
        entry=entry,
        stage=fields.text(predicate, "assay_stage"),
        signer=signer,
        subjects=statement.subjects,
        result=result,
        failed=failed,
        metrics=fields.numbers(predicate, "assay_metrics"),
        finished=fields.time(predicate, "assay_finishedOn"),
        passed=fields.texts(predicate, "passedTests"),
    )
