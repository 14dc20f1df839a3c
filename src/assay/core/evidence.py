"""What the gate decides on: facts from verified statements, and what lies on disk now. Values only.

Everything here was signed by an identity that the trust file names, except :class:`Rejected` (what did not verify) and
:class:`Found` (what the disk holds).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from assay.core.allowance import Allowance
from assay.core.artifact import Artifact
from assay.core.digest import Digest
from assay.core.finding import Finding, Scanned, Unknown
from assay.core.manifest import Comparison
from assay.core.statement import Subject


class MaterialKind(StrEnum):
    """What a stage used a material for."""

    DATA = "data"  # an input that no stage of the pipeline made: a source
    PRODUCT = "product"  # an input that an earlier stage made
    CODE = "code"
    LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Material:
    """Something a stage read: its path in the project, its digest, and what it was used for."""

    name: str
    digest: Digest
    kind: MaterialKind


@dataclass(frozen=True, slots=True)
class Source:
    """The Git commit that held the code; ``dirty`` when the project's files differed from it."""

    commit: Digest
    dirty: bool


@dataclass(frozen=True, slots=True)
class Build:
    """One run of a stage, from its SLSA Provenance v1.

    ``subjects`` holds each output, and for a folder also every file in it; ``outputs`` only the outputs as declared.
    ``isolation`` names what was in force, e.g. ``("network", "filesystem", "environment")``; empty when nothing was.
    """

    entry: int
    stage: str
    signer: str
    subjects: tuple[Subject, ...]
    outputs: tuple[Subject, ...]
    materials: tuple[Material, ...]
    source: Source | None
    isolation: tuple[str, ...]
    started: datetime
    finished: datetime
    metrics: Mapping[str, float] = field(default_factory=dict)

    def made(self, name: str) -> Subject | None:
        """The subject called ``name``, if this build made it."""
        return next((subject for subject in self.subjects if subject.name == name), None)

    def files(self, folder: str) -> dict[str, Digest]:
        """The files of an output that is a folder, by their path inside it; empty for a file."""
        prefix = f"{folder}/"
        return {
            subject.name.removeprefix(prefix): subject.digest
            for subject in self.subjects
            if subject.name.startswith(prefix)
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A Test Result v0.1: ``result`` is ``PASSED``, ``WARNED`` or ``FAILED``; ``passed`` and ``failed`` its demands."""

    entry: int
    stage: str
    signer: str
    subjects: tuple[Subject, ...]
    result: str
    failed: tuple[str, ...]
    metrics: Mapping[str, float]
    finished: datetime
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """An inspection of ``subject``, by reading it.

    ``rules`` and ``tool`` are versions. Paths are those of the project: the subject's name, or a file below it.
    ``findings`` holds those, too, that somebody accepted.
    """

    entry: int
    signer: str
    subject: Subject
    tool: str
    rules: str
    findings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    files: tuple[Scanned, ...]
    allowances: tuple[Allowance, ...]
    finished: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """A SLSA Verification Summary v1 that PASSED: a gate let ``subject`` through at ``time``."""

    entry: int
    signer: str
    subject: Subject
    policy: Digest
    time: datetime


@dataclass(frozen=True, slots=True)
class SignOff:
    """A person's approval of exactly ``subject``'s bytes for ``environment``, up to and including the day ``until``.

    ``until`` is ``None`` where no end was set; ``despite`` says why it was given although the evidence was broken.
    """

    entry: int
    signer: str
    subject: Subject
    environment: str
    until: date | None
    note: str
    despite: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Retirement:
    """From ``starts`` on, ``subject``'s bytes must not be deployed any more, under whatever name."""

    entry: int
    signer: str
    subject: Subject
    reason: str
    replaced_by: Digest | None
    starts: datetime
    time: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """A statement about the artifact or its ancestors that does not count, and why."""

    entry: int
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What lies on disk under a name that the chain mentions.

    ``digest`` is ``None`` when nothing is there (``problem`` empty) or it must not be read (``problem`` says why).
    ``comparison`` tells the files of a folder apart when its digest is not the recorded one.
    """

    name: str
    digest: Digest | None
    problem: str = ""
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the gate looks at for one artifact.

    ``name`` is the artifact's path in the project. ``artifact`` is ``None`` when it must not be read, with the
    reason in ``refused``. ``build`` is the newest trusted build that made exactly these bytes under this name.
    ``chain`` is every build that ``build`` rests on, itself first, each once, consumers before producers; a
    producer's entry is always before its consumer's. ``unexplained`` are materials of kind PRODUCT that no trusted
    build made. ``latest`` is the newest trusted build that made anything under this name, whatever its bytes.
    ``approved`` pairs approvals of this name, or of a folder that it lies in, with the newest build of the approved
    bytes (``None`` when there is none). ``checkout`` is the Git commit that is checked out where the project lies;
    ``None`` without Git. ``found`` has one item for each distinct name that the chain mentions as output or
    material. ``ledger_problem`` is empty when the ledger proved whole. ``pipeline`` are the stages upstream of the
    artifact, its own last, that ``assay.toml`` declares; ``configured`` is whether there is an ``assay.toml``.
    ``scans`` are trusted inspections of exactly the artifact's bytes, under whatever name, the newest among them;
    ``rejected_scans`` those that do not count, as far as they are newer than that. ``sign_offs`` are people's approvals
    of these bytes, or of a folder that the artifact's own build made them in, that nobody withdrew; ``retirements``
    those of these bytes, of such a folder, or of a file in the artifact, that nobody undid; ``rejected_retirements``
    those that say so and do not verify.
    """

    name: str
    now: datetime
    artifact: Artifact | None
    refused: str
    build: Build | None
    chain: tuple[Build, ...]
    unexplained: tuple[tuple[Build, Material], ...]
    latest: Build | None
    evaluations: tuple[Evaluation, ...]
    approved: tuple[tuple[Approval, Build | None], ...]
    rejected: tuple[Rejected, ...]
    found: Mapping[str, Found]
    checkout: Source | None
    pipeline: tuple[str, ...]
    ledger_problem: str = ""
    configured: bool = True
    scans: tuple[Scan, ...] = ()
    rejected_scans: tuple[Rejected, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    rejected_retirements: tuple[Rejected, ...] = ()
