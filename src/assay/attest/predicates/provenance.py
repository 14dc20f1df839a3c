"""SLSA Provenance v1: how a stage made its outputs, from what, where, and who ran it.

Source: SLSA v1.0 ``provenance``. ``buildType`` is ours: ``externalParameters`` holds what the user asked for (stage,
command, parameters), ``internalParameters`` where it ran, ``resolvedDependencies`` every material with its digest,
``byproducts`` the exit status, the digest of what the command printed, and metrics.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from assay.attest.predicates import fields
from assay.attest.predicates.fields import JsonObject
from assay.core.artifact import Artifact
from assay.core.digest import GIT_COMMIT, Digest
from assay.core.errors import StatementError
from assay.core.evidence import Build, Material, MaterialKind, Source
from assay.core.jsontext import Json
from assay.core.statement import PROVENANCE, Statement, Subject, digest_from_set

BUILD_TYPE: Final = "tag:assay,2026:stage/v1"
_KINDS: Final = set(MaterialKind)


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed Python distribution; ``record`` is the SHA-256 of its RECORD file, where it has one."""

    name: str
    version: str
    record: Digest | None


@dataclass(frozen=True, slots=True)
class Repository:
    """The Git repository that holds the project: its address without credentials, if any, commit, tree, cleanliness."""

    commit: Digest
    tree: str
    dirty: bool
    url: str | None


@dataclass(frozen=True, slots=True)
class StageRun:
    """Everything that provenance says about one run of one stage.

    ``files`` gives, for each material that is a folder, the digests of its files by path inside it. ``machine`` is the
    interpreter, platform and operating system by name. ``output`` is the digest of what the command printed.
    """

    stage: str
    phase: str
    command: tuple[str, ...]
    parameters: Mapping[str, str | int | float | bool]
    seeds: tuple[str, ...]
    variables: Mapping[str, str]
    outputs: tuple[Artifact, ...]
    materials: tuple[Material, ...]
    files: Mapping[str, Mapping[str, Digest]]
    repository: Repository | None
    distributions: tuple[Distribution, ...]
    environment: Digest
    machine: Mapping[str, str]
    isolation: tuple[str, ...]
    backend: str
    builder: str
    version: str
    invocation: str
    started: datetime
    finished: datetime
    exit_status: int
    output: Digest
    metrics: Mapping[str, float]


def provenance_statement(run: StageRun) -> Statement:
    """The statement about every output of ``run``, and about every file in an output that is a folder."""
    subjects = [Subject(artifact.path, artifact.digest) for artifact in run.outputs]
    for artifact in run.outputs:
        if artifact.manifest is not None:
            subjects.extend(Subject(name, digest) for name, digest in artifact.files())
    return Statement(
        tuple(subjects),
        PROVENANCE,
        {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "stage": run.stage,
                    "phase": run.phase,
                    "command": list(run.command),
                    "parameters": dict(run.parameters),
                    "seeds": list(run.seeds),
                    "variables": dict(run.variables),
                    "outputs": [artifact.path for artifact in run.outputs],
                },
                "internalParameters": {
                    "environment": {"digest": _digest_set(run.environment), **run.machine},
                    "isolation": {"backend": run.backend, "controls": list(run.isolation)},
                },
                "resolvedDependencies": _dependencies(run),
            },
            "runDetails": {
                "builder": {"id": f"tag:assay,2026:builder/{run.builder}", "version": {"assay": run.version}},
                "metadata": {
                    "invocationId": run.invocation,
                    "startedOn": fields.render_time(run.started),
                    "finishedOn": fields.render_time(run.finished),
                },
                "byproducts": [
                    {"name": "exit-status", "content": base64.b64encode(str(run.exit_status).encode()).decode()},
                    {"name": "output", "digest": _digest_set(run.output)},
                    {"name": "metrics", "annotations": dict(run.metrics)},
                ],
            },
        },
    )


def parse_build(statement: Statement, *, entry: int, signer: str) -> Build:
    """Read the provenance of one of our stages from a verified statement.

    :raises StatementError: another build type, or a field that is missing or of the wrong type
    """
    definition = fields.mapping(statement.predicate, "buildDefinition")
    if fields.text(definition, "buildType") != BUILD_TYPE:
        raise StatementError("the provenance is not of a stage that assay ran")
    external = fields.mapping(definition, "externalParameters")
    declared = fields.texts(external, "outputs")
    outputs = tuple(subject for subject in statement.subjects if subject.name in declared)
    if len(outputs) != len(declared) or not outputs:
        raise StatementError("the provenance's outputs are not the ones among its subjects")
    details = fields.mapping(statement.predicate, "runDetails")
    metadata = fields.mapping(details, "metadata")
    dependencies = fields.items(definition, "resolvedDependencies")
    isolation = fields.mapping(fields.mapping(definition, "internalParameters"), "isolation")
    return Build(
        entry=entry,
        stage=fields.text(external, "stage"),
        signer=signer,
        subjects=statement.subjects,
        outputs=outputs,
        materials=tuple(_material(item) for item in dependencies if _kind(item) in _KINDS),
        source=_source(dependencies),
        isolation=fields.texts(isolation, "controls"),
        started=fields.time(metadata, "startedOn"),
        finished=fields.time(metadata, "finishedOn"),
        metrics=_metrics(fields.items(details, "byproducts")),
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    """What must be the same for a stage to count as unchanged, and what reproducing it needs."""

    command: tuple[str, ...]
    parameters: Mapping[str, str | int | float | bool]
    seeds: tuple[str, ...]
    variables: Mapping[str, str]
    isolated: bool
    environment: Digest
    machine: Mapping[str, str]
    distributions: Mapping[str, str]


def parse_recipe(statement: Statement) -> Recipe:
    """Read what a stage was asked to do, and where it ran, from its verified provenance.

    :raises StatementError: a field is missing or of the wrong type
    """
    definition = fields.mapping(statement.predicate, "buildDefinition")
    external = fields.mapping(definition, "externalParameters")
    internal = fields.mapping(definition, "internalParameters")
    environment = fields.mapping(internal, "environment")
    variables = fields.mapping(external, "variables")
    parameters = {
        name: value
        for name, value in fields.mapping(external, "parameters").items()
        if isinstance(value, str | int | float)
    }
    packages = [item for item in fields.items(definition, "resolvedDependencies") if _kind(item) == "distribution"]
    return Recipe(
        command=fields.texts(external, "command"),
        parameters=parameters,
        seeds=fields.texts(external, "seeds"),
        variables={name: fields.text(variables, name) for name in variables},
        isolated=bool(fields.texts(fields.mapping(internal, "isolation"), "controls")),
        environment=digest_from_set(dict(fields.mapping(environment, "digest")), what="the environment"),
        machine={name: value for name, value in environment.items() if isinstance(value, str)},
        distributions={
            fields.text(item, "name"): fields.text(fields.mapping(item, "annotations"), "version") for item in packages
        },
    )


def parse_files(statement: Statement) -> dict[str, dict[str, Digest]]:
    """The recorded files of each material that is a folder: folder, then path inside it, to digest.

    Products of an earlier stage have theirs among that stage's subjects, not here.
    """
    definition = fields.mapping(statement.predicate, "buildDefinition")
    found: dict[str, dict[str, Digest]] = {}
    for item in fields.items(definition, "resolvedDependencies"):
        listed = fields.mapping(fields.mapping(item, "annotations"), "files")
        if listed:
            found[fields.text(item, "name")] = {
                path: digest_from_set({"sha256": value}, what=path) for path, value in listed.items()
            }
    return found


def claimed_stage(statement: Statement) -> str:
    """The stage that provenance says it is of, whether or not anybody believes it; empty when it says none."""
    definition = statement.predicate.get("buildDefinition")
    external = definition.get("externalParameters") if isinstance(definition, dict) else None
    stage = external.get("stage") if isinstance(external, dict) else None
    return stage if isinstance(stage, str) else ""


def _dependencies(run: StageRun) -> list[Json]:
    found: list[Json] = []
    for material in run.materials:
        annotations: dict[str, Json] = {"kind": material.kind.value}
        if material.kind is not MaterialKind.PRODUCT and material.name in run.files:
            annotations["files"] = {path: digest.value for path, digest in run.files[material.name].items()}
        found.append({"name": material.name, "digest": _digest_set(material.digest), "annotations": annotations})
    if run.repository is not None:
        found.append(_repository(run.repository))
    found.extend(_distribution(distribution) for distribution in run.distributions)
    return found


def _repository(repository: Repository) -> Json:
    item: dict[str, Json] = {
        "name": "source",
        "digest": _digest_set(repository.commit),
        "annotations": {"kind": "source", "dirty": repository.dirty, "tree": repository.tree},
    }
    if repository.url is not None:
        item["uri"] = f"git+{repository.url}@{repository.commit.value}"
    return item


def _distribution(distribution: Distribution) -> Json:
    annotations: dict[str, Json] = {"kind": "distribution", "version": distribution.version}
    if distribution.record is not None:
        # What the installer wrote down, not the digest of an archive, which is how a reader would take `digest` here.
        annotations["record"] = distribution.record.value
    return {
        "name": distribution.name,
        "uri": f"pkg:pypi/{distribution.name}@{distribution.version}",
        "annotations": annotations,
    }


def _digest_set(digest: Digest) -> Json:
    return {digest.algorithm: digest.value}


def _kind(item: JsonObject) -> str:
    kind = fields.mapping(item, "annotations").get("kind")
    return kind if isinstance(kind, str) else ""


def _material(item: JsonObject) -> Material:
    name = fields.text(item, "name")
    return Material(name, digest_from_set(item.get("digest"), what=name), MaterialKind(_kind(item)))


def _source(dependencies: tuple[JsonObject, ...]) -> Source | None:
    for item in dependencies:
        if _kind(item) == "source":
            commit = digest_from_set(item.get("digest"), what="the source")
            if commit.algorithm != GIT_COMMIT:
                raise StatementError("the provenance names its source by something other than a Git commit")
            dirty = fields.mapping(item, "annotations").get("dirty")
            return Source(commit, dirty is not False)
    return None


def _metrics(byproducts: tuple[JsonObject, ...]) -> dict[str, float]:
    for item in byproducts:
        if item.get("name") == "metrics":
            return fields.numbers(item, "annotations")
    return {}
