"""Gathering what the gate decides on: the artifact's builds back to the sources, and what lies on disk now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from assay.attest.predicates.provenance import parse_files
from assay.config import covers
from assay.core.artifact import Artifact
from assay.core.digest import Digest
from assay.core.errors import HashingError, LedgerTampered, RefusedPath, SignatureError
from assay.core.evidence import Approval, Build, Evaluation, Evidence, Found, Material, MaterialKind
from assay.core.manifest import Comparison, Entry, Manifest, compare
from assay.hashing.artifact import hash_artifact, hash_artifacts
from assay.pipeline.approvals import read_sign_offs
from assay.pipeline.project import Project
from assay.pipeline.records import Records
from assay.pipeline.retire import read_retirements
from assay.stage.source import describe_source
from assay.store.ledger import Ledger

#: How many approvals of one name are looked at for any whose build does not count any more.
_APPROVALS: Final = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """The artifact under judgement: its name in the project, and its digest or why it must not be read."""

    name: str
    artifact: Artifact | None
    refused: str = ""


def gather(project: Project, ledger: Ledger, judged: Judged) -> Evidence:
    """Walk from the artifact's bytes back to every source, through verified statements only.

    What it reads of the ledger does not grow with the ledger: the builds that the artifact rests on, those of the same
    name that came later, and the bounded check of the ledger's newest part.
    """
    records = Records(ledger, project.trust)
    build = _own_build(records, judged)
    latest = next(records.builds(name=judged.name), None)
    chain, unexplained = walk(records, build)
    evaluations = _evaluations(records, chain)
    approved = tuple(_later_approvals(records, judged, build))
    # The newest trusted scan is the one that counts; what was rejected after it is met on the way.
    scans = tuple(islice(records.scans(digest=judged.artifact.digest), 1)) if judged.artifact is not None else ()
    whole = _whole(judged, build)
    sign_offs = read_sign_offs(records, whole).standing
    retirements = read_retirements(records, ledger, whole | _parts(judged))
    try:
        project.check(ledger, records.used)
        problem = ""
    except (LedgerTampered, SignatureError) as error:
        problem = str(error)
    repository = describe_source(project.root)
    return Evidence(
        name=judged.name,
        now=project.now(),
        artifact=judged.artifact,
        refused=judged.refused,
        build=build,
        chain=chain,
        unexplained=unexplained,
        latest=latest,
        evaluations=evaluations,
        approved=approved,
        rejected=tuple(records.rejected[entry] for entry in sorted(records.rejected)),
        found=_found(project, records, judged, chain or ((latest,) if latest else ())),
        checkout=None if repository is None else repository.source,
        pipeline=_declared(project, judged.name),
        ledger_problem=problem,
        scans=scans,
        rejected_scans=tuple(records.rejected_scans[entry] for entry in sorted(records.rejected_scans)),
        sign_offs=sign_offs,
        retirements=retirements.standing,
        rejected_retirements=retirements.rejected,
    )


def _whole(judged: Judged, build: Build | None) -> frozenset[Digest]:
    """The digests of the artifact, and of the folders that its own build made it in."""
    if judged.artifact is None:
        return frozenset()
    around = () if build is None else (item.digest for item in build.outputs if covers(item.name, judged.name))
    return frozenset((judged.artifact.digest, *around))


def _parts(judged: Judged) -> frozenset[Digest]:
    """The digests of the files in the artifact."""
    return frozenset(digest for _, digest in judged.artifact.files()) if judged.artifact is not None else frozenset()


def _own_build(records: Records, judged: Judged) -> Build | None:
    if judged.artifact is None:
        return None
    return next(records.builds(name=judged.name, digest=judged.artifact.digest), None)


class KnownBuilds(Protocol):
    """Whoever can find the trusted builds of a name and digest, newest first."""

    def builds(self, *, name: str | None = None, digest: Digest | None = None) -> Iterator[Build]: ...


def walk(records: KnownBuilds, build: Build | None) -> tuple[tuple[Build, ...], tuple[tuple[Build, Material], ...]]:
    """Every build that ``build`` rests on, consumers before producers, and the products that none of them made.

    A producer's entry is always before its consumer's: what was recorded as made only later explains nothing.
    """
    if build is None:
        return (), ()
    chain: dict[int, Build] = {}
    unexplained: list[tuple[Build, Material]] = []
    pending = [build]
    while pending:
        consumer = pending.pop(0)
        if consumer.entry in chain:
            continue
        chain[consumer.entry] = consumer
        for material in consumer.materials:
            if material.kind is MaterialKind.PRODUCT:
                made = records.builds(name=material.name, digest=material.digest)
                producer = next((item for item in made if item.entry < consumer.entry), None)
                if producer is None:
                    unexplained.append((consumer, material))
                else:
                    pending.append(producer)
    return tuple(sorted(chain.values(), key=lambda item: -item.entry)), tuple(unexplained)


def _evaluations(records: Records, chain: tuple[Build, ...]) -> tuple[Evaluation, ...]:
    """Every trusted evaluation of anything in the chain, newest first."""
    digests = {subject.digest for build in chain for subject in build.subjects}
    found = {item.entry: item for digest in sorted(digests) for item in records.evaluations(digest=digest)}
    return tuple(found[entry] for entry in sorted(found, reverse=True))


def _later_approvals(records: Records, judged: Judged, build: Build | None) -> Iterator[tuple[Approval, Build | None]]:
    """Approvals of other versions of the artifact that may supersede ``build``, each with the build it was given for.

    One for each version that was built after it; and among the newest approvals of the name those whose build does not
    count any more, its signer no longer being trusted.
    """
    own = build.entry if build is not None else -1
    for later in records.builds(name=judged.name):
        if later.entry <= own:
            break
        for output in later.outputs:
            if covers(output.name, judged.name):
                approvals = records.approvals(name=output.name, digest=output.digest)
                yield from ((item, later) for item in islice(approvals, 1))
    for approval in islice(records.approvals(name=judged.name), _APPROVALS):
        if approval.entry <= own:
            break
        other = judged.artifact is None or approval.subject.digest != judged.artifact.digest
        if other and next(records.builds(name=judged.name, digest=approval.subject.digest), None) is None:
            yield approval, None


def _declared(project: Project, name: str) -> tuple[str, ...]:
    """The stages upstream of the artifact that ``assay.toml`` declares, and those that evaluate what they make."""
    settings = project.settings
    maker = settings.producer(name)
    if maker is None:
        return ()
    names = {stage.name for stage in settings.upstream(maker.name)}
    judges = {stage.name: settings.producer(stage.evaluates) for stage in settings.stages if stage.evaluates}
    names |= {judge for judge, made in judges.items() if made is not None and made.name in names}
    return tuple(stage.name for stage in settings.stages if stage.name in names)


def _found(project: Project, records: Records, judged: Judged, chain: tuple[Build, ...]) -> Mapping[str, Found]:
    """What lies on disk under every name that the chain mentions, each read once."""
    recorded: dict[str, tuple[Digest, Manifest | None]] = {}
    for build in chain:
        for output in build.outputs:
            recorded.setdefault(output.name, (output.digest, _manifest(build.files(output.name))))
    for build in chain:
        files = parse_files(records.statement(build.entry))
        for material in build.materials:
            recorded.setdefault(material.name, (material.digest, _manifest(files.get(material.name, {}))))
    others = [name for name in sorted(recorded) if name != judged.name and _exists(project.path(name))]
    here: dict[str, Artifact | RefusedPath] = _read_all(project, others)
    if judged.name in recorded:
        here[judged.name] = judged.artifact or RefusedPath(judged.refused)
    return {name: _compared(name, here.get(name), *recorded[name]) for name in sorted(recorded)}


def _read_all(project: Project, names: Sequence[str]) -> dict[str, Artifact | RefusedPath]:
    """Hash everything in one schedule over all cores; one by one only if something must not be read."""
    items = [(name, project.path(name)) for name in names]
    try:
        return dict(zip(names, hash_artifacts(items, within=project.root), strict=True))
    except RefusedPath:
        return {name: _read(project, name) for name in names}


def _read(project: Project, name: str) -> Artifact | RefusedPath:
    try:
        return hash_artifact(project.path(name), name=name, within=project.root)
    except RefusedPath as error:
        return error


def _compared(name: str, here: Artifact | RefusedPath | None, digest: Digest, manifest: Manifest | None) -> Found:
    match here:
        case None:
            return Found(name, None)
        case RefusedPath():
            return Found(name, None, here.finding)
    return Found(name, here.digest, comparison=_difference(manifest, here) if here.digest != digest else None)


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise HashingError(f"the path cannot be looked at: {error.strerror}", where=str(path)) from error
    return True


def _difference(manifest: Manifest | None, artifact: Artifact) -> Comparison | None:
    if manifest is None or artifact.manifest is None:
        return None
    return compare(manifest, artifact.manifest)


def _manifest(files: Mapping[str, Digest]) -> Manifest | None:
    """The manifest of a folder's recorded files; ``None`` for what is no folder, or whose files were not recorded."""
    return Manifest(tuple(Entry(path, 0, digest) for path, digest in files.items())) if files else None
