"""A person's approval: these bytes may go into this environment. A later statement can withdraw it.

The gate's own decisions are SLSA Verification Summaries (``summary.py``); this is for people, who answer for more than
a policy can check.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from assay.attest.predicates import fields
from assay.core.errors import StatementError
from assay.core.evidence import SignOff
from assay.core.jsontext import Json
from assay.core.statement import APPROVAL, Statement, Subject


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The end of what the entry ``ends`` approved."""

    entry: int
    signer: str
    ends: int
    reason: str
    time: datetime


def approval_statement(
    *, subject: Subject, environment: str, until: date | None, note: str, despite: str, time: datetime
) -> Statement:
    """Somebody answers for ``subject`` in ``environment``.

    :param despite: why, although the evidence was broken; empty when it was whole
    """
    predicate: dict[str, Json] = {
        "action": "approve",
        "environment": environment,
        "until": until.isoformat() if until else None,
        "note": note,
        "despite": despite,
        "time": fields.render_time(time),
    }
    return Statement((subject,), APPROVAL, predicate)


def withdrawal_statement(approved: SignOff, *, reason: str, time: datetime) -> Statement:
    """What ``approved`` says holds no longer."""
    predicate: dict[str, Json] = {
        "action": "withdraw",
        "environment": approved.environment,
        "ends": approved.entry,
        "reason": reason,
        "time": fields.render_time(time),
    }
    return Statement((approved.subject,), APPROVAL, predicate)


def parse_sign_off(statement: Statement, *, entry: int, signer: str) -> SignOff | Withdrawn:
    """Read either of the two from a verified statement.

    :raises StatementError: a field is missing, of the wrong type, or a word that we do not know
    """
    predicate, time = statement.predicate, fields.time(statement.predicate, "time")
    if len(statement.subjects) != 1:
        raise StatementError("an approval must have one subject")
    match fields.text(predicate, "action"):
        case "approve":
            return SignOff(
                entry=entry,
                signer=signer,
                subject=statement.subjects[0],
                environment=fields.text(predicate, "environment"),
                until=date.fromisoformat(fields.day(predicate, "until")) if predicate.get("until") else None,
                note=fields.optional_text(predicate, "note"),
                despite=fields.optional_text(predicate, "despite"),
                time=time,
            )
        case "withdraw":
            ends = fields.optional_integer(predicate, "ends")
            if ends is None or not 0 <= ends < entry:
                raise StatementError("a withdrawal must name an earlier entry")
            return Withdrawn(entry, signer, ends, fields.text(predicate, "reason"), time)
        case other:
            raise StatementError(f"an approval must approve or withdraw, not {other!r}")
