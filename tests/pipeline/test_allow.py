"""What models may call: said by who decides, with a reason and an end, and taken back at any time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assay.attest.predicates.allowance import allowance_statement
from assay.core.errors import StatementError, TrustError
from assay.hashing.artifact import hash_artifact
from assay.pipeline.allow import allow, read_allowances, revoke
from assay.pipeline.project import load_signer, open_project
from assay.pipeline.record import record

Assay = Callable[..., "subprocess.CompletedProcess[str]"]

NAME = "ourlib.layers.Attention"


def today() -> date:
    return datetime.now(UTC).date()


def write(project: Path, name: str = NAME, *, artifact: str = "", reason: str = "ours", days: int = 30) -> int:
    opened = open_project(project)
    judged = hash_artifact(project / artifact, name=artifact) if artifact else None
    with opened.open_ledger(writable=True) as ledger:
        signer = load_signer(opened, lambda _: b"")
        end = today() + timedelta(days=days)
        return allow(opened, ledger, signer, name, artifact=judged, reason=reason, until=end)


def standing(project: Path, *, ahead: int = 0) -> list[tuple[str, str]]:
    opened = open_project(project)
    opened = replace(opened, now=lambda: datetime.now(UTC) + timedelta(days=ahead))
    with opened.open_ledger() as ledger:
        return [(item.name, item.digest) for item in read_allowances(opened, ledger).for_scanning()]


def test_an_allowance_holds_for_everything_or_for_the_files_of_an_artifact(project: Path) -> None:
    """A folder's files are named by their own digests, which a scanner knows when it meets them."""
    write(project, "ourlib.everywhere")
    write(project, artifact="model")
    files = [str(digest) for _, digest in hash_artifact(project / "model", name="model").files()]
    assert standing(project) == [("ourlib.everywhere", ""), *((NAME, digest) for digest in files)]
    write(project, "ourlib.one", artifact="data/raw.txt")
    assert standing(project)[-1] == (
        "ourlib.one",
        str(hash_artifact(project / "data/raw.txt", name="data/raw.txt").digest),
    )


def test_it_ends_on_its_day(project: Path) -> None:
    """The last day counts, the next one does not."""
    write(project, days=30)
    assert standing(project, ahead=30) == [(NAME, "")]
    assert standing(project, ahead=31) == []


def test_it_can_be_taken_back(project: Path) -> None:
    """By an entry of its own; what was taken back cannot be again."""
    entry = write(project)
    opened = open_project(project)
    with opened.open_ledger(writable=True) as ledger:
        signer = load_signer(opened, lambda _: b"")
        revoke(opened, ledger, signer, entry, reason="no longer ours")
        assert standing(project) == []
        with pytest.raises(StatementError, match="allows nothing"):
            revoke(opened, ledger, signer, entry, reason="again")
    write(project)
    assert standing(project) == [(NAME, "")]


@pytest.mark.parametrize(
    ("name", "reason", "days", "message"),
    [
        ("system", "ours", 1, "no callable's name"),
        ("os.*", "ours", 1, "no callable's name"),
        ("os.system\n", "ours", 1, "no callable's name"),
        (NAME, "  ", 1, "reason"),
        (NAME, "ours", -1, "no usable end"),
        (NAME, "ours", 400, "no usable end"),
    ],
)
def test_no_patterns_no_silence_and_no_for_ever(name: str, reason: str, days: int, message: str, project: Path) -> None:
    """Nothing is written."""
    with pytest.raises(StatementError, match=message):
        write(project, name, reason=reason, days=days)
    assert standing(project) == []


def test_only_who_decides_may_allow(project: Path) -> None:
    """An entry by somebody else is told and counts for nothing."""
    text = (project / "trust.toml").read_text()
    (project / "trust.toml").write_text(text.replace(', "verifier"', ""))
    with pytest.raises(TrustError, match="may not decide"):
        write(project)
    opened = open_project(project)
    forged = allowance_statement(callable_name=NAME, subjects=(), reason="mine", until=today(), time=opened.now())
    with opened.open_ledger(writable=True) as ledger:
        (entry,) = record(opened, ledger, load_signer(opened, lambda _: b""), [forged])
        found = read_allowances(opened, ledger)
    assert found.standing == ()
    assert [item.entry for item in found.rejected] == [entry]


def test_the_command_allows_lists_and_revokes(project: Path, assay: Assay) -> None:
    """From end to end, and every use is a line of the log."""
    end = (today() + timedelta(days=9)).isoformat()
    done = assay(project, "allow", NAME, "--for", "model", "--reason", "our own class", "--until", end)
    assert done.returncode == 0, done.stderr
    entry = done.stdout.split()[-1]
    assert f"{NAME} in model until {end} by ada: our own class" in assay(project, "allow", "--list").stdout
    line = json.loads(assay(project, "log", "--format", "json", "-n", "1").stdout)
    assert (line["kind"], line["summary"], line["signer"]) == ("allowance", f"allow {NAME}", "ada")
    assert assay(project, "allow", "--revoke", entry, "--reason", "gone").returncode == 0
    listed = json.loads(assay(project, "allow", "--list", "--format", "json").stdout)
    assert listed["allowed"] == []
    assert listed["ended"][0]["callable"] == NAME
    assert assay(project, "log", "audit").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("allow", NAME, "--everything", "--until", "2026-01-01"),
        ("allow", NAME, "--reason", "x", "--until", "2026-01-01"),
        ("allow", NAME, "--everything", "--for", "model", "--reason", "x", "--until", "2026-01-01"),
        ("allow", "--everything", "--reason", "x", "--until", "2026-01-01"),
        ("allow", NAME, "--everything", "--reason", "x"),
        ("allow", NAME, "--everything", "--reason", "x", "--until", "soon"),
    ],
)
def test_wrong_use_writes_nothing(arguments: tuple[str, ...], project: Path, assay: Assay) -> None:
    """One message, status 2."""
    done = assay(project, *arguments)
    assert done.returncode == 2
    assert done.stderr
    assert standing(project) == []


def test_without_any_it_says_so(project: Path, assay: Assay) -> None:
    """An empty list is an answer."""
    assert "nothing is allowed" in assay(project, "allow", "--list").stdout
