"""The end of a version: these bytes must not be deployed any more. A later statement can undo it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay.attest.predicates import fields
from assay.core.digest import Digest
from assay.core.errors import StatementError
from assay.core.evidence import Retirement
from assay.core.jsontext import Json
from assay.core.statement import RETIREMENT, Statement, Subject, digest_from_set


@dataclass(frozen=True, slots=True)
class Reinstated:
    """The end of what the entry ``ends`` retired."""

    entry: int
    signer: str
    ends: int
    reason: str
    time: datetime


def retirement_statement(
    *, subject: Subject, reason: str, replaced_by: Digest | None, starts: datetime, time: datetime
) -> Statement:
    """From ``starts`` on, ``subject`` must not be deployed any more."""
    predicate: dict[str, Json] = {
        "action": "retire",
        "reason": reason,
        "replacedBy": {replaced_by.algorithm: replaced_by.value} if replaced_by else None,
        "from": fields.render_time(starts),
        "time": fields.render_time(time),
    }
    return Statement((subject,), RETIREMENT, predicate)


def reinstatement_statement(retired: Retirement, *, reason: str, time: datetime) -> Statement:
    """What ``retired`` says holds no longer."""
    predicate: dict[str, Json] = {
        "action": "reinstate",
        "ends": retired.entry,
        "reason": reason,
        "time": fields.render_time(time),
    }
    return Statement((retired.subject,), RETIREMENT, predicate)


def parse_retirement(statement: Statement, *, entry: int, signer: str) -> Retirement | Reinstated:
    """Read either of the two from a verified statement.

    :raises StatementError: a field is missing, of the wrong type, or a word that we do not know
    """
    predicate = statement.predicate
    reason, time = fields.text(predicate, "reason"), fields.time(predicate, "time")
    if len(statement.subjects) != 1:
        raise StatementError("a retirement must have one subject")
    match fields.text(predicate, "action"):
        case "retire":
            replaced = predicate.get("replacedBy")
            return Retirement(
                entry=entry,
                signer=signer,
                subject=statement.subjects[0],
                reason=reason,
                replaced_by=digest_from_set(replaced, what="the replacement") if replaced is not None else None,
                starts=fields.time(predicate, "from"),
                time=time,
            )
        case "reinstate":
            ends = fields.optional_integer(predicate, "ends")
            if ends is None or not 0 <= ends < entry:
                raise StatementError("a reinstatement must name an earlier entry")
            return Reinstated(entry, signer, ends, reason, time)
        case other:
            raise StatementError(f"a retirement must retire or reinstate, not {other!r}")
