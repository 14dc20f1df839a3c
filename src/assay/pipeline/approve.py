"""People's approvals and withdrawals: given for exact bytes and one environment, counted only while they stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from assay.attest.predicates.approval import approval_statement, withdrawal_statement
from assay.attest.signers import Signer
from assay.attest.trust import Role
from assay.core.decision import DeniedError
from assay.core.errors import HashingError, StatementError
from assay.core.statement import Subject
from assay.gate.policy import Policy
from assay.pipeline.approvals import standing
from assay.pipeline.project import Project
from assay.pipeline.prove import Judgement, judge
from assay.pipeline.record import record
from assay.store.ledger import Ledger

#: The longest name of an environment, in characters.
_LONGEST: Final = 100

Look = Callable[[Judgement], None]


def approve(
    project: Project,
    ledger: Ledger,
    signer: Signer,
    path: Path,
    *,
    environment: str,
    policy: Policy,
    look: Look,
    until: date | None = None,
    note: str = "",
    despite: str = "",
) -> int:
    """Sign that what lies at ``path`` may go into ``environment``. Returns the entry.

    :param policy: what the artifact has to satisfy before anybody is asked to put a name to it
    :param look: shown the judgement before anything is signed; it raises to stop
    :param despite: why it is approved although the policy denies it
    :raises TrustError: ``signer`` may not approve
    :raises DeniedError: the policy denies it and no reason was given
    :raises StatementError: an environment or an end that cannot be used
    """
    project.demand_role(signer, Role.APPROVER, "approve artifacts")
    _check_environment(environment)
    if until is not None and until < project.now().date():
        raise StatementError(f"{until} has passed already", remedy="Give a day from today on.")
    judgement = judge(project, ledger, path, policy)
    artifact, decision = judgement.evidence.artifact, judgement.decision
    if artifact is None:
        raise HashingError(judgement.evidence.refused or "there is nothing to approve", where=str(path))
    if not decision.allowed and not despite.strip():
        reasons = "; ".join(f"{check.requirement}: {check.found}" for check in decision.reasons)
        raise DeniedError(
            f"the evidence is not whole: {reasons}",
            decision=decision,
            where=decision.artifact,
            remedy='Mend it, or answer for it with --despite "the reason".',
        )
    look(judgement)
    statement = approval_statement(
        subject=Subject(judgement.evidence.name, artifact.digest),
        environment=environment,
        until=until,
        note=note.strip(),
        despite="" if decision.allowed else despite.strip(),
        time=project.now(),
    )
    (entry,) = record(project, ledger, signer, [statement])
    return entry


def withdraw(project: Project, ledger: Ledger, signer: Signer, entry: int, *, reason: str) -> int:
    """Take back what ``entry`` approved. Returns the entry that says so.

    :raises TrustError: ``signer`` may not approve
    :raises StatementError: the entry approves nothing, or no reason was given
    """
    project.demand_role(signer, Role.APPROVER, "withdraw approvals")
    if not reason.strip():
        raise StatementError("a reason is missing", remedy="Say why with --reason; an auditor will read it.")
    found = next((item for item in standing(project, ledger).standing if item.entry == entry), None)
    if found is None:
        raise StatementError(f"entry {entry} approves nothing", remedy="`assay approve --list` shows those that do.")
    statement = withdrawal_statement(found, reason=reason.strip(), time=project.now())
    (written,) = record(project, ledger, signer, [statement])
    return written


def _check_environment(name: str) -> None:
    if not name or name != name.strip() or not name.isprintable() or len(name) > _LONGEST:
        raise StatementError(
            f"{name!a} is no usable name of an environment",
            remedy=f"Use 1 to {_LONGEST} printable characters, such as production.",
        )
