"""A callable that models may call although no list of ours knows it: who answers for it, why, until when.

A later statement can take it back, naming the entry of the one that it ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from assay.attest.predicates import fields
from assay.core.digest import SHA256, Digest
from assay.core.errors import StatementError
from assay.core.jsontext import Json
from assay.core.statement import ALLOWANCE, Statement, Subject

_ALLOW: Final = "allow"
_REVOKE: Final = "revoke"


@dataclass(frozen=True, slots=True)
class Allowed:
    """``subjects`` are the artifact and its files; when ``everything`` is set, it holds for every artifact."""

    entry: int
    signer: str
    callable: str
    everything: bool
    subjects: tuple[Subject, ...]
    reason: str
    until: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    """The end of what the entry ``ends`` allowed."""

    entry: int
    signer: str
    ends: int
    reason: str
    time: datetime


def allowance_statement(
    *, callable_name: str, subjects: Sequence[Subject], reason: str, until: date, time: datetime
) -> Statement:
    """Somebody answers for ``callable_name`` in ``subjects``; in every artifact when there are none."""
    predicate: dict[str, Json] = {
        "action": _ALLOW,
        "callable": callable_name,
        "scope": "artifact" if subjects else "everything",
        "reason": reason,
        "until": until.isoformat(),
        "time": fields.render_time(time),
    }
    return Statement(tuple(subjects) or (_itself(callable_name),), ALLOWANCE, predicate)


def revocation_statement(allowed: Allowed, *, reason: str, time: datetime) -> Statement:
    """What ``allowed`` says holds no longer."""
    predicate: dict[str, Json] = {
        "action": _REVOKE,
        "callable": allowed.callable,
        "ends": allowed.entry,
        "reason": reason,
        "time": fields.render_time(time),
    }
    return Statement(allowed.subjects, ALLOWANCE, predicate)


def parse_allowance(statement: Statement, *, entry: int, signer: str) -> Allowed | Revoked:
    """Read either of the two from a verified statement.

    :raises StatementError: a field is missing, of the wrong type, or a word that we do not know
    """
    predicate = statement.predicate
    reason, time = fields.text(predicate, "reason"), fields.time(predicate, "time")
    match fields.text(predicate, "action"):
        case "allow":
            scope = fields.text(predicate, "scope")
            if scope not in ("artifact", "everything"):
                raise StatementError(f"the scope of an allowance must be artifact or everything, not {scope!r}")
            return Allowed(
                entry=entry,
                signer=signer,
                callable=fields.text(predicate, "callable"),
                everything=scope == "everything",
                subjects=statement.subjects,
                reason=reason,
                until=fields.day(predicate, "until"),
                time=time,
            )
        case "revoke":
            ends = fields.optional_integer(predicate, "ends")
            if ends is None or not 0 <= ends < entry:
                raise StatementError("a revocation must name an earlier entry")
            return Revoked(entry, signer, ends, reason, time)
        case other:
            raise StatementError(f"an allowance must allow or revoke, not {other!r}")


def _itself(name: str) -> Subject:
    """A statement must be about something with a digest: here about the name."""
    return Subject(name, Digest(SHA256, hashlib.sha256(name.encode()).hexdigest()))
