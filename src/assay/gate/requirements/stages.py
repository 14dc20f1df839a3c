"""Every stage of the pipeline was run, each after the one before it.

## What it demands

A list: each stage named has a build in the artifact's chain, and each one's builds had finished, by the clock and by
the ledger, before those of the next one named began. Other stages may be there too. ``"declared"``: every stage
upstream of the artifact that ``assay.toml`` declares has a build in the chain, and each build began after those whose
products it read had finished; stages that do not read from each other may have run in any order. Without an
``assay.toml`` there is nothing declared, and only the order is checked.

A stage is in the chain when something that it made went into the artifact, or when it evaluated the artifact or a
product that it is made from.

## Example

```toml
stages = ["collect", "prepare", "train", "evaluate", "package"]
```

## When it fails

Run the stage that is missing, then every stage after it. If the order is wrong, an earlier stage was run again and
the later ones were not: run those again too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from assay.core.evidence import Build, Evaluation, Evidence, MaterialKind
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

#: ``None`` means those that ``assay.toml`` declares.
Stages = tuple[str, ...] | None
Run = Build | Evaluation


def _parse(value: object, where: str) -> Stages:
    if isinstance(value, str):
        reading.word(value, where, ("declared",))
        return None
    return reading.names(value, where, example='["prepare", "train"], or "declared"')


def _check(wanted: Stages, evidence: Evidence) -> tuple[Outcome, ...]:
    expected = f"the stages {words.listing(wanted or evidence.pipeline, limit=30)}, each after the one before it"
    if not (wanted or evidence.pipeline):
        expected = "every stage that assay.toml declares for this artifact, in order"
    problems = [*facts.untold(evidence, expected=expected)]
    if wanted is None and not evidence.pipeline and evidence.configured:
        problems.append(
            Outcome(
                Verdict.UNKNOWN,
                expected,
                f"assay.toml declares no stage that makes {words.shown(evidence.name)}",
                "Declare the stage that makes it, or list the stages in the policy.",
            )
        )
    problems += _missing(wanted or evidence.pipeline, evidence, expected)
    pairs = _pairs_by_links(evidence) if wanted is None else _pairs_by_name(wanted, evidence)
    problems += _disorder(pairs, expected)
    ran = " → ".join(words.run(build) for build in sorted(facts.chain(evidence), key=_entry))
    undeclared = "" if wanted or evidence.pipeline else "no assay.toml declares any; the chain is "
    return settle(problems, expected=expected, found=f"{undeclared}{ran}")


def _missing(wanted: tuple[str, ...], evidence: Evidence, expected: str) -> Iterator[Outcome]:
    if facts.own_build(evidence) is None:
        return
    runs: tuple[Run, ...] = (*evidence.chain, *facts.evaluations(evidence))
    present = {run.stage for run in runs}
    for stage in wanted:
        if stage not in present:
            found = f"nothing that stage {words.shown(stage)} made went into {words.shown(evidence.name)}"
            remedy = f"Run stage {words.shown(stage)}, then every stage after it."
            yield Outcome(Verdict.UNKNOWN, expected, found, remedy)


def _pairs_by_name(wanted: tuple[str, ...], evidence: Evidence) -> Iterator[tuple[Run, Run]]:
    """The last run of each stage in the list with the first of the next; a stage that is missing is stepped over."""
    before: tuple[Run, ...] = ()
    for stage in wanted:
        after = _runs(stage, before, evidence)
        if before and after:
            yield max(before, key=_entry), min(after, key=_entry)
            yield max(before, key=_finished), min(after, key=_started)
        before = after or before


def _runs(stage: str, before: tuple[Run, ...], evidence: Evidence) -> tuple[Run, ...]:
    """The builds of ``stage`` in the chain; for one that only evaluated, its first evaluation after ``before``."""
    builds = tuple(build for build in facts.chain(evidence) if build.stage == stage)
    if builds:
        return builds
    evaluations = tuple(item for item in facts.evaluations(evidence) if item.stage == stage)
    after = tuple(item for item in evaluations if all(_in_order(run, item) for run in before))
    return (after or evaluations[-1:])[:1]


def _pairs_by_links(evidence: Evidence) -> Iterator[tuple[Run, Run]]:
    """Every (maker, reader) of a product in the chain; where several builds made it, one that came first will do."""
    builds = facts.chain(evidence)
    made = facts.makers(builds)
    for reader in builds:
        for material in reader.materials:
            candidates = made.get((material.name, material.digest)) if material.kind is MaterialKind.PRODUCT else None
            if candidates:
                yield next((maker for maker in candidates if _in_order(maker, reader)), candidates[0]), reader


def _disorder(pairs: Iterator[tuple[Run, Run]], expected: str) -> Iterator[Outcome]:
    told: set[tuple[int, int]] = set()
    for before, after in pairs:
        if (before.entry, after.entry) in told or _in_order(before, after):
            continue
        told.add((before.entry, after.entry))
        yield Outcome(
            Verdict.FAILS,
            expected,
            f"{words.run(after)} began {words.clock(_started(after))}, "
            f"but {words.run(before)} finished {words.clock(before.finished)}",
            f"Run stage {words.shown(after.stage)} again, then every stage after it.",
        )


def _in_order(before: Run, after: Run) -> bool:
    return before.entry < after.entry and _finished(before) <= _started(after)


def _entry(run: Run) -> int:
    return run.entry


def _finished(run: Run) -> datetime:
    return words.utc(run.finished)


def _started(run: Run) -> datetime:
    """An evaluation says only when it was over."""
    return words.utc(run.started if isinstance(run, Build) else run.finished)


REQUIREMENT = Requirement("stages", _parse, _check, __doc__)
