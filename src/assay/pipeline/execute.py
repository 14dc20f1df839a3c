"""Running one stage for real: its command, its outputs, its attestation; all of it or nothing."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assay import __version__
from assay.attest.predicates.evaluation import evaluation_statement
from assay.attest.predicates.event import event_statement
from assay.attest.predicates.provenance import Distribution, Repository, StageRun, provenance_statement
from assay.attest.signers import Signer
from assay.config import StageSettings
from assay.core.artifact import Artifact
from assay.core.errors import Error, HashingError, IntegrityError, StageError
from assay.core.evidence import Material, MaterialKind
from assay.core.statement import Statement, Subject
from assay.core.threshold import Threshold, unmet
from assay.hashing.artifact import hash_artifacts
from assay.pipeline.materials import Materials, must_match
from assay.pipeline.project import Project
from assay.pipeline.record import check_clock, record
from assay.pipeline.unchanged import Surroundings
from assay.stage.command import CommandSpec, Outcome, run_command
from assay.stage.environment import Environment
from assay.stage.outputs import OutputTransaction
from assay.stage.source import GitSource
from assay.store.ledger import Ledger

#: A metrics file holds numbers by name; no honest one is larger.
MAX_METRICS_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Execution:
    """One stage about to run, with everything it needs."""

    project: Project
    ledger: Ledger
    stage: StageSettings
    materials: Materials
    surroundings: Surroundings
    signer: Signer


@dataclass(frozen=True, slots=True)
class Executed:
    """``entries`` are what was recorded; ``fell_short`` when a demand did not hold; ``detail`` is for people."""

    entries: tuple[int, ...]
    fell_short: bool
    detail: str


class StageFailure(StageError):  # noqa: N818 - the outcome's name
    """The command failed. Its outputs are gone, those of the run before are back, and the failure is in the ledger."""

    def __init__(self, error: Error, entries: tuple[int, ...]) -> None:
        super().__init__(error.what, where=error.where, remedy=error.remedy)
        self.entries = entries


def execute(execution: Execution, on_output: Callable[[bytes], None]) -> Executed:
    """Run the stage's command and attest what it made.

    The outputs of the run before are set aside until the attestation is in the ledger, and come back if it never is.

    :raises StageFailure: the command failed, or what it left cannot be attested
    :raises StoreError: the ledger cannot be written
    """
    project, stage = execution.project, execution.stage
    check_clock(project, execution.ledger)
    try:
        with OutputTransaction(project.root, stage.outputs, project.workspace) as transaction:
            outcome = run_command(_command(execution), on_output=on_output, now=project.now)
            _must_have_succeeded(stage, outcome)
            outputs = _outputs(execution)
            _must_not_have_changed(execution)
            metrics = _metrics(project, stage)
            statements = _statements(execution, outcome, outputs, metrics)
            entries = record(project, execution.ledger, execution.signer, statements)
            transaction.commit()
    except (StageError, HashingError, IntegrityError) as error:
        raise StageFailure(error, _record_failure(execution, error)) from error
    short = unmet(stage.demands, metrics)
    return Executed(entries, bool(short), _detail(stage, outputs, metrics, short))


def _command(execution: Execution) -> CommandSpec:
    stage = execution.stage
    return CommandSpec(
        argv=stage.command,
        project=execution.project.root,
        inputs=tuple(material.name for material in execution.materials.items),
        outputs=stage.outputs,
        environment=stage.environment,
        python=execution.surroundings.python,
        isolate=stage.isolate,
        workspace=execution.project.workspace,
        timeout=stage.timeout,
    )


def _must_have_succeeded(stage: StageSettings, outcome: Outcome) -> None:
    if outcome.signal is not None:
        raise StageError(f"the command was killed by signal {outcome.signal}", where=f"stage {stage.name}")
    if outcome.exit_status != 0:
        raise StageError(
            f"the command failed with exit status {outcome.exit_status}",
            where=f"stage {stage.name}",
            remedy="What it printed stands above; its outputs were taken back.",
        )


def _outputs(execution: Execution) -> tuple[Artifact, ...]:
    project, stage = execution.project, execution.stage
    for name in stage.outputs:
        if not project.path(name).exists():
            raise StageError(f"the command ended well but did not make {name}", where=f"stage {stage.name}")
    outputs = hash_artifacts([(name, project.path(name)) for name in stage.outputs], within=project.root)
    made = {
        name: digest for artifact in outputs for name, digest in (*artifact.files(), (artifact.path, artifact.digest))
    }
    for name, known in stage.known.items():
        if name in made:
            must_match(name, known, made[name], "assay.toml")
        elif name not in {material.name for material in execution.materials.items}:
            raise StageError(
                f"the command did not make {name}, whose digest assay.toml gives", where=f"stage {stage.name}"
            )
    return outputs


def _must_not_have_changed(execution: Execution) -> None:
    """What the stage read is still what was hashed before it ran: else the provenance would be about other bytes."""
    project, items = execution.project, execution.materials.items
    after = hash_artifacts([(item.name, project.path(item.name)) for item in items], within=project.root)
    for before, now in zip(items, after, strict=True):
        if before.digest != now.digest:
            raise StageError(
                f"{before.name} changed while the stage that reads it ran",
                where=f"stage {execution.stage.name}",
                remedy="A stage must not write what it reads: make it an output under another name.",
            )


def _metrics(project: Project, stage: StageSettings) -> dict[str, float]:
    if stage.metrics is None:
        return {}
    path = project.path(stage.metrics)
    where = f"stage {stage.name}: {stage.metrics}"
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MAX_METRICS_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise StageError(f"the metrics cannot be read: {error}", where=where) from error
    if not isinstance(found, dict) or not all(_is_number(value) for value in found.values()):
        raise StageError("the metrics must be one JSON object of names and finite numbers", where=where)
    return {str(name): float(value) for name, value in found.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _statements(
    execution: Execution, outcome: Outcome, outputs: tuple[Artifact, ...], metrics: Mapping[str, float]
) -> list[Statement]:
    stage, materials = execution.stage, execution.materials
    statements = [provenance_statement(_stage_run(execution, outcome, outputs, metrics))]
    if stage.evaluates is not None:
        evaluated = next(item for item in materials.items if item.name == stage.evaluates)
        statements.append(
            evaluation_statement(
                stage=stage.name,
                subject=Subject(evaluated.name, evaluated.digest),
                configuration=[item for item in materials.items if item.name != stage.evaluates],
                metrics=metrics,
                demands=stage.demands,
                finished=outcome.finished,
            )
        )
    return statements


def _stage_run(
    execution: Execution, outcome: Outcome, outputs: tuple[Artifact, ...], metrics: Mapping[str, float]
) -> StageRun:
    stage, environment = execution.stage, execution.surroundings.environment
    repository = execution.surroundings.repository
    return StageRun(
        stage=stage.name,
        phase=stage.phase,
        command=stage.command,
        parameters=stage.parameters,
        seeds=stage.seeds,
        variables=stage.environment,
        outputs=outputs,
        materials=execution.materials.items,
        files=execution.materials.files,
        repository=None if repository is None else _repository(repository),
        distributions=tuple(Distribution(item.name, item.version, item.record) for item in environment.distributions),
        environment=environment.digest(),
        machine=_machine(environment),
        isolation=outcome.isolation,
        backend=outcome.backend,
        builder=execution.signer.name,
        version=__version__,
        invocation=secrets.token_hex(16),
        started=outcome.started,
        finished=outcome.finished,
        exit_status=outcome.exit_status,
        output=outcome.output_digest,
        metrics=metrics,
    )


def _repository(source: GitSource) -> Repository:
    return Repository(source.commit, source.tree, source.dirty, source.url)


def _machine(environment: Environment) -> dict[str, str]:
    """The interpreter and the machine by name, and whether what is installed is what the lock says."""
    found, drift = environment.machine(), environment.drift
    if drift is not None:
        different = [f"{item.name} {item.locked} -> {item.installed}" for item in drift.different]
        differs = ", ".join([*different, *(f"{name} missing" for name in drift.missing)])
        found["lock"] = f"differs: {differs}" if differs else "as locked"
    return found


def _record_failure(execution: Execution, error: Error) -> tuple[int, ...]:
    items: tuple[Material, ...] = execution.materials.items
    subjects = [Subject(item.name, item.digest) for item in items if item.kind is not MaterialKind.LOCK]
    if not subjects:
        return ()  # a stage that reads nothing leaves nothing to say it about
    event = event_statement(
        action="stage-failed",
        stage=execution.stage.name,
        subjects=subjects,
        time=execution.project.now(),
        details={"command": list(execution.stage.command), "reason": error.what},
    )
    return record(execution.project, execution.ledger, execution.signer, [event])


def _detail(
    stage: StageSettings, outputs: tuple[Artifact, ...], metrics: Mapping[str, float], short: tuple[Threshold, ...]
) -> str:
    if short:
        return "fell short: " + ", ".join(
            f"{demand} (is {metrics[demand.metric]:.4g})" if demand.metric in metrics else f"{demand} (not measured)"
            for demand in short
        )
    if stage.demands:
        return ", ".join(f"{demand.metric} {metrics[demand.metric]:.4g}" for demand in stage.demands)
    return ", ".join(f"{artifact.path} {artifact.digest.short}" for artifact in outputs)
