"""The gate at work: judge an artifact, record the decision, hand out verified bytes."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from assay import __version__
from assay.attest.predicates.event import event_statement
from assay.attest.predicates.summary import summary_statement
from assay.attest.signers import Signer
from assay.attest.trust import Role
from assay.core.artifact import Artifact
from assay.core.decision import Decision, DeniedError
from assay.core.digest import SHA256, Digest
from assay.core.errors import HashingError, PolicyError, RefusedPath
from assay.core.evidence import Evidence
from assay.core.jsontext import Json
from assay.core.statement import Statement, Subject
from assay.gate.decide import decide
from assay.gate.policy import DEFAULT_POLICY, Policy, parse_policy
from assay.hashing.artifact import copy_artifact, hash_artifact, read_artifact
from assay.pipeline.evidence import Judged, gather
from assay.pipeline.project import Project
from assay.pipeline.record import record
from assay.pipeline.records import Records
from assay.store.ledger import Ledger

#: `load_verified` holds the artifact in memory; larger ones are for `copy_verified`.
MAX_LOADED_BYTES: Final = 16 * 1024**3


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision with the evidence it was made on, and the ledger entry it was recorded as, if it was."""

    decision: Decision
    evidence: Evidence
    entry: int | None = None
    unrecorded: str = ""


def read_policy(path: Path | None) -> Policy:
    """Read the policy at ``path``; the default one for ``None``.

    :raises PolicyError: missing, unreadable or not usable
    """
    if path is None:
        return DEFAULT_POLICY
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise PolicyError(
            "there is no such policy", where=str(path), remedy="Nothing is allowed without one."
        ) from error
    except OSError as error:
        raise PolicyError(f"the policy cannot be read: {error.strerror}", where=str(path)) from error
    return parse_policy(data, where=path.name)


def judge(project: Project, ledger: Ledger, path: Path, policy: Policy) -> Judgement:
    """Hash what lies at ``path``, gather the evidence and decide. Writes nothing.

    :raises HashingError: it cannot be read
    :raises StoreError: the ledger cannot be read
    """
    return judge_artifact(project, ledger, look_at(project, ledger, path), policy)


def judge_artifact(project: Project, ledger: Ledger, judged: Judged, policy: Policy) -> Judgement:
    """Decide about an artifact that was hashed already."""
    evidence = gather(project, ledger, judged)
    return Judgement(decide(policy, evidence), evidence)


class Read(Protocol):
    """Reads what lies at a path and says what it is; no link below ``within`` is followed."""

    def __call__(self, path: Path, *, name: str, within: Path | None) -> Artifact: ...


def look_at(project: Project, ledger: Ledger, path: Path, read: Read = hash_artifact) -> Judged:
    """Find out what lies at ``path`` and what it is called in the project.

    Outside the project, a deployed copy goes by the name that its bytes were built under.

    :param read: by default, the bytes are only hashed
    """
    name = project.name_of(path)
    try:
        if name is None:
            artifact = read(path, name=path.name, within=None)
        else:
            artifact = read(project.path(name), name=name, within=project.root)
    except RefusedPath as error:
        return Judged(name or path.name, None, error.finding)
    if name is None:
        build = next(Records(ledger, project.trust).builds(digest=artifact.digest), None)
        made = build and next((item for item in build.subjects if item.digest == artifact.digest), None)
        name = made.name if made else path.name
    return Judged(name, replace(artifact, path=name))


def pass_gate(project: Project, ledger: Ledger, path: Path, policy: Policy, signer: Signer) -> Judgement:
    """Judge the artifact at ``path`` and write the decision to the ledger.

    A decision to allow becomes a SLSA Verification Summary, a denial an event. A ledger that is tampered with takes no
    entry: the judgement says so.

    :raises TrustError: ``signer`` may not decide
    """
    project.demand_role(signer, Role.VERIFIER, "decide at the gate; `assay verify` records nothing")
    judgement = judge(project, ledger, path, policy)
    if judgement.evidence.ledger_problem:
        return Judgement(judgement.decision, judgement.evidence, None, "nothing is added to a ledger that is not whole")
    (entry,) = record(project, ledger, signer, [_statement(project, ledger, judgement, signer)])
    return Judgement(judgement.decision, judgement.evidence, entry)


def load(project: Project, path: Path, policy: Policy) -> bytes | dict[str, bytes]:
    """The very bytes that were judged, if they were allowed: of a file, or of a folder's files by path inside it.

    :raises DeniedError: the policy does not allow them; carries the decision
    """
    contents: dict[str, bytes] = {}

    def read(path: Path, *, name: str, within: Path | None) -> Artifact:
        artifact, found = read_artifact(path, name=name, max_bytes=MAX_LOADED_BYTES, within=within)
        contents.update(found)
        return artifact

    with project.open_ledger() as ledger:
        judged = look_at(project, ledger, path, read)
        demand(judge_artifact(project, ledger, judged, policy).decision)
    if judged.artifact is None:
        raise HashingError("there is nothing to load", where=str(path))
    return contents if judged.artifact.manifest is not None else next(iter(contents.values()))


def copy_verified(project: Project, path: Path, destination: Path, policy: Policy) -> Artifact:
    """Copy the artifact at ``path`` to the new ``destination``, hashing what is written, and keep it only if allowed.

    :raises DeniedError: the policy does not allow it; there is no copy then
    """
    if destination.exists() or destination.is_symlink():
        raise HashingError("something is there already", where=str(destination), remedy="Give a name that is free.")
    with tempfile.TemporaryDirectory(prefix=".assay-load-", dir=destination.absolute().parent) as aside:
        read = partial(copy_artifact, destination=Path(aside) / destination.name)
        with project.open_ledger() as ledger:
            judged = look_at(project, ledger, path, read)
            demand(judge_artifact(project, ledger, judged, policy).decision)
        assert judged.artifact is not None, "what has no digest is denied"
        (Path(aside) / destination.name).rename(destination)
    return judged.artifact


def demand(decision: Decision) -> None:
    """Do nothing if ``decision`` allows.

    :raises DeniedError: it does not, with every reason
    """
    if not decision.allowed:
        reasons = "; ".join(f"{check.requirement}: {check.found}" for check in decision.reasons)
        raise DeniedError(
            f"denied by the policy {decision.policy!r}: {reasons}", decision=decision, where=decision.artifact
        )


def _statement(project: Project, ledger: Ledger, judgement: Judgement, signer: Signer) -> Statement:
    decision, evidence = judgement.decision, judgement.evidence
    if decision.allowed and decision.digest is not None:
        entries = {build.entry for build in evidence.chain} | {item.entry for item in evidence.evaluations}
        entries |= {scan.entry for scan in evidence.scans}
        return summary_statement(
            subject=Subject(decision.artifact, decision.digest),
            resource=f"tag:assay,2026:{project.trust.origin}/{decision.artifact}",
            policy=decision.policy,
            policy_digest=decision.policy_digest,
            evidence=[_reference(project, ledger, entry) for entry in sorted(entries)],
            verifier=signer.name,
            version=__version__,
            time=evidence.now,
        )
    # What must not be read has no digest; the policy that refused it has one.
    subject = (
        Subject(decision.artifact, decision.digest) if decision.digest else Subject("policy", decision.policy_digest)
    )
    reasons: list[Json] = [
        {"requirement": check.requirement, "expected": check.expected, "found": check.found}
        for check in decision.reasons
    ]
    return event_statement(
        action="gate-denied",
        stage="deployment",
        subjects=[subject],
        time=evidence.now,
        details={
            "artifact": decision.artifact,
            "policy": {"uri": decision.policy, "digest": {SHA256: decision.policy_digest.value}},
            "reasons": reasons,
        },
    )


def _reference(project: Project, ledger: Ledger, entry: int) -> tuple[str, Digest]:
    digest = hashlib.sha256(ledger.entry(entry).envelope).hexdigest()
    return f"tag:assay,2026:{project.trust.origin}#{entry}", Digest(SHA256, digest)
