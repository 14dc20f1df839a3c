"""Whether a stage has to run: only an attestation that still holds lets it be skipped."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from assay.attest.predicates.provenance import Recipe, parse_recipe
from assay.config import Settings, StageSettings
from assay.core.errors import HashingError
from assay.core.evidence import Build
from assay.hashing.artifact import hash_artifacts
from assay.pipeline.materials import Materials, newest_build
from assay.pipeline.project import Project
from assay.pipeline.records import Records
from assay.stage.environment import Environment, describe_environment
from assay.stage.source import GitSource, describe_source


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a stage runs: the interpreter, what is installed for it, and the code's commit."""

    python: Path
    environment: Environment
    repository: GitSource | None


def describe_surroundings(project: Project, python: str | None, lock: str | None) -> Surroundings:
    """Look at an interpreter (``None``: the one that runs assay), at what its lock says, and at the Git checkout."""
    program = project.path(python) if python else Path(sys.executable)
    environment = describe_environment(program, project.path(lock) if lock else None)
    return Surroundings(program, environment, describe_source(project.root))


def why_run(
    project: Project, records: Records, stage: StageSettings, materials: Materials, surroundings: Surroundings
) -> tuple[str, int | None]:
    """Why ``stage`` has to run; when it has not, an empty reason and the entry that attests it."""
    build = newest_build(records, stage)
    if build is None:
        return "it never ran", None
    recipe = parse_recipe(records.statement(build.entry))
    reason = (
        _why_recipe(stage, recipe, surroundings)
        or _why_materials(build, materials)
        or _why_commit(project.settings, build, surroundings)
        or _why_outputs(project, build)
        or _why_evaluation(records, stage, build)
    )
    return reason, None if reason else build.entry


def _why_recipe(stage: StageSettings, recipe: Recipe, surroundings: Surroundings) -> str:
    if recipe.command != stage.command:
        return "its command changed"
    if dict(recipe.parameters) != dict(stage.parameters):
        return "its parameters changed"
    if dict(recipe.variables) != dict(stage.environment):
        return "its variables changed"
    if recipe.isolated != stage.isolate:
        return "its isolation changed"
    if recipe.environment != surroundings.environment.digest():
        return "its environment changed"
    return ""


def _why_materials(build: Build, materials: Materials) -> str:
    before = {material.name: material.digest for material in build.materials}
    now = {material.name: material.digest for material in materials.items}
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    if changed:
        return f"changed: {', '.join(changed)}"
    # The same bytes, but made anew: the chain has to rest on the run that made them, not on one that nobody repeats.
    later = sorted({maker.stage for maker in materials.makers.values() if maker.entry > build.entry})
    return f"ran again: {', '.join(later)}" if later else ""


def _why_commit(settings: Settings, build: Build, surroundings: Surroundings) -> str:
    if not settings.rebuild_on_commit:
        return ""
    now = surroundings.repository.source if surroundings.repository else None
    if build.source == now:
        return ""
    if now is None or build.source is None:
        return "the project came under Git, or left it"
    if build.source.commit != now.commit:
        return f"the code is at another commit, {now.commit.value[:12]}"
    return "uncommitted changes came or went"


def _why_outputs(project: Project, build: Build) -> str:
    missing = [item.name for item in build.outputs if not project.path(item.name).exists()]
    if missing:
        return f"missing: {', '.join(missing)}"
    try:
        found = hash_artifacts([(item.name, project.path(item.name)) for item in build.outputs], within=project.root)
    except HashingError as error:
        return f"an output cannot be read as it was made: {error}"
    altered = [was.name for was, now in zip(build.outputs, found, strict=True) if was.digest != now.digest]
    return f"altered after it was attested: {', '.join(altered)}" if altered else ""


def _why_evaluation(records: Records, stage: StageSettings, build: Build) -> str:
    """An evaluation that did not pass, or was made with other demands, is made again."""
    if stage.evaluates is None:
        return ""
    subject = next(material for material in build.materials if material.name == stage.evaluates)
    result = next((item for item in records.evaluations(digest=subject.digest) if item.stage == stage.name), None)
    if result is None:
        return "its evaluation is not attested"
    if result.result != "PASSED":
        return f"its evaluation {result.result.lower()}"
    wanted = {str(demand) for demand in stage.demands}
    return "" if set(result.passed) == wanted else "its demands changed"
