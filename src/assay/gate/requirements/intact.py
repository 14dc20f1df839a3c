"""What the artifact was made from still is what it was.

## What it demands

``"present"``: every input, output, code and lock file of the artifact's chain that is on disk has the digest that its
build recorded. ``"all"``: and each of them is on disk. Something that stands there but must not be read, such as a
symbolic link, fails both.

## Example

```toml
intact = "all"
```

## When it fails

Restore the file that is named, or, if it was changed on purpose, run the stage that reads or makes it and every stage
after it. ``"all"`` is for the machine that builds; where only the artifact is delivered, demand ``"present"``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.core.digest import Digest
from assay.core.evidence import Build, Evidence, Found, MaterialKind
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_PRESENT, _ALL = "present", "all"


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A name with the digest that ``build`` recorded for it, and what the build had to do with it."""

    name: str
    digest: Digest
    build: Build
    role: str


def _parse(value: object, where: str) -> str:
    return reading.word(value, where, (_PRESENT, _ALL))


def _check(wanted: str, evidence: Evidence) -> tuple[Outcome, ...]:
    expected = "every file of the chain is as it was recorded" + (", and is there" if wanted == _ALL else "")
    recorded = _recorded(facts.chain(evidence))
    problems = [*facts.untold(evidence, expected=expected)]
    for item in recorded:
        problems += _compared(item, evidence.found.get(item.name), must_be_there=wanted == _ALL)
    return settle(problems, expected=expected, found=f"{len(recorded)} files and folders of the chain were looked at")


def _recorded(builds: tuple[Build, ...]) -> list[_Recorded]:
    """Each name and digest once: as its maker recorded it, or else its first reader."""
    found: dict[tuple[str, Digest], _Recorded] = {}
    for build in sorted(builds, key=lambda item: item.entry):
        for output in build.outputs:
            found.setdefault((output.name, output.digest), _Recorded(output.name, output.digest, build, "made"))
        for material in build.materials:
            role = "ran" if material.kind is MaterialKind.CODE else "read"
            found.setdefault((material.name, material.digest), _Recorded(material.name, material.digest, build, role))
    return list(found.values())


def _compared(item: _Recorded, here: Found | None, *, must_be_there: bool) -> Iterator[Outcome]:
    name = words.shown(item.name)
    expected = f"{name} is {words.digest(item.digest)}, as {words.run(item.build)} {item.role} it"
    remedy = f"Restore {name}, or run stage {words.shown(item.build.stage)} again and every stage after it."
    if here is None:
        yield Outcome(Verdict.UNKNOWN, expected, f"nobody looked at {name}", "Verify again, in the project's folder.")
    elif here.problem:
        found = f"{name} must not be read: {words.shown(here.problem)}"
        yield Outcome(Verdict.UNKNOWN, expected, found, f"Put a regular file or folder there. {remedy}")
    elif here.digest is None:
        if must_be_there:
            yield Outcome(Verdict.UNKNOWN, expected, f"{name} is not there", remedy)
    elif here.digest != item.digest:
        differences = words.differences(name, here.comparison)
        found = f"{name} is {words.digest(here.digest)}{': ' if differences else ''}{differences}"
        yield Outcome(Verdict.FAILS, expected, found, remedy)


REQUIREMENT = Requirement("intact", _parse, _check, __doc__)
