"""What a stage is about to read: hashed, and held against what the stages before it attested."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from assay.config import StageSettings, covers
from assay.core.artifact import Artifact
from assay.core.digest import Digest
from assay.core.errors import ConfigError, IntegrityError, StageError
from assay.core.evidence import Build, Material, MaterialKind
from assay.hashing.artifact import hash_artifacts
from assay.pipeline.project import Project
from assay.pipeline.records import Records


@dataclass(frozen=True, slots=True)
class Materials:
    """``items`` in the order inputs, code, lock; ``files`` the digests of the files of each folder; ``makers``
    the build that attests each product, by the product's name."""

    items: tuple[Material, ...]
    files: Mapping[str, Mapping[str, Digest]]
    makers: Mapping[str, Build]


def read_materials(project: Project, records: Records, stage: StageSettings) -> Materials:
    """Hash everything that ``stage`` reads and verify each product against its producer's attestation.

    Never against what is merely on disk: a product counts only with the digest that the newest trusted run of the
    stage that makes it signed.

    :raises StageError: an input is missing, or nobody attested it
    :raises IntegrityError: an input is not what was attested, or not what ``sha256`` in ``assay.toml`` says
    :raises HashingError: it cannot be read
    """
    names = [(name, MaterialKind.DATA) for name in stage.inputs]
    names += [(name, MaterialKind.CODE) for name in (*stage.code, *_named_in_command(project, stage))]
    names += [(stage.lock, MaterialKind.LOCK)] if stage.lock else []
    for name, _ in names:
        _must_exist(project, stage, name)
    artifacts = hash_artifacts([(name, project.path(name)) for name, _ in names], within=project.root)
    items, makers = [], {}
    for (name, kind), artifact in zip(names, artifacts, strict=True):
        known = stage.known.get(name)
        if known is not None:
            must_match(name, known, artifact.digest, "assay.toml")
        attested = _attested(project, records, stage, name)
        if attested is not None:
            makers[name] = attested[0]
            must_match(name, attested[1], artifact.digest, f"the stage {attested[0].stage} (entry {attested[0].entry})")
        items.append(Material(name, artifact.digest, MaterialKind.PRODUCT if attested else kind))
    return Materials(tuple(items), {item.path: _files(item) for item in artifacts if item.manifest is not None}, makers)


def newest_build(records: Records, stage: StageSettings) -> Build | None:
    """The newest trusted run of ``stage`` that made the outputs it declares today."""
    for build in records.builds(name=stage.outputs[0]):
        if build.stage == stage.name and {item.name for item in build.outputs} == set(stage.outputs):
            return build
    return None


def must_match(name: str, expected: Digest, actual: Digest, said_by: str) -> None:
    """Do nothing if the digests are the same.

    :raises IntegrityError: they differ
    """
    if expected.algorithm != actual.algorithm:
        raise IntegrityError(
            f"{name} is a {'file' if expected.algorithm == 'dirHash' else 'folder'} where {said_by} says otherwise",
            expected=str(expected),
            actual=str(actual),
        )
    if not hmac.compare_digest(expected.value, actual.value):
        raise IntegrityError(
            f"{name} was altered: {said_by} says {expected}, on disk is {actual}",
            where=name,
            remedy="Restore it, or run the stage that makes it again; find out who changed it.",
            expected=str(expected),
            actual=str(actual),
        )


def _attested(project: Project, records: Records, stage: StageSettings, name: str) -> tuple[Build, Digest] | None:
    """The build and digest that the producer of ``name`` attested; ``None`` when no stage makes it."""
    producer = project.settings.producer(name)
    if producer is None:
        return None
    build = newest_build(records, producer)
    if build is None:
        raise StageError(
            f"{name} has no attestation that counts: no trusted run of {producer.name} is in the ledger",
            where=f"stage {stage.name}",
            remedy=f"Run `assay run {producer.name}` first.",
        )
    subject = build.made(name)
    if subject is None:
        raise ConfigError(
            f"the stage {producer.name} attests no {name!r} of its own",
            where=f"assay.toml: stages.{stage.name}.inputs",
            remedy="Name the whole output, or one file in it.",
        )
    return build, subject.digest


def _named_in_command(project: Project, stage: StageSettings) -> list[str]:
    """Files of the project that the command names and the settings do not: what is run is code, declared or not."""
    declared = (*stage.inputs, *stage.outputs, *stage.code, *([stage.lock] if stage.lock else []))
    found: dict[str, None] = {}
    for word in stage.command:
        path = PurePosixPath(word.rpartition("=")[2])
        name = str(path)
        outside = path.is_absolute() or ".." in path.parts or not path.parts or path.parts[0] == ".assay"
        if not outside and not any(covers(item, name) for item in declared) and project.path(name).is_file():
            found[name] = None
    return list(found)


def _must_exist(project: Project, stage: StageSettings, name: str) -> None:
    if not project.path(name).exists():
        producer = project.settings.producer(name)
        raise StageError(
            f"the input {name} is missing",
            where=f"stage {stage.name}",
            remedy=f"The stage {producer.name} makes it: run it again." if producer else "Put it there.",
        )


def _files(artifact: Artifact) -> dict[str, Digest]:
    assert artifact.manifest is not None, "only folders are asked"
    return {entry.path: entry.digest for entry in artifact.manifest.entries}
