"""What follows from the evidence and more than one requirement needs.

The gate takes nothing on trust that it can work out again from the evidence: that the build made exactly the artifact's
bytes, and that every link of the chain is there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from assay.core.digest import Digest
from assay.core.evidence import Build, Evaluation, Evidence, Material, MaterialKind, Rejected
from assay.core.statement import Subject
from assay.gate import words
from assay.gate.requirement import Outcome, Verdict

#: How far two machines' clocks may differ before a time counts as lying in the future.
CLOCK_SKEW: Final = timedelta(minutes=5)

NO_BUILD: Final = "no trusted build of these bytes is known"


def own_build(evidence: Evidence) -> Build | None:
    """The build of the artifact, only if it really made these bytes under this name."""
    if evidence.artifact is None or evidence.build is None:
        return None
    artifact = Subject(evidence.name, evidence.artifact.digest)
    return evidence.build if artifact in evidence.build.subjects else None


def chain(evidence: Evidence) -> tuple[Build, ...]:
    """Every build that the artifact rests on; empty when its own build is not known."""
    return () if own_build(evidence) is None else evidence.chain


def broken_links(evidence: Evidence) -> tuple[tuple[Build, Material], ...]:
    """Every (build, product it read) for which no earlier build of the chain made that product.

    Earlier by ledger entry: what was recorded as made after it was read, or only by its reader, is no explanation.
    Those that the evidence itself calls unexplained are among them.
    """
    builds = chain(evidence)
    made = makers(builds)
    listed = {(build.entry, material) for build, material in evidence.unexplained}
    derived = tuple(
        (build, material)
        for build in builds
        for material in build.materials
        if material.kind is MaterialKind.PRODUCT
        and (build.entry, material) not in listed
        and not any(maker.entry < build.entry for maker in made[material.name, material.digest])
    )
    return (*evidence.unexplained, *derived)


def gap(evidence: Evidence) -> str:
    """Why the chain is not known from end to end; empty when it is."""
    build = own_build(evidence)
    if build is None:
        return NO_BUILD if evidence.artifact is not None else "the artifact could not be read"
    if build not in evidence.chain:
        return "the chain does not begin with the artifact's own build"
    if links := broken_links(evidence):
        return f"the chain is broken: no trusted build explains {words.listing(link.name for _, link in links)}"
    return ""


def untold(evidence: Evidence, *, expected: str) -> tuple[Outcome, ...]:
    """One ``UNKNOWN`` when a claim about every build cannot be told because not every build is known."""
    why = gap(evidence)
    if not why:
        return ()
    remedy = "Run the stage that makes it, with a trusted key, then every stage after it."
    if evidence.artifact is None:
        remedy = "See the check `artifact`."
    elif own_build(evidence) is None:
        remedy = "Restore the bytes that a trusted build made, or build again; then this can be told."
    return (Outcome(Verdict.UNKNOWN, expected, why, remedy),)


def evaluations(evidence: Evidence) -> tuple[Evaluation, ...]:
    """Every evaluation of the artifact or of what it is made from, in the ledger's order.

    What it is made from are the products in its chain, with the folders around them and the files inside them. Other
    outputs of the same builds are not: a good evaluation of a model that was left aside says nothing.
    """
    about = _related(evidence, {subject.name for item in evidence.evaluations for subject in item.subjects})
    concerning = [item for item in evidence.evaluations if about.intersection(item.subjects)]
    return tuple(sorted(concerning, key=lambda item: item.entry))


def newest_evaluations(evidence: Evidence) -> tuple[Evaluation, ...]:
    """Of those, each stage's newest by entry; the newest of all first."""
    newest = {item.stage: item for item in evaluations(evidence)}
    return tuple(sorted(newest.values(), key=lambda item: -item.entry))


def standing_rejections(evidence: Evidence) -> tuple[Rejected, ...]:
    """The rejected statements that nothing newer has replaced.

    A rejected statement stays in the ledger for ever, so running the stage again must mend it: it stands until a
    trusted statement of the same stage follows it, or, when it belongs to no stage of the chain, until the artifact is
    built again. While the chain has a gap nothing is forgiven: what was rejected may be what is missing.
    """
    if gap(evidence):
        return evidence.rejected
    build = own_build(evidence)
    replaced: dict[str, int] = {}
    trusted: tuple[Build | Evaluation, ...] = (*chain(evidence), *newest_evaluations(evidence))
    for item in trusted:
        replaced[item.stage] = max(item.entry, replaced.get(item.stage, item.entry))
    last = -1 if build is None else build.entry
    return tuple(item for item in evidence.rejected if item.entry >= replaced.get(item.stage, last))


def makers(builds: tuple[Build, ...]) -> dict[tuple[str, Digest], list[Build]]:
    """For each product that one of ``builds`` read, by name and digest: those of ``builds`` that made it."""
    made: dict[tuple[str, Digest], list[Build]] = {
        (item.name, item.digest): [] for build in builds for item in build.materials if _is_product(item)
    }
    names = {name for name, _ in made}
    for build in builds:
        for subject in build.subjects:
            # A folder of a build has many files; most are ruled out by name before a digest is looked at.
            if subject.name in names and (subject.name, subject.digest) in made:
                made[subject.name, subject.digest].append(build)
    return made


def _related(evidence: Evidence, names: set[str]) -> set[Subject]:
    """Those of the subjects called one of ``names`` that the artifact is made from."""
    builds = chain(evidence)
    wanted = {(item.name, item.digest) for build in builds for item in build.materials if _is_product(item)}
    if evidence.artifact is not None:
        wanted.add((evidence.name, evidence.artifact.digest))
    wanted_names = {name for name, _ in wanted}
    found = {Subject(name, digest) for name, digest in wanted if name in names}
    for build in builds:
        # By name first: a folder of a build has many files, and hashing a subject costs more than looking up its name.
        named = [subject for subject in build.subjects if subject.name in names or subject.name in wanted_names]
        used = {subject.name for subject in named if (subject.name, subject.digest) in wanted}
        around = {folder for name in used for folder in _folders(name)}
        found.update(
            subject
            for subject in named
            if subject.name in names and (subject.name in around or used.intersection(_folders(subject.name)))
        )
    return found


def _is_product(material: Material) -> bool:
    return material.kind is MaterialKind.PRODUCT


def _folders(name: str) -> list[str]:
    """The folders around a path, innermost first."""
    parts = name.split("/")
    return ["/".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]
