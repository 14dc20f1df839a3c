"""What the ledger lets people look entries up by, derived from the entry alone: it can always be derived again."""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.bundle import parse_record
from assay.core.errors import StatementError
from assay.core.statement import PAYLOAD_TYPE, parse_statement


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One subject of an entry's statement: ``number`` its place among them, ``digest`` ``<algorithm>:<value>``."""

    number: int
    name: str
    digest: str
    predicate_type: str


def index_rows(record: bytes) -> tuple[IndexRow, ...]:
    """The rows for the statement in an envelope or bundle; its signatures are not looked at.

    :raises StatementError: neither an envelope nor a bundle around an in-toto Statement v1, or a name that is not
        proper text
    """
    parsed = parse_record(record).envelope
    if parsed.payload_type != PAYLOAD_TYPE:
        raise StatementError(f"an entry must hold a {PAYLOAD_TYPE} payload, this one says {parsed.payload_type!r}")
    statement = parse_statement(parsed.payload)
    rows = tuple(
        IndexRow(number, subject.name, str(subject.digest), statement.predicate_type)
        for number, subject in enumerate(statement.subjects)
    )
    for row in rows:
        if not is_text(row.name) or not is_text(row.predicate_type):
            raise StatementError("a statement's names must be proper text, this one has half a character")
    return rows


def is_text(value: str) -> bool:
    """Whether ``value`` has a UTF-8 form; JSON can smuggle in half of a surrogate pair, which has none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
