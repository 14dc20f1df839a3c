"""The code that is there is the code that built the artifact.

## What it demands

``"unchanged"``: the code and lock files that each build of the chain recorded are on disk with the same digest; and
where the project lies in a Git checkout, that checkout is clean for the project and at the commit that every build
names. Without Git the digests alone decide. ``"committed"``: also, whether or not there is a checkout here, every
build names a commit and had nothing uncommitted.

## Example

```toml
code = "committed"
```

## When it fails

Commit what was changed, then run the stages again so that every build names that commit; or check out the commit that
the builds name. Where the code is not delivered with the artifact it cannot be compared: leave this requirement out
there.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core.digest import Digest
from assay.core.evidence import Build, Evidence, MaterialKind, Source
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_UNCHANGED, _COMMITTED = "unchanged", "committed"
_CODE = (MaterialKind.CODE, MaterialKind.LOCK)


def _parse(value: object, where: str) -> str:
    return reading.word(value, where, (_UNCHANGED, _COMMITTED))


def _check(wanted: str, evidence: Evidence) -> tuple[Outcome, ...]:
    expected = "the code is what built the artifact" + (", and is committed" if wanted == _COMMITTED else "")
    builds = facts.chain(evidence)
    problems = [*facts.untold(evidence, expected=expected)]
    if evidence.checkout is not None:
        problems += _moved(evidence.checkout, builds, expected)
    if wanted == _COMMITTED:
        problems += _uncommitted(builds, expected, named_already=evidence.checkout is not None)
    problems += _altered(builds, evidence, expected)
    if (
        builds
        and evidence.checkout is None
        and not any(item.kind in _CODE for build in builds for item in build.materials)
    ):
        found = "no build recorded a code file, and the project does not lie in a Git checkout"
        problems.append(Outcome(Verdict.UNKNOWN, expected, found, "Declare the code of each stage, and build again."))
    commits = sorted({words.digest(build.source.commit) for build in builds if build.source is not None})
    return settle(problems, expected=expected, found=words.listing(commits) or "the code files have their digests")


def _moved(checkout: Source, builds: tuple[Build, ...], expected: str) -> Iterator[Outcome]:
    here = words.digest(checkout.commit)
    if checkout.dirty:
        found = f"the checkout at {here} has uncommitted changes in the project"
        yield Outcome(Verdict.FAILS, expected, found, "Commit or undo them; after a commit, run the stages again.")
    for build in builds:
        again = f"Run stage {words.shown(build.stage)} again, then every stage after it."
        if build.source is None:
            found = f"{words.run(build)} names no commit, although the project lies in a Git checkout"
            yield Outcome(Verdict.UNKNOWN, expected, found, again)
        elif build.source.commit != checkout.commit:
            found = f"{words.run(build)} was built at {words.digest(build.source.commit)}, the checkout is at {here}"
            yield Outcome(Verdict.FAILS, expected, found, f"Check out that commit. Or: {again}")


def _uncommitted(builds: tuple[Build, ...], expected: str, *, named_already: bool) -> Iterator[Outcome]:
    for build in builds:
        again = f"Commit the code, then run stage {words.shown(build.stage)} again and every stage after it."
        if build.source is None:
            if not named_already:
                yield Outcome(Verdict.UNKNOWN, expected, f"{words.run(build)} names no commit", again)
        elif build.source.dirty:
            found = f"{words.run(build)} ran with uncommitted changes at {words.digest(build.source.commit)}"
            yield Outcome(Verdict.FAILS, expected, found, again)


def _altered(builds: tuple[Build, ...], evidence: Evidence, expected: str) -> Iterator[Outcome]:
    """Each code or lock file whose bytes here are not, or cannot be told to be, those that a build ran with."""
    users: dict[tuple[str, Digest], list[Build]] = {}
    for build in builds:
        for item in build.materials:
            if item.kind in _CODE:
                users.setdefault((item.name, item.digest), []).append(build)
    for (path, digest), ran_it in users.items():
        name, by = words.shown(path), words.listing(words.run(build) for build in ran_it)
        here = evidence.found.get(path)
        ran = f"{by} ran it as {words.digest(digest)}"
        if here is None or here.digest is None:
            why = (
                "is not there" if here is None or not here.problem else f"must not be read: {words.shown(here.problem)}"
            )
            yield Outcome(Verdict.UNKNOWN, expected, f"{name} {why}; {ran}", f"Restore {name} as it was.")
        elif here.digest != digest:
            differences = words.differences(name, here.comparison)
            found = f"{name} is {words.digest(here.digest)}, {ran}{'; ' if differences else ''}{differences}"
            yield Outcome(Verdict.FAILS, expected, found, f"Restore {name}, or run {by} again and every stage after.")


REQUIREMENT = Requirement("code", _parse, _check, __doc__)
