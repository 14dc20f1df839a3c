"""The stages ran shut off from the rest of the machine.

## What it demands

The builds of the stages listed, or of every stage in the chain for ``true``, ran with network, file system and
environment isolated, so that nothing undeclared could flow into their outputs.

## Example

```toml
isolated = ["prepare", "train"]
```

## When it fails

Run the stage again with isolation, then every stage after it; on a platform that cannot isolate, build elsewhere. A
stage that is listed and not in the chain leaves the requirement unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core.evidence import Build, Evidence
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

#: What has to be in force, by the names that a build's provenance uses.
FULL = ("network", "filesystem", "environment")

#: ``None`` means every stage in the chain.
Stages = tuple[str, ...] | None


def _parse(value: object, where: str) -> Stages:
    if isinstance(value, bool):
        reading.switch(value, where)
        return None
    return reading.names(value, where, example='["train"], or true')


def _check(wanted: Stages, evidence: Evidence) -> tuple[Outcome, ...]:
    which = "every stage" if wanted is None else words.listing(wanted, limit=30)
    expected = f"{which} ran with {', '.join(FULL)} isolated"
    builds = facts.chain(evidence)
    asked = [build for build in builds if wanted is None or build.stage in wanted]
    problems = [*facts.untold(evidence, expected=expected)]
    problems += _open(asked, expected)
    if builds and wanted is not None:
        absent = [stage for stage in wanted if stage not in {build.stage for build in builds}]
        problems += (
            Outcome(Verdict.UNKNOWN, expected, f"stage {stage} is not in the chain", f"Run stage {stage} isolated.")
            for stage in absent
        )
    return settle(problems, expected=expected, found=words.listing(words.run(build) for build in asked))


def _open(builds: list[Build], expected: str) -> Iterator[Outcome]:
    for build in builds:
        missing = [name for name in FULL if name not in build.isolation]
        if missing:
            found = f"{words.run(build)} ran without isolating {words.listing(missing)}"
            remedy = f"Run stage {words.shown(build.stage)} isolated, then every stage after it."
            yield Outcome(Verdict.FAILS, expected, found, remedy)


REQUIREMENT = Requirement("isolated", _parse, _check, __doc__)
