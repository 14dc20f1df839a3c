"""The artifact can be traced, build by build, to the data it came from.

## What it demands

``"complete"``: a trusted build made exactly these bytes; for each product that it read there is an earlier trusted
build that made exactly those bytes, and so on back to the data; and no statement about any of it was rejected. A
rejected statement is forgiven once a newer trusted one of the same stage has replaced it.

## Example

```toml
provenance = "complete"
```

## When it fails

If files differ from what was built, they are named: restore them, or build the artifact again. If a product has no
build, somebody made it by hand or outside the pipeline: run the stage that makes it, then those after it. If a
statement was rejected, see why, and run its stage again with a trusted key. Absent provenance is never certain to be
false, so this requirement cannot be satisfied under ``not``.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core.evidence import Evidence, MaterialKind
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_EXPECTED = "an unbroken chain of trusted builds from the artifact back to its data"


def _parse(value: object, where: str) -> str:
    return reading.word(value, where, ("complete",))


def _check(_: str, evidence: Evidence) -> tuple[Outcome, ...]:
    found = f"{words.count(len(evidence.chain), 'build')}, back to {words.listing(_origins(evidence))}"
    return settle(_problems(evidence), expected=_EXPECTED, found=found)


def _origins(evidence: Evidence) -> list[str]:
    """The data that no build made, and the stages that read neither data nor products: they fetched it themselves."""
    inputs = (MaterialKind.DATA, MaterialKind.PRODUCT)
    data = {item.name for build in evidence.chain for item in build.materials if item.kind is MaterialKind.DATA}
    fetched = [
        words.run(build)
        for build in reversed(evidence.chain)
        if not any(item.kind in inputs for item in build.materials)
    ]
    return [*sorted(data), *fetched]


def _problems(evidence: Evidence) -> Iterator[Outcome]:
    build = facts.own_build(evidence)
    if build is None:
        yield _unknown_bytes(evidence)
    elif build not in evidence.chain:
        yield _unknown(facts.gap(evidence), "Build the artifact again.")
    for reader, material in facts.broken_links(evidence):
        yield _unknown(
            f"{words.run(reader)} read {words.shown(material.name)} ({words.digest(material.digest)}), "
            "which no earlier trusted build made",
            f"Run the stage that makes {words.shown(material.name)}, then stage {words.shown(reader.stage)} again.",
        )
    for rejected in facts.standing_rejections(evidence):
        stage = f" of stage {words.shown(rejected.stage)}" if rejected.stage else ""
        yield _unknown(
            f"the statement{stage} in entry {rejected.entry} does not count: {words.shown(rejected.reason)}",
            "Find out who made it and why; then run the stage again with a trusted key.",
        )


def _unknown_bytes(evidence: Evidence) -> Outcome:
    if evidence.artifact is None:
        return _unknown("the artifact could not be read, so nothing is known about it", "See the check `artifact`.")
    name, digest = words.shown(evidence.name), words.digest(evidence.artifact.digest)
    found = f"no trusted build made {name} as it is now ({digest})"
    latest = evidence.latest
    if latest is None:
        return _unknown(f"{found}, nor any other version of it", "Run the stage that makes it, with a trusted key.")
    recorded = next((subject.digest for subject in latest.subjects if subject.name == evidence.name), None)
    made = f" ({words.digest(recorded)})" if recorded is not None else ""
    found += f"; the newest build of it is {words.run(latest)}{made}"
    here = evidence.found.get(evidence.name)
    if here is not None and (differences := words.differences(name, here.comparison)):
        found += f"; since then {differences}"
    return _unknown(found, f"Restore what that build made, or run stage {words.shown(latest.stage)} again.")


def _unknown(found: str, remedy: str) -> Outcome:
    return Outcome(Verdict.UNKNOWN, _EXPECTED, found, remedy)


REQUIREMENT = Requirement("provenance", _parse, _check, __doc__)
