"""The ledger for its readers: entries, proofs, and the whole of it recomputed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from assay.attest.predicates.provenance import claimed_stage
from assay.attest.predicates.times import statement_time
from assay.attest.sign import verify_envelope
from assay.attest.trust import Role
from assay.core.bundle import parse_record
from assay.core.errors import Error, LedgerTampered, SignatureError, StatementError, StoreError
from assay.core.jsontext import Json
from assay.core.note import Checkpoint
from assay.core.proof import LogProof
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
    Subject,
    parse_statement,
)
from assay.pipeline.project import Project
from assay.store.audit import AuditReport, audit
from assay.store.ledger import Entry, Ledger
from assay.store.replay import Problem

#: The role that an identity needs to state each predicate; events are stated by whoever builds or decides.
ROLES: Final = {
    PROVENANCE: (Role.BUILDER,),
    TEST_RESULT: (Role.BUILDER,),
    VERIFICATION_SUMMARY: (Role.VERIFIER,),
    SCAN: (Role.SCANNER,),
    ALLOWANCE: (Role.VERIFIER,),
    APPROVAL: (Role.APPROVER,),
    RETIREMENT: (Role.APPROVER,),
    EVENT: (Role.BUILDER, Role.VERIFIER),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry at a glance. ``signer`` is empty when no trusted identity signed it, with the reason in ``problem``."""

    entry: int
    kind: str
    subjects: tuple[Subject, ...]
    signer: str
    time: datetime | None
    summary: str
    problem: str


def read_line(project: Project, entry: Entry) -> Line:
    """What an entry says, and whether it may be believed."""
    try:
        statement = parse_statement(parse_record(entry.envelope).envelope.payload)
        time = statement_time(statement)
    except StatementError as error:
        return Line(entry.index, "unreadable", (), "", None, "", error.what)
    try:
        signer, problem = _signer(project, entry.envelope, statement), ""
    except Error as error:
        signer, problem = "", error.what
    kind, summary = _describe(statement)
    return Line(entry.index, kind, statement.subjects, signer, time, summary, problem)


def lines(project: Project, ledger: Ledger, *, newest: int | None = None) -> Iterator[Line]:
    """Every entry at a glance, oldest first; only the ``newest`` so many when that is given."""
    start = max(0, ledger.size - newest) if newest is not None else 0
    return (read_line(project, entry) for entry in ledger.entries(start))


def audit_ledger(
    project: Project,
    ledger: Ledger,
    *,
    since: Sequence[str] = (),
    witness: bool = True,
    progress: Callable[[int], None] | None = None,
) -> AuditReport:
    """Recompute the whole ledger, verify the signature of every entry in it, and hold it to what the witness remembers.

    :param since: signed checkpoints from earlier, as `assay log checkpoint` printed them
    :param witness: whether the witness is asked
    """

    def check(entry: Entry) -> str | None:
        try:
            _signer(project, entry.envelope, parse_statement(parse_record(entry.envelope).envelope.payload))
        except Error as error:
            return error.what
        return None

    report = audit(ledger, verifier=project.verifier, since=since, check_entry=check, progress=progress)
    forgotten = _forgotten(project, ledger) if witness else ()
    return replace(report, problems=(*report.problems, *forgotten))


def _forgotten(project: Project, ledger: Ledger) -> tuple[Problem, ...]:
    """What the witness remembers and the ledger does not continue."""
    note = ledger.checkpoint()
    try:
        if note is not None:
            project.witness.check(
                project.verifier.verify_note(note), ledger.prove_consistency, verifier=project.verifier
            )
    except (StoreError, SignatureError) as error:  # a checkpoint beyond the end is told as an error of reading
        return (Problem(error.where or "witness", error.what),)
    return ()


def prove(project: Project, ledger: Ledger, index: int) -> LogProof:
    """The proof that entry ``index`` is in the ledger as its newest checkpoint has it.

    :raises StoreError: there is no such entry
    :raises LedgerTampered: the proof does not hold: the ledger is not what was signed
    """
    note = ledger.checkpoint()
    if note is None:
        raise StoreError("the ledger is empty", where=str(ledger.path))
    checkpoint = project.verifier.verify_note(note)
    proof = LogProof(index, ledger.prove_inclusion(index, checkpoint.size), note)
    if not proof.holds(ledger.entry(index).envelope, checkpoint):
        raise LedgerTampered(
            f"entry {index} is not the one that was signed for", where=str(ledger.path), remedy="Run `assay log audit`."
        )
    return proof


def check_proof(project: Project, proof: LogProof, envelope: bytes) -> Checkpoint | None:
    """The checkpoint that ``proof`` shows ``envelope`` to be under; ``None`` if it does not. Needs no ledger.

    :raises SignatureError: no trusted identity signed the checkpoint
    """
    checkpoint = project.verifier.verify_note(proof.note)
    return checkpoint if proof.holds(envelope, checkpoint) else None


def _signer(project: Project, envelope: bytes, statement: Statement) -> str:
    roles = ROLES.get(statement.predicate_type)
    if roles is None:
        raise StatementError(f"nobody is trusted to state {statement.predicate_type!r}")
    for role in roles[:-1]:
        try:
            return verify_envelope(envelope, project.trust, role).identity.name
        except Error:
            continue  # another of the roles may do
    return verify_envelope(envelope, project.trust, roles[-1]).identity.name


def _describe(statement: Statement) -> tuple[str, str]:
    """The kind of a statement and its gist, for people; what it says is taken as text and nothing else."""
    predicate = statement.predicate
    match statement.predicate_type:
        case value if value == PROVENANCE:
            found = "provenance", claimed_stage(statement)
        case value if value == TEST_RESULT:
            found = "test result", str(predicate.get("result", ""))
        case value if value == VERIFICATION_SUMMARY:
            found = "verification summary", str(predicate.get("verificationResult", ""))
        case value if value == SCAN:
            found = "scan", _counted(predicate.get("findings"), "finding")
        case value if value == ALLOWANCE:
            found = "allowance", f"{predicate.get('action', '')} {predicate.get('callable', '')}"
        case value if value == APPROVAL:
            found = "approval", f"{predicate.get('action', '')} for {predicate.get('environment', '')}"
        case value if value == RETIREMENT:
            found = "retirement", f"{predicate.get('action', '')}: {predicate.get('reason', '')}"
        case value if value == EVENT:
            found = "event", str(predicate.get("action", ""))
        case other:
            found = other, ""
    return found


def _counted(listed: Json, what: str) -> str:
    number = len(listed) if isinstance(listed, list) else 0
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
