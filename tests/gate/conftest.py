"""One honest pipeline as evidence, and the small changes that the tests of the gate make to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assay.core.artifact import Artifact
from assay.core.decision import Check, Decision
from assay.core.digest import DIR_HASH, GIT_COMMIT, Digest
from assay.core.evidence import (
    Approval,
    Build,
    Evaluation,
    Evidence,
    Found,
    Material,
    MaterialKind,
    Retirement,
    Scan,
    SignOff,
    Source,
)
from assay.core.finding import Confidence, Finding, Location, Outcome, Scanned, Severity
from assay.core.manifest import Entry, Manifest
from assay.core.statement import Subject
from assay.gate import decide, parse_policy

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
COMMIT = Source(Digest(GIT_COMMIT, "c0" * 20), dirty=False)
FULL = ("network", "filesystem", "environment")


def _sha(character: str) -> Digest:
    return Digest("sha256", character * 64)


def _build(entry: int, stage: str, outputs: tuple[Subject, ...], materials: tuple[Material, ...]) -> Build:
    started = NOW - timedelta(hours=10 - entry)
    return Build(
        entry=entry,
        stage=stage,
        signer="ml-team",
        subjects=outputs,
        outputs=outputs,
        materials=(*materials, Material(f"{stage}.py", _sha("c"), MaterialKind.CODE)),
        source=COMMIT,
        isolation=FULL,
        started=started,
        finished=started + timedelta(minutes=30),
    )


@pytest.fixture(scope="session")
def loan() -> Evidence:
    """collect → prepare → train → package, evaluated between train and package; everything as it should be."""
    manifest = Manifest((Entry("card.md", 3, _sha("d")), Entry("model.onnx", 9, _sha("b"))))
    artifact = Artifact("package", manifest.digest, manifest.size, manifest)
    raw, table, model = Subject("raw.csv", _sha("1")), Subject("table.csv", _sha("2")), Subject("model.onnx", _sha("b"))
    package = Subject("package", manifest.digest)

    def product(subject: Subject) -> Material:
        return Material(subject.name, subject.digest, MaterialKind.PRODUCT)

    chain = (
        replace(
            _build(5, "package", (package,), (product(model),)),
            subjects=(package, *(Subject(name, digest) for name, digest in artifact.files())),
        ),
        _build(3, "train", (model, Subject("spare.onnx", _sha("e"))), (product(table),)),
        _build(2, "prepare", (table,), (product(raw), Material("rates.csv", _sha("3"), MaterialKind.DATA))),
        _build(1, "collect", (raw,), ()),
    )
    names = {(item.name, item.digest) for build in chain for item in (*build.outputs, *build.materials)}
    return Evidence(
        name="package",
        now=NOW,
        artifact=artifact,
        refused="",
        build=chain[0],
        chain=chain,
        unexplained=(),
        latest=chain[0],
        evaluations=(
            Evaluation(4, "evaluate", "ml-team", (model,), "PASSED", (), {"roc_auc": 0.81}, NOW - timedelta(hours=6)),
        ),
        approved=(
            (Approval(6, "gate", package, _sha("f"), NOW), chain[0]),
            (Approval(0, "gate", Subject("package", Digest(DIR_HASH, "0" * 64)), _sha("f"), NOW), None),
        ),
        rejected=(),
        found={name: Found(name, digest) for name, digest in names},
        checkout=COMMIT,
        pipeline=("collect", "prepare", "train", "package"),
        sign_offs=(SignOff(8, "ada", package, "production", None, "", "", NOW),),
        scans=(
            Scan(
                entry=7,
                signer="security",
                subject=package,
                tool="0.1.0",
                rules="2026-02-01+0123456789abcdef",
                findings=(
                    Finding("odd-name", Severity.LOW, Confidence.MEDIUM, "package/card.md", Location(), "an odd name"),
                ),
                unknown=(),
                files=tuple(
                    Scanned(name, ("onnx",), digest, 9, Outcome.INSPECTED) for name, digest in artifact.files()
                ),
                allowances=(),
                finished=NOW - timedelta(hours=2),
            ),
        ),
    )


@pytest.fixture(scope="session")
def judged() -> Callable[[str, Evidence], Decision]:
    """Decide by a policy given as the lines of its ``[require]`` table."""

    def run(requirements: str, evidence: Evidence) -> Decision:
        text = f'version = 1\nname = "test"\n[require]\n{requirements}\n'
        return decide(parse_policy(text.encode(), where="test.toml"), evidence)

    return run


@pytest.fixture(scope="session")
def reasons(judged: Callable[[str, Evidence], Decision]) -> Callable[[str, Evidence], tuple[Check, ...]]:
    """The checks that failed; there must be one for the decision to be a denial."""

    def run(requirements: str, evidence: Evidence) -> tuple[Check, ...]:
        decision = judged(requirements, evidence)
        assert not decision.allowed
        for check in decision.reasons:
            assert check.expected and check.found and check.remedy, check
        return decision.reasons

    return run


class Change:
    """Small changes to an evidence; each gives a new one."""

    def rebuilt(self, evidence: Evidence, which: str, **fields: object) -> Evidence:
        """Other fields in the builds of one stage, wherever the evidence holds them."""
        chain = tuple(replace(build, **fields) if build.stage == which else build for build in evidence.chain)
        return replace(evidence, chain=chain, build=chain[0], latest=chain[0])

    def unbuilt(self, evidence: Evidence) -> Evidence:
        """Nobody ever built it."""
        return replace(evidence, build=None, chain=(), latest=None)

    def altered(self, evidence: Evidence, name: str, **fields: object) -> Evidence:
        """Something else lies on disk under ``name``."""
        return replace(evidence, found={**evidence.found, name: replace(evidence.found[name], **fields)})

    def evaluated(self, evidence: Evidence, **fields: object) -> Evidence:
        """One more evaluation, newer than the one that is there."""
        newer = replace(evidence.evaluations[0], entry=7, **fields)
        return replace(evidence, evaluations=(newer, *evidence.evaluations))

    def scanned(self, evidence: Evidence, **fields: object) -> Evidence:
        """One more scan, newer than the one that is there."""
        return replace(evidence, scans=(replace(evidence.scans[0], entry=8, **fields), *evidence.scans))

    def retired(self, evidence: Evidence) -> Evidence:
        """Somebody retired it."""
        subject = Subject(evidence.name, evidence.artifact.digest)
        item = Retirement(9, "ada", subject, "it leaks", None, evidence.now, evidence.now)
        return replace(evidence, retirements=(item,))

    def approved(self, evidence: Evidence, entry: int | None, *, at: int = 9) -> Evidence:
        """Other bytes under the same name, built in ``entry``, were approved in the entry ``at``."""
        subject = Subject("package", Digest(DIR_HASH, "7" * 64))
        fields = {"entry": entry, "subjects": (subject,), "outputs": (subject,)}
        build = None if entry is None else replace(evidence.build, **fields)
        return replace(evidence, approved=((Approval(at, "gate", subject, _sha("9"), evidence.now), build),))


@pytest.fixture(scope="session")
def change() -> Change:
    """The changes that a test makes to the honest pipeline."""
    return Change()
