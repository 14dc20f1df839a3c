"""Events: what happened that no standard predicate can say, such as a denial or a stage that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from assay.attest.predicates import fields
from assay.core.jsontext import Json
from assay.core.statement import EVENT, Statement, Subject


def event_statement(
    *, action: str, stage: str, subjects: Sequence[Subject], time: datetime, details: Mapping[str, Json]
) -> Statement:
    """Something happened to ``subjects`` at ``time``.

    :param action: what happened, e.g. ``gate-denied`` or ``stage-failed``
    :param stage: the stage or phase of the pipeline it happened in
    """
    predicate: dict[str, Json] = {
        "action": action,
        "stage": stage,
        "time": fields.render_time(time),
        "details": dict(details),
    }
    return Statement(tuple(subjects), EVENT, predicate)
