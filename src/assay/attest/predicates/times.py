"""When a statement was made, whatever its predicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from assay.attest.predicates import fields
from assay.attest.predicates.fields import JsonObject
from assay.core.statement import (
    ALLOWANCE,
    APPROVAL,
    EVENT,
    PROVENANCE,
    RETIREMENT,
    SCAN,
    TEST_RESULT,
    VERIFICATION_SUMMARY,
    Statement,
)

_TIMES: Final[Mapping[str, Callable[[JsonObject], datetime]]] = {
    PROVENANCE: lambda predicate: fields.time(
        fields.mapping(fields.mapping(predicate, "runDetails"), "metadata"), "finishedOn"
    ),
    TEST_RESULT: lambda predicate: fields.time(predicate, "assay_finishedOn"),
    VERIFICATION_SUMMARY: lambda predicate: fields.time(predicate, "timeVerified"),
    SCAN: lambda predicate: fields.time(predicate, "finishedOn"),
    ALLOWANCE: lambda predicate: fields.time(predicate, "time"),
    APPROVAL: lambda predicate: fields.time(predicate, "time"),
    RETIREMENT: lambda predicate: fields.time(predicate, "time"),
    EVENT: lambda predicate: fields.time(predicate, "time"),
}


def statement_time(statement: Statement) -> datetime | None:
    """The time that ``statement`` gives itself; ``None`` for predicates that give none we know of.

    :raises StatementError: the field is missing or no time
    """
    read = _TIMES.get(statement.predicate_type)
    return read(statement.predicate) if read else None
