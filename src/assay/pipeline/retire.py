"""Versions that must not be deployed any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from assay.attest.predicates.retirement import Reinstated, reinstatement_statement, retirement_statement
from assay.attest.signers import Signer
from assay.attest.trust import Role
from assay.core.bundle import parse_record
from assay.core.digest import Digest
from assay.core.errors import StatementError
from assay.core.evidence import Rejected, Retirement
from assay.core.statement import Subject, parse_statement
from assay.pipeline.project import Project
from assay.pipeline.record import record
from assay.pipeline.records import Records
from assay.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Retirements:
    """``standing`` nobody undid (they may begin later); ``rejected`` do not verify and were not undone either."""

    standing: tuple[Retirement, ...]
    undone: tuple[Retirement, ...]
    rejected: tuple[Rejected, ...]


def read_retirements(records: Records, ledger: Ledger, digests: Collection[Digest] | None = None) -> Retirements:
    """What was retired, oldest first; of the ``digests`` only, when they are given."""
    said = list(records.retirements())
    ended = {item.ends for item in said if isinstance(item, Reinstated)}
    given = sorted((item for item in said if isinstance(item, Retirement)), key=lambda item: item.entry)
    wanted = [item for item in given if digests is None or item.subject.digest in digests]
    rejected = sorted(records.rejected_retirements.values(), key=lambda item: item.entry)
    return Retirements(
        tuple(item for item in wanted if item.entry not in ended),
        tuple(item for item in wanted if item.entry in ended),
        tuple(item for item in rejected if item.entry not in ended and _about(ledger, item.entry, digests)),
    )


def retire(
    project: Project,
    ledger: Ledger,
    signer: Signer,
    subject: Subject,
    *,
    reason: str,
    replaced_by: Digest | None = None,
    starts: datetime | None = None,
) -> int:
    """Sign that ``subject`` must not be deployed any more, from ``starts`` (now) on. Returns the entry.

    :raises TrustError: ``signer`` may not retire
    :raises StatementError: no reason, a beginning in the past, or it would replace itself
    """
    project.demand_role(signer, Role.APPROVER, "retire artifacts")
    now = project.now()
    if starts is not None and starts < now:
        raise StatementError(
            f"{starts:%Y-%m-%d %H:%M} UTC has passed already",
            remedy="Leave --from out: it is retired from now on; what was deployed before stays on record.",
        )
    if replaced_by == subject.digest:
        raise StatementError("a version cannot replace itself", remedy="Give the digest of the newer one.")
    statement = retirement_statement(
        subject=subject, reason=_checked(reason), replaced_by=replaced_by, starts=starts or now, time=now
    )
    (entry,) = record(project, ledger, signer, [statement])
    return entry


def reinstate(project: Project, ledger: Ledger, signer: Signer, entry: int, *, reason: str) -> int:
    """Undo what ``entry`` retired. Returns the entry that says so.

    :raises TrustError: ``signer`` may not retire
    :raises StatementError: the entry retires nothing, or no reason was given
    """
    project.demand_role(signer, Role.APPROVER, "reinstate artifacts")
    found = next((item for item in retired(project, ledger).standing if item.entry == entry), None)
    if found is None:
        raise StatementError(f"entry {entry} retires nothing", remedy="`assay retire --list` shows those that do.")
    statement = reinstatement_statement(found, reason=_checked(reason), time=project.now())
    (written,) = record(project, ledger, signer, [statement])
    return written


def retired(project: Project, ledger: Ledger, digests: Collection[Digest] | None = None) -> Retirements:
    """Every retirement, or those of ``digests``, from a ledger that is whole.

    :raises LedgerTampered: it is not
    """
    records = Records(ledger, project.trust)
    found = read_retirements(records, ledger, digests)
    project.check(ledger, records.used)
    return found


def _about(ledger: Ledger, entry: int, digests: Collection[Digest] | None) -> bool:
    """Whether an entry that nobody vouches for claims to be about one of ``digests``; one that hides it may be."""
    if digests is None:
        return True
    try:
        statement = parse_statement(parse_record(ledger.entry(entry).envelope).envelope.payload)
    except StatementError:
        return True
    return any(subject.digest in digests for subject in statement.subjects)


def _checked(reason: str) -> str:
    if not reason.strip():
        raise StatementError("a reason is missing", remedy="Say why with --reason; people will read it when denied.")
    return reason.strip()
