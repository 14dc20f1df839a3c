"""A scan in the chain of custody: bound to the bytes that were read, signed by who may, demanded by the gate."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.attest.predicates.scan import scan_statement
from assay.attest.signers import Signer
from assay.attest.trust import Role
from assay.core.artifact import Artifact
from assay.core.digest import Digest
from assay.core.errors import HashingError, RefusedPath, StatementError, TrustError
from assay.core.finding import Confidence, Finding, Location, Outcome, Scanned, Severity, Unknown
from assay.core.scan import ScanResult
from assay.core.statement import SCAN, Subject
from assay.hashing.artifact import hash_artifact
from assay.pipeline import scan as module
from assay.pipeline.project import Project, load_signer, open_project
from assay.pipeline.record import record
from assay.pipeline.records import Records
from assay.pipeline.scan import record_scan, scanned_artifact

Assay = Callable[..., "subprocess.CompletedProcess[str]"]

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RULES = "2026-03-01+0123456789abcdef"
POLICY = """
version = 1
name = "scanned"

[require]
scanned_by = ["ada"]
no_finding_at_or_above = "medium"
fully_covered = true
rules_newer_than = 2026-03-01
"""
BAD = Finding("odd-thing", Severity.HIGH, Confidence.HIGH, "model/weights.txt", Location("", 3), "holds an odd thing")


def scan_of(target: Path, project: Path) -> ScanResult:
    """What a scan of ``target`` that finds nothing gives: each file with the digest of its bytes."""
    artifact = hash_artifact(project / target, name=str(target))
    sizes = {name: (project / name).stat().st_size for name, _ in artifact.files()}
    files = tuple(Scanned(name, ("text",), digest, sizes[name], Outcome.INSPECTED) for name, digest in artifact.files())
    return ScanResult((), (), files, RULES, "0.1.0", NOW, NOW)


def write(project: Path, result: ScanResult, target: Path = Path("model")) -> int:
    """Record it with the project's own key."""
    opened = open_project(project)
    with opened.open_ledger(writable=True) as ledger:
        return record_scan(opened, ledger, no_passphrase(opened), target, result)


def no_passphrase(project: Project) -> Signer:
    return load_signer(project, lambda _: b"")


def decision(assay: Assay, project: Path) -> dict:
    (project / "scanned.toml").write_text(POLICY)
    done = assay(project, "gate", "model", "--policy", "scanned.toml", "--format", "json")
    return json.loads(done.stdout)


def found(decided: dict) -> dict[str, str]:
    told: dict[str, str] = {}
    for check in decided["checks"]:
        if not check["passed"]:
            told[check["requirement"]] = f"{told.get(check['requirement'], '')}{check['found']}\n"
    return told


def test_the_digest_is_of_the_bytes_that_were_scanned(project: Path) -> None:
    """For a folder and a file, the same that hashing gives; and no second reading is needed for it."""
    folder = scanned_artifact(Path("model"), scan_of(Path("model"), project), name="model")
    assert folder == hash_artifact(project / "model", name="model")
    file = scanned_artifact(Path("data/raw.txt"), scan_of(Path("data/raw.txt"), project), name="data/raw.txt")
    assert file == hash_artifact(project / "data/raw.txt", name="data/raw.txt")


def test_the_gate_wants_a_scan_of_what_is_there_now(project: Path, assay: Assay) -> None:
    """Denied without one, allowed with one, denied again when a byte has changed since."""
    missing = found(decision(assay, project))
    assert set(missing) == {"scanned_by", "no_finding_at_or_above", "fully_covered", "rules_newer_than"}
    assert all("no trusted scan of model" in text for text in missing.values())
    entry = write(project, scan_of(Path("model"), project))
    allowed = decision(assay, project)
    assert allowed["allowed"], found(allowed)
    assert allowed["scans"][0]["entry"] == entry
    summary = json.loads(assay(project, "log", "show", str(allowed["entry"])).stdout)["predicate"]
    assert any(item["uri"].endswith(f"#{entry}") for item in summary["inputAttestations"])
    (project / "model" / "weights.txt").write_text("other")
    assert "scanned_by" in found(decision(assay, project))


def test_findings_and_gaps_come_to_the_gate_as_they_were_found(project: Path, assay: Assay) -> None:
    """Severity, place and reason survive signing; the newest scan counts."""
    clean = scan_of(Path("model"), project)
    write(project, clean)
    unknown = (Unknown("model/card.txt", "LIMIT members (3)", Location("", 7)),)
    write(project, replace(clean, findings=(BAD,), unknown=unknown))
    reasons = found(decision(assay, project))
    assert "odd-thing in model/weights.txt, byte 3: holds an odd thing" in reasons["no_finding_at_or_above"]
    assert "model/card.txt, byte 7: LIMIT members (3)" in reasons["fully_covered"]
    assert "scanned_by" not in reasons


def test_only_a_scanner_may_record(project: Path) -> None:
    """And what somebody without the role wrote is rejected, and told."""
    text = (project / "trust.toml").read_text()
    (project / "trust.toml").write_text(text.replace('"scanner", ', ""))
    with pytest.raises(TrustError, match="may not record scans"):
        write(project, scan_of(Path("model"), project))
    opened = open_project(project)
    artifact = hash_artifact(project / "model", name="model")
    statement = scan_statement(
        subject=Subject("model", artifact.digest), result=scan_of(Path("model"), project), scanner="ada"
    )
    with opened.open_ledger(writable=True) as ledger:
        (entry,) = record(opened, ledger, no_passphrase(opened), [statement])
        records = Records(ledger, opened.trust)
        assert list(records.scans(digest=artifact.digest)) == []
    assert "role 'scanner'" in records.rejected_scans[entry].reason
    assert not records.rejected


def test_a_forged_scan_stands_in_the_way_until_a_trusted_one_follows(project: Path, assay: Assay) -> None:
    """It says nothing about the builds, so no other requirement minds."""
    opened = open_project(project)
    artifact = hash_artifact(project / "model", name="model")
    malformed = replace(
        scan_statement(subject=Subject("model", artifact.digest), result=scan_of(Path("model"), project), scanner="x"),
        predicate={"finishedOn": "2026-03-01T00:00:00Z"},
    )
    with opened.open_ledger(writable=True) as ledger:
        record(opened, ledger, no_passphrase(opened), [malformed])
    assert "does not count" in found(decision(assay, project))["scanned_by"]
    assert assay(project, "verify", "model").returncode == 0
    write(project, scan_of(Path("model"), project))
    assert decision(assay, project)["allowed"]


def test_what_has_no_digest_cannot_be_recorded(project: Path) -> None:
    """A file that could not be read, a name that means two things, a path outside, nothing at all."""
    clean = scan_of(Path("model"), project)
    first, second = clean.files
    unread = replace(clean, files=(first, replace(second, digest=None)))
    with pytest.raises(HashingError, match="could not be read"):
        scanned_artifact(Path("model"), unread, name="model")
    for name in ("model/a\nb", "model/a\\b", "model/a\u202eb", "model/\udcff"):
        with pytest.raises(RefusedPath):
            scanned_artifact(Path("model"), replace(clean, files=(first, replace(second, path=name))), name="model")
    with pytest.raises(RefusedPath, match="collides"):
        double = replace(clean, files=(replace(first, path="model/a"), replace(second, path="model/A")))
        scanned_artifact(Path("model"), double, name="model")
    with pytest.raises(HashingError, match="only one path"):
        scanned_artifact(Path("model"), replace(clean, files=(first, replace(second, path="other/x"))), name="model")
    with pytest.raises(HashingError, match="no file"):
        scanned_artifact(Path("model"), replace(clean, files=()), name="model")


def test_a_line_break_in_a_name_cannot_stand_for_two_files(project: Path) -> None:
    """``dirHash`` is made of lines; one file whose name holds another's line must not have its digest."""
    one, two = Digest("sha256", "1" * 64), Digest("sha256", "2" * 64)
    forged = Scanned(f"m/a\n{two.value}  b", (), one, 1, Outcome.INSPECTED)
    with pytest.raises(RefusedPath):
        scanned_artifact(Path("m"), ScanResult((), (), (forged,), RULES, "1", NOW, NOW), name="m")


def test_paths_are_the_projects_own(project: Path, tmp_path: Path) -> None:
    """Wherever the scan was started from, the ledger names what the project names."""
    here = scan_of(Path("model"), project)
    absolute = replace(
        here,
        files=tuple(replace(file, path=str(project / file.path)) for file in here.files),
        findings=(replace(BAD, path=str(project / BAD.path)),),
        unknown=(Unknown("", "a rule failed"),),
    )
    entry = write(project, absolute, project / "model")
    opened = open_project(project)
    with opened.open_ledger() as ledger:
        (scan,) = Records(ledger, opened.trust).scans(digest=hash_artifact(project / "model", name="model").digest)
    assert scan.entry == entry
    assert [file.path for file in scan.files] == ["model/card.txt", "model/weights.txt"]
    assert scan.findings[0].path == "model/weights.txt"
    assert scan.unknown[0].path == "model"


def test_what_is_too_much_to_read_back_is_not_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that nobody can read again would be none."""
    monkeypatch.setattr(module, "_MAX_BYTES", 100)
    with pytest.raises(StatementError, match="more to say"):
        write(project, scan_of(Path("model"), project))


def test_the_log_shows_scans(project: Path, assay: Assay) -> None:
    """As what they are, with who made them, and the audit knows who may."""
    write(project, replace(scan_of(Path("model"), project), findings=(BAD,)))
    line = json.loads(assay(project, "log", "--format", "json", "-n", "1").stdout)
    assert (line["kind"], line["summary"], line["signer"]) == ("scan", "1 finding", "ada")
    assert assay(project, "log", "audit").returncode == 0


def test_a_role_is_checked_for_each_reading(project: Path) -> None:
    """What verified for one role, filed under another, is not believed for the other."""
    opened = open_project(project)
    trust = replace(
        opened.trust,
        identities=tuple(replace(item, roles=frozenset({Role.SCANNER})) for item in opened.trust.identities),
    )
    write(project, scan_of(Path("model"), project))
    artifact: Artifact = hash_artifact(project / "model", name="model")
    with opened.open_ledger() as ledger:
        records = Records(ledger, trust)
        assert len(list(records.scans(digest=artifact.digest))) == 1
        assert list(records.builds(digest=artifact.digest)) == []
        assert next(ledger.find(predicate_type=SCAN)) not in records.rejected


def test_from_the_command_to_the_gate(project: Path, assay: Assay) -> None:
    """Scan, record, decide: the commands as a user calls them."""
    done = assay(project, "scan", "model", "--record", "--no-cache", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    decided = decision(assay, project)
    assert decided["allowed"], found(decided)
    entry = decided["scans"][0]["entry"]
    statement = json.loads(assay(project, "log", "show", str(entry)).stdout)
    assert statement["subject"][0]["name"] == "model"
    assert [file["path"] for file in statement["predicate"]["coverage"]["files"]] == [
        "model/card.txt",
        "model/weights.txt",
    ]
