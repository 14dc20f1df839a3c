"""Running a pipeline: each stage verified, run, hashed, attested; unchanged ones proved and skipped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assay.attest.signers import Signer
from assay.config import StageSettings
from assay.core.errors import LedgerTampered, StageError
from assay.pipeline.execute import Execution, StageFailure, execute
from assay.pipeline.lock import project_lock
from assay.pipeline.materials import read_materials
from assay.pipeline.project import Project
from assay.pipeline.prove import Judgement, pass_gate, read_policy
from assay.pipeline.records import Records
from assay.pipeline.unchanged import Surroundings, describe_surroundings, why_run
from assay.stage.outputs import recover
from assay.store.ledger import Ledger


class State(StrEnum):
    """What is happening to a stage."""

    WAITING = "waiting"  # for another run in this project to end
    RUNNING = "running"
    OUTPUT = "output"  # the command printed something
    UNCHANGED = "unchanged"
    ALLOWED = "allowed"  # by the gate in front of it
    DENIED = "denied"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Event:
    """Progress of a run. ``entries`` are the ledger entries it led to, ``seconds`` its wall time."""

    stage: str
    state: State
    detail: str = ""
    entries: tuple[int, ...] = ()
    seconds: float = 0.0
    judgement: Judgement | None = None
    output: bytes = b""


Observe = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """``failed`` names the stage that did not pass, if one did not: denied, or its evaluation fell short."""

    ran: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: str | None


def run_pipeline(
    project: Project,
    names: Sequence[str],
    *,
    signer: Callable[[], Signer],
    observe: Observe,
    force: bool = False,
) -> RunResult:
    """Run the stages ``names`` and what they rest on; every stage when ``names`` is empty.

    :param signer: called when the first statement is to be signed
    :param force: run stages that are unchanged, too
    :raises StageError: a stage could not be run, or its command failed
    :raises IntegrityError: something on disk is not what was attested
    :raises StoreError: the ledger cannot be used
    """
    settings = project.settings
    stages = settings.upstream(*names) if names else settings.stages
    forced = set(names or [stage.name for stage in stages]) if force else set()
    ran: list[str] = []
    unchanged: list[str] = []
    with project_lock(project, lambda: observe(Event("", State.WAITING))), project.open_ledger(writable=True) as ledger:
        _make_workspace(project)
        recover(project.root, project.workspace)
        project.check(ledger)
        described: dict[tuple[str | None, str | None], Surroundings] = {}
        for stage in stages:
            place = (stage.python, stage.lock)
            surroundings = described.get(place) or describe_surroundings(project, *place)
            described[place] = surroundings
            passed = _run_stage(project, ledger, stage, surroundings, signer, observe, force=stage.name in forced)
            if passed is None:
                unchanged.append(stage.name)
            elif passed:
                ran.append(stage.name)
                described.clear()  # a command may have installed or committed something
            else:
                return RunResult(tuple(ran), tuple(unchanged), stage.name)
    return RunResult(tuple(ran), tuple(unchanged), None)


def _make_workspace(project: Project) -> None:
    try:
        project.workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StageError(
            f"the workspace cannot be made: {error.strerror}",
            where=str(project.workspace),
            remedy="Free some space, or take away what lies there.",
        ) from error


def _run_stage(
    project: Project,
    ledger: Ledger,
    stage: StageSettings,
    surroundings: Surroundings,
    signer: Callable[[], Signer],
    observe: Observe,
    *,
    force: bool,
) -> bool | None:
    """Run one stage if it has to be; ``None`` when it was unchanged, else whether it passed."""
    records = Records(ledger, project.trust)
    materials = read_materials(project, records, stage)
    reason, entry = ("asked for", None) if force else why_run(project, records, stage, materials, surroundings)
    project.check(ledger, records.used)
    if entry is not None:
        observe(Event(stage.name, State.UNCHANGED, f"entry {entry}", (entry,)))
        return None
    if not _pass_gates(project, ledger, stage, signer, observe):
        return False
    observe(Event(stage.name, State.RUNNING, reason))
    begun = time.monotonic()
    execution = Execution(project, ledger, stage, materials, surroundings, signer())
    try:
        outcome = execute(execution, lambda output: observe(Event(stage.name, State.OUTPUT, output=output)))
    except StageFailure as failure:
        seconds = time.monotonic() - begun
        observe(Event(stage.name, State.FAILED, failure.what, failure.entries, seconds))
        raise
    seconds = time.monotonic() - begun
    state = State.FAILED if outcome.fell_short else State.PASSED
    observe(Event(stage.name, state, outcome.detail, outcome.entries, seconds))
    return not outcome.fell_short


def _pass_gates(
    project: Project, ledger: Ledger, stage: StageSettings, signer: Callable[[], Signer], observe: Observe
) -> bool:
    """Whether every input that has to pass the gate does."""
    settings = project.settings
    policy_path = project.path(settings.policy) if settings.policy else None
    for name in stage.gate:
        judgement = pass_gate(project, ledger, project.path(name), read_policy(policy_path), signer())
        entries = () if judgement.entry is None else (judgement.entry,)
        state = State.ALLOWED if judgement.decision.allowed else State.DENIED
        observe(Event(stage.name, state, name, entries, judgement=judgement))
        if judgement.unrecorded:
            raise LedgerTampered(judgement.evidence.ledger_problem, where=str(settings.ledger))
        if not judgement.decision.allowed:
            return False
    return True
