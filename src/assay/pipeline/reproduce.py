"""Running a recorded stage again, in a fresh folder, from its recorded inputs: bit for bit, or what differs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from assay.attest.predicates.provenance import Recipe, parse_files, parse_recipe
from assay.config import StageSettings
from assay.core.artifact import Artifact
from assay.core.digest import Digest
from assay.core.errors import HashingError, StageError
from assay.core.evidence import Build, Material, MaterialKind
from assay.hashing.artifact import copy_artifact, hash_artifact
from assay.pipeline.project import Project
from assay.pipeline.records import Records
from assay.pipeline.unchanged import Surroundings, describe_surroundings
from assay.stage.command import CommandSpec, run_command
from assay.stage.environment import Environment
from assay.stage.source import read_at_commit
from assay.store.ledger import Ledger

_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that did not come out as recorded. ``offset`` is the first byte that differs from the copy in the project,
    ``None`` when that copy is not the recorded one and there is nothing to compare with."""

    name: str
    expected: Digest | None
    actual: Digest | None
    offset: int | None


@dataclass(frozen=True, slots=True)
class Reproduction:
    """``differences`` is empty when every output came out bit for bit; ``causes`` is what is not as it was then."""

    build: Build
    differences: tuple[Difference, ...]
    causes: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def reproduce(project: Project, ledger: Ledger, path: Path, on_output: Callable[[bytes], None]) -> Reproduction:
    """Re-run the stage that made what lies at ``path`` and compare what comes out with what was attested.

    The project is only read: the command runs in a folder of its own, isolated if it was.

    :raises StageError: no trusted run made it, a recorded input is not to be had any more, or the command failed
    """
    records = Records(ledger, project.trust)
    build = _find(project, records, path)
    statement = records.statement(build.entry)
    recipe = parse_recipe(statement)
    with tempfile.TemporaryDirectory(prefix="assay-reproduce-") as folder:
        fresh = Path(folder).resolve() / "project"
        fresh.mkdir(mode=0o700)
        files = parse_files(statement)
        for material in build.materials:
            _restore(project, build, material, files.get(material.name, {}), fresh)
        stage = _declared(project, build)
        surroundings = describe_surroundings(project, stage.python if stage else None, stage.lock if stage else None)
        _run(project, build, recipe, surroundings, fresh, on_output)
        causes = _causes(surroundings.environment, recipe)
        return Reproduction(build, tuple(_differences(project, build, fresh)), causes)


def _declared(project: Project, build: Build) -> StageSettings | None:
    """The stage as ``assay.toml`` has it today: the provenance says which interpreter ran, not where to find it."""
    return next((stage for stage in project.settings.stages if stage.name == build.stage), None)


def _find(project: Project, records: Records, path: Path) -> Build:
    name = project.name_of(path)
    found = None
    if path.exists() and not path.is_symlink():
        digest = hash_artifact(path, name=name or path.name).digest
        found = next(records.builds(name=name, digest=digest), None)
    elif name is not None:
        found = next(records.builds(name=name), None)
    if found is None:
        raise StageError(
            "no trusted run in the ledger made these bytes",
            where=str(path),
            remedy="`assay verify` says what is known about it.",
        )
    return found


def _restore(project: Project, build: Build, material: Material, files: dict[str, Digest], fresh: Path) -> None:
    """Put a material into the fresh folder, from the project or from the recorded commit; verified as it is copied."""
    target = fresh / material.name
    target.parent.mkdir(parents=True, exist_ok=True)
    problem = "it is not there any more"
    if project.path(material.name).exists():
        try:
            copied = copy_artifact(project.path(material.name), target, name=material.name)
        except HashingError as error:
            problem = error.what
        else:
            if copied.digest == material.digest:
                return
            problem = f"it is {copied.digest} now"
            _remove(target)
    if material.kind is MaterialKind.CODE and _from_commit(project, build, material, files, target):
        return
    raise StageError(
        f"the recorded input {material.name} ({material.digest}) is not to be had: {problem}",
        where=f"stage {build.stage}, entry {build.entry}",
        remedy="Restore it, then try again.",
    )


def _from_commit(project: Project, build: Build, material: Material, files: dict[str, Digest], target: Path) -> bool:
    if build.source is None:
        return False
    for name in [f"{material.name}/{path}" for path in files] or [material.name]:
        content = read_at_commit(project.root, build.source.commit, name)
        if content is None:
            return False
        place = target.parent / Path(name).relative_to(Path(material.name).parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    if hash_artifact(target, name=material.name).digest == material.digest:
        return True
    _remove(target)
    return False


def _run(
    project: Project,
    build: Build,
    recipe: Recipe,
    surroundings: Surroundings,
    fresh: Path,
    on_output: Callable[[bytes], None],
) -> None:
    for output in build.outputs:
        (fresh / output.name).parent.mkdir(parents=True, exist_ok=True)
    workspace = fresh.parent / "workspace"
    workspace.mkdir(mode=0o700)
    spec = CommandSpec(
        argv=recipe.command,
        project=fresh,
        inputs=tuple(material.name for material in build.materials),
        outputs=tuple(output.name for output in build.outputs),
        environment=recipe.variables,
        python=surroundings.python,
        isolate=recipe.isolated,
        workspace=workspace,
        timeout=None,
    )
    outcome = run_command(spec, on_output=on_output, now=project.now)
    if outcome.exit_status != 0 or outcome.signal is not None:
        ended = f"was killed by signal {outcome.signal}" if outcome.signal else f"exited with {outcome.exit_status}"
        raise StageError(
            f"the command {ended} when it was run again",
            where=f"stage {build.stage}, entry {build.entry}",
            remedy="It may read something that it does not declare; what it printed stands above.",
        )


def _differences(project: Project, build: Build, fresh: Path) -> list[Difference]:
    found: list[Difference] = []
    for output in build.outputs:
        files = build.files(output.name)
        expected = {f"{output.name}/{path}": digest for path, digest in files.items()} or {output.name: output.digest}
        actual = _files(fresh, output.name)
        for name in sorted(expected.keys() | actual.keys()):
            before, after = expected.get(name), actual.get(name)
            if before != after:
                found.append(Difference(name, before, after, _offset(project, fresh, name, before)))
    return found


def _files(fresh: Path, name: str) -> dict[str, Digest]:
    try:
        artifact: Artifact = hash_artifact(fresh / name, name=name)
    except HashingError:
        return {}
    return dict(artifact.files())


def _offset(project: Project, fresh: Path, name: str, expected: Digest | None) -> int | None:
    """The first byte at which the fresh file differs from the project's copy, if that copy is the recorded one."""
    old, new = project.path(name), fresh / name
    try:
        if expected is None or hash_artifact(old, name=name).digest != expected:
            return None
        with old.open("rb") as one, new.open("rb") as other:
            for start in count(0, _CHUNK):
                left, right = one.read(_CHUNK), other.read(_CHUNK)
                if left != right:
                    shorter = min(len(left), len(right))
                    return start + next((i for i in range(shorter) if left[i] != right[i]), shorter)
                if not left:
                    return None
    except (HashingError, OSError):
        return None
    return None


def _causes(environment: Environment, recipe: Recipe) -> tuple[str, ...]:
    """How the surroundings differ from the recorded ones: what may have made the difference."""
    now = {item.name: item.version for item in environment.distributions}
    before = recipe.distributions
    causes = [
        f"{name} {before.get(name, 'absent')} -> {now.get(name, 'absent')}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]
    here = environment.machine()
    causes += [
        f"{key}: {recipe.machine[key]} -> {here.get(key, 'unknown')}"
        for key in sorted(recipe.machine)
        if recipe.machine[key] != here.get(key)
    ]
    if not recipe.seeds:
        causes.append("the stage declares no random seed")
    return tuple(causes)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
