"""``assay scan`` as people and machines use it: what it says, in which form, and with which exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assay.cli import scan as scan_command
from assay.scan.progress import Reached

Assay = Callable[..., "subprocess.CompletedProcess[str]"]

BAD = b"cos\nsystem\n(S'true'\ntR."
GOOD = b"\x80\x04]\x94(K\x01K\x02e."


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a malicious pickle, a good one, a text and something that nobody knows."""
    (tmp_path / "models" / "deep").mkdir(parents=True)
    (tmp_path / "models" / "bad.pkl").write_bytes(BAD)
    (tmp_path / "models" / "deep" / "good.pkl").write_bytes(GOOD)
    (tmp_path / "models" / "README.md").write_text("# A model\n")
    (tmp_path / "models" / "blob").write_bytes(bytes(range(255, 100, -1)))
    return tmp_path


def _scan(assay: Assay, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return assay(folder, "scan", *arguments, XDG_CACHE_HOME=str(folder / "cache"))


def _json(assay: Assay, folder: Path, *arguments: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    ran = _scan(assay, folder, "--format", "json", *arguments)
    assert ran.stderr == ""
    return ran.returncode, json.loads(ran.stdout)


def test_findings_are_1_unknown_is_2_nothing_is_0(assay: Assay, models: Path) -> None:
    """A finding outweighs what could not be told; neither is hidden by the other."""
    status, answer = _json(assay, models, "models")
    assert status == 1
    assert [(found["path"], found["severity"]) for found in answer["findings"]] == [("models/bad.pkl", "critical")]
    assert [error["path"] for error in answer["errors"]] == ["models/blob"]
    assert {file["path"]: file["outcome"] for file in answer["files"]} == {
        "models/README.md": "not-a-model",
        "models/bad.pkl": "inspected",
        "models/blob": "could-not-tell",
        "models/deep/good.pkl": "inspected",
    }
    (models / "models" / "bad.pkl").unlink()
    assert _json(assay, models, "models")[0] == 2
    assert _json(assay, models, "models", "--allow-unknown")[0] == 0
    (models / "models" / "blob").unlink()
    assert _json(assay, models, "models")[0] == 0


def test_a_second_run_says_the_same(assay: Assay, models: Path) -> None:
    """Whether from the cache or not; only its times differ."""
    first, again, anew = (
        _json(assay, models, "models", *more)[1] for more in ((), (), ("--no-cache", "--jobs", "1"))
    )  # fmt: skip
    for answer in (first, again, anew):
        del answer["tool"], answer["summary"]
    assert {key: first[key] for key in ("findings", "errors", "files")} == {
        key: again[key] for key in ("findings", "errors", "files")
    }
    assert first["findings"] == anew["findings"]


def test_changed_bytes_are_judged_anew(assay: Assay, models: Path) -> None:
    """Nothing of the old result sticks to the path."""
    assert _json(assay, models, "models/bad.pkl")[0] == 1
    (models / "models" / "bad.pkl").write_bytes(GOOD)
    assert _json(assay, models, "models/bad.pkl")[0] == 0


def test_what_fails_is_a_choice(assay: Assay, models: Path) -> None:
    """The finding stays; only the exit status follows ``--fail-on``."""
    status, answer = _json(assay, models, "models/bad.pkl", "--fail-on", "critical")
    assert (status, len(answer["findings"])) == (1, 1)


def test_text_is_for_people(assay: Assay, models: Path) -> None:
    """What, where, and what to do; then one line of counts, and one that says why the exit status is what it is."""
    ran = _scan(assay, models, "models")
    assert "os.system" in ran.stdout
    assert "models/bad.pkl" in ran.stdout
    assert "to mend" in ran.stdout
    counts, verdict = ran.stdout.splitlines()[-2:]
    assert counts.startswith("4 files: 2 inspected, 1 not a model, 1 could not tell; 1 finding")
    assert verdict == "exit status 1: 1 finding at or above medium"


def test_other_programs_read_it(assay: Assay, models: Path) -> None:
    """SARIF for code scanning, JUnit for CI, both on standard output."""
    log = json.loads(_scan(assay, models, "models", "--format", "sarif").stdout)
    assert log["version"] == "2.1.0"
    assert [result["level"] for result in log["runs"][0]["results"]] == ["error"]
    suites = ElementTree.fromstring(_scan(assay, models, "models", "--format", "junit").stdout)
    told = {case.get("name"): [part.tag for part in case] for case in suites.iter("testcase")}
    assert told == {
        "models/README.md": ["skipped"],
        "models/bad.pkl": ["failure"],
        "models/blob": ["error"],
        "models/deep/good.pkl": [],
    }


def test_it_is_written_where_it_is_asked_for(assay: Assay, models: Path) -> None:
    """As a whole or not at all, and nothing on standard output."""
    ran = _scan(assay, models, "models", "--format", "json", "-o", "result.json")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert len(json.loads((models / "result.json").read_text())["files"]) == 4


def test_nothing_there_could_not_be_told(assay: Assay, tmp_path: Path) -> None:
    """A path that is not there is no clean folder; an empty folder holds nothing to tell."""
    status, answer = _json(assay, tmp_path, "gone")
    assert status == 2
    assert answer["errors"][0]["reason"] == "there is nothing here"


def test_an_accepted_finding_stays_visible(assay: Assay, models: Path) -> None:
    """It is marked with its reason and end, and no longer fails the scan."""
    (models / "ignore.toml").write_text(
        'version = 1\n[[ignore]]\nrule = "pickle-runs-command"\npath = "models/bad.pkl"\n'
        f'reason = "a sample for training"\nuntil = {_soon()}\n'
    )
    status, answer = _json(assay, models, "models/bad.pkl", "--ignore", "ignore.toml")
    assert status == 0
    assert [found["ignored"]["reason"] for found in answer["findings"]] == ["a sample for training"]


def test_settings_beside_the_model_do_not_count(assay: Assay, models: Path) -> None:
    """Whoever sends a model does not say what to overlook in it."""
    (models / "models" / "assay.toml").write_text(
        'version = 1\n[[scan.ignore]]\nrule = "pickle-runs-command"\n'
        f'reason = "trust me"\nuntil = {_soon()}\n'
    )  # fmt: skip
    assert _json(assay, models, "models")[0] == 1
    assert _json(assay, models / "models", ".")[0] == 1


@pytest.mark.parametrize("limit", ["depth", "depth=x", "depth=0", "depth=-1", "seconds=inf", "seconds=nan", "what=1"])
def test_a_limit_that_is_none_is_refused(assay: Assay, models: Path, limit: str) -> None:
    """With what can be set."""
    ran = _scan(assay, models, "models", "--limit", limit)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_a_limit_that_is_met_is_told_with_its_place(assay: Assay, models: Path) -> None:
    """What was found until then stands."""
    (models / "models" / "bad.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR" + b"N0" * 100 + b".")
    status, answer = _json(assay, models, "models/bad.pkl", "--limit", "opcodes=50")
    assert status == 1
    assert "LIMIT opcodes (50) at byte " in str(answer["errors"][0]["reason"])


def test_only_one_artifact_is_recorded_at_a_time(assay: Assay, models: Path) -> None:
    """One artifact, one statement."""
    ran = _scan(assay, models, "models/bad.pkl", "models/blob", "--record")
    assert ran.returncode == 2
    assert "--record takes one PATH" in ran.stderr


def test_a_scan_is_recorded_and_the_gate_hears_of_it(assay: Assay, tmp_path: Path) -> None:
    """From the command to the ledger: signed, and about the digest of the bytes that were scanned."""
    assert assay(tmp_path, "init", "--no-passphrase", "--name", "ada").returncode == 0
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a.pkl").write_bytes(GOOD)
    ran = _scan(assay, tmp_path, "model", "--record")
    assert (ran.returncode, ran.stderr) == (0, "recorded as entry 0\n")
    digest = json.loads(assay(tmp_path, "hash", "model", "--format", "json").stdout)["artifacts"][0]["digest"]
    assert digest.partition(":")[2] in assay(tmp_path, "log", "show", "0").stdout


def _soon() -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


class Terminal(StringIO):
    """Somebody looks."""

    def isatty(self) -> bool:
        """Always."""
        return True


def test_progress_is_for_a_terminal_and_long_work_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and bytes on one line, which is gone at the end; nothing in a log, and nothing for a few small files."""
    with scan_command.progress_line() as progress:
        assert progress is None
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with scan_command.progress_line() as progress:
        assert progress is not None
        progress(Reached(1, 3, 10, 1000))
    assert terminal.getvalue() == ""
    with scan_command.progress_line() as progress:
        assert progress is not None
        progress(Reached(0, 1, 12_300_000_000, 30_000_000_000))
        progress(Reached(0, 1, 12_300_000_001, 30_000_000_000))
    assert terminal.getvalue() == "\r\033[K0 of 1 file, 12.3 of 30.0 GB\r\033[K"


@pytest.mark.parametrize(
    ("reached", "expected"),
    [
        (Reached(70, 1200, 5_000_000, 80_000_000), "70 of 1,200 files, 5.0 of 80.0 MB"),
        (Reached(70, 1200, 0, 0), "70 of 1,200 files"),
    ],
)
def test_sizes_that_are_not_known_are_not_told(reached: Reached, expected: str) -> None:
    """What lies in a store is counted by files."""
    assert scan_command.told(reached) == expected


def test_a_page_is_as_wide_as_the_terminal(assay: Assay, models: Path) -> None:
    """Prose ends where it ends; a wide terminal gets no longer lines than can be read with ease."""
    for columns, widest in (("60", 60), ("300", 100)):
        ran = assay(models, "scan", "models", "--no-cache", COLUMNS=columns)
        remedy = [line for line in ran.stdout.partition("to mend")[2].splitlines() if line.startswith("      ")]
        assert widest - 20 < max(map(len, remedy)) <= widest
