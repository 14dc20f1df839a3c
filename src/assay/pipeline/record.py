"""Writing to the ledger: sign, append, and have the witness remember; nothing is dated before what is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from assay.attest.checkpoints import NoteSigner
from assay.attest.predicates.times import statement_time
from assay.attest.sign import sign_statement
from assay.attest.signers import Signer
from assay.core.bundle import parse_record
from assay.core.errors import StatementError, StoreError
from assay.core.statement import Statement, parse_statement
from assay.pipeline.project import Project
from assay.store.ledger import Ledger

#: Clocks of two machines that write to one ledger may differ by so much.
CLOCK_SKEW: Final = timedelta(minutes=2)


def record(project: Project, ledger: Ledger, signer: Signer, statements: Sequence[Statement]) -> tuple[int, ...]:
    """Append ``statements``, signed, in one transaction; durable when this returns. Returns their entries.

    :raises StoreError: the ledger cannot be written, is tampered with, or the clock runs behind it
    """
    check_clock(project, ledger)
    envelopes = [sign_statement(statement, signer).render() for statement in statements]
    return ledger.append(envelopes, signer=NoteSigner(signer), verifier=project.verifier, witness=project.witness)


def check_clock(project: Project, ledger: Ledger) -> None:
    """Refuse to date anything before what the ledger holds already.

    :raises StoreError: the newest entry was made later than now
    """
    if not ledger.size:
        return
    last, now = ledger.size - 1, project.now()
    try:
        made = statement_time(parse_statement(parse_record(ledger.entry(last).envelope).envelope.payload))
    except StatementError as error:
        raise StoreError(f"entry {last} cannot be read: {error.what}", where=str(project.settings.ledger)) from error
    if made is not None and made > now + CLOCK_SKEW:
        raise StoreError(
            f"the clock went backwards: it says {now:%Y-%m-%d %H:%M:%S} UTC,"
            f" and entry {last} was made at {made:%Y-%m-%d %H:%M:%S} UTC",
            where=str(project.settings.ledger),
            remedy="Set the clock; nothing was recorded.",
        )
