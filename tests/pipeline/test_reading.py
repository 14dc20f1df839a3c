"""Reading what was recorded: log, proofs, verified bytes, reproduction, isolation."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.stage.isolation import why_not

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_log_lists_what_happened(project: Path, assay: Assay) -> None:
    """In order, with who, what and about what; for people and for machines."""
    listed = [json.loads(line) for line in assay(project, "log", "--format", "json").stdout.splitlines()]
    assert [(line["kind"], line["summary"], line["signer"]) for line in listed] == [
        ("provenance", "collect", "ada"),
        ("provenance", "train", "ada"),
        ("provenance", "evaluate", "ada"),
        ("test result", "PASSED", "ada"),
    ]
    assert len(assay(project, "log", "-n", "2").stdout.splitlines()) == 2


def test_an_entry_can_be_proved_to_somebody_without_the_ledger(project: Path, assay: Assay, tmp_path: Path) -> None:
    """A proof and an envelope in two files, checked with the trust file alone; any other envelope is not proved."""
    proof, envelope = tmp_path / "entry.tlog-proof", tmp_path / "envelope.json"
    text = assay(project, "log", "prove", "1").stdout
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 1\n")
    proof.write_text(text)
    envelope.write_text(assay(project, "log", "show", "1", "--format", "envelope").stdout)
    (project / ".assay" / "ledger.db").unlink()
    done = assay(project, "log", "check", str(proof), str(envelope))
    assert done.returncode == 0, done.stderr
    assert "entry 1 of 4" in done.stdout
    envelope.write_text(envelope.read_text() + " ")
    assert assay(project, "log", "check", str(proof), str(envelope)).returncode == 1
    proof.write_text(text.replace("index 1", "index 2"))
    assert assay(project, "log", "check", str(proof), str(envelope)).returncode == 1
    proof.write_text(text[:-10])
    assert assay(project, "log", "check", str(proof), str(envelope)).returncode == 2


def test_a_statement_can_be_read(project: Path, assay: Assay) -> None:
    """As in-toto has it, with every material and where the stage ran."""
    statement = json.loads(assay(project, "log", "show", "1").stdout)
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    definition = statement["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["parameters"] == {"weight": 3}
    kinds = {item["annotations"]["kind"] for item in definition["resolvedDependencies"]}
    assert {"product", "code", "distribution"} <= kinds
    assert definition["internalParameters"]["environment"]["python"]
    weights = hashlib.sha256((project / "model" / "weights.txt").read_bytes()).hexdigest()
    assert {"name": "model/weights.txt", "digest": {"sha256": weights}} in statement["subject"]
    names = [item["name"] for item in statement["predicate"]["runDetails"]["byproducts"]]
    assert names == ["exit-status", "output", "metrics"]
    status = statement["predicate"]["runDetails"]["byproducts"][0]["content"]
    assert base64.b64decode(status) == b"0"


def test_consistency_with_an_earlier_checkpoint(project: Path, assay: Assay, tmp_path: Path) -> None:
    """Growth continues it; a checkpoint of another ledger does not fit."""
    early = tmp_path / "early"
    early.write_text(assay(project, "log", "checkpoint").stdout)
    assert assay(project, "gate", "model").returncode == 0
    done = assay(project, "log", "audit", "--since", str(early), "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["problems"] == []
    assert assay(project, "verify", "model", "--since", str(early)).returncode == 0
    assert assay(project, "load", "model/card.txt", "--since", str(early)).returncode == 0
    early.write_text(early.read_text().replace("small/", "other/"))
    assert assay(project, "verify", "model", "--since", str(early)).returncode == 1
    assert assay(project, "verify", "model", "--since", "nowhere").returncode == 2
    assert assay(project, "log", "audit", "--since", str(early)).returncode == 1


def test_verified_bytes_go_to_standard_output_or_into_a_private_copy(
    project: Path, assay: Assay, tmp_path: Path
) -> None:
    """Nothing of an artifact that is denied."""
    done = assay(project, "load", "model/weights.txt")
    assert (done.returncode, done.stdout) == (0, (project / "model" / "weights.txt").read_text())
    copy = tmp_path / "copy"
    assert assay(project, "load", "model", "--to", str(copy)).returncode == 0
    assert sorted(path.name for path in copy.iterdir()) == ["card.txt", "weights.txt"]
    assert copy.stat().st_mode & 0o077 == 0
    assert assay(project, "load", "model", "--to", str(copy)).returncode == 2
    assert assay(project, "load", "model").returncode == 2
    (project / "model" / "weights.txt").write_text("evil 9\n")
    for arguments in (("load", "model/weights.txt"), ("load", "model", "--to", str(tmp_path / "second"))):
        done = assay(project, *arguments)
        assert done.returncode == 1
        assert "evil" not in done.stdout
    assert not (tmp_path / "second").exists()
    assert not list(tmp_path.glob(".assay-load-*"))


def test_a_deployed_copy_outside_the_project_goes_by_its_bytes(project: Path, assay: Assay, tmp_path: Path) -> None:
    """The same bytes elsewhere verify; other bytes do not, nor the same bytes under another name inside."""
    deployed = shutil.copytree(project / "model", tmp_path / "srv")
    arguments = ("verify", str(deployed), "--project", str(project))
    assert assay(tmp_path, *arguments).returncode == 0
    (deployed / "weights.txt").write_text("evil\n")
    assert assay(tmp_path, *arguments).returncode == 1
    shutil.copytree(project / "model", project / "renamed")
    assert assay(project, "verify", "renamed").returncode == 1


def test_what_does_not_reproduce_is_named(project: Path, assay: Assay) -> None:
    """A stage without a seed: exit 1, the file, the first byte that differs, and what may have made it."""
    train = project / "train.py"
    train.write_text("import time\n" + train.read_text().replace("sys.argv[3] +", "str(time.time_ns()) +"))
    assert assay(project, "run").returncode == 0
    done = assay(project, "reproduce", "model", "--format", "json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert [item["name"] for item in found["differences"]] == ["model/weights.txt"]
    assert found["differences"][0]["offset"] >= len("1 2 3\n")
    assert "the stage declares no random seed" in found["causes"]


def test_reproducing_takes_the_recorded_inputs_or_none(project: Path, assay: Assay) -> None:
    """An input that is not what it was then is an error, not another result."""
    done = assay(project, "reproduce", "model")
    assert done.returncode == 0
    assert "bit for bit the same" in done.stdout
    (project / "data" / "raw.txt").write_text("9 9 9\n")
    done = assay(project, "reproduce", "model")
    assert done.returncode == 2
    assert "data/raw.txt" in done.stderr


def test_reproducing_finds_the_code_in_the_recorded_commit(project: Path, assay: Assay) -> None:
    """The working tree has moved on; the commit still has what ran then."""
    if shutil.which("git") is None:
        pytest.skip("Git is not installed")

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)

    (project / ".gitignore").write_text("data/\nmodel/\nreports/\n__pycache__/\n")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    assert assay(project, "run").returncode == 0
    (project / "train.py").write_text("raise SystemExit('not this one')\n")
    done = assay(project, "reproduce", "model")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    bool(why_not("bubblewrap")) and bool(why_not("namespaces")), reason="this platform cannot isolate a process"
)
def test_isolation_is_recorded_and_can_be_demanded(fresh: Path, assay: Assay) -> None:
    """What an isolated stage could not see it did not use, and a policy can insist on that."""
    policy = fresh / "policy.toml"
    policy.write_text(policy.read_text() + 'isolated = ["train"]\n')
    assert assay(fresh, "run").returncode == 0
    assert assay(fresh, "gate", "model").returncode == 1
    settings = fresh / "assay.toml"
    settings.write_text(
        settings.read_text().replace("parameters = { weight = 3 }", "parameters = { weight = 3 }\nisolate = true")
    )
    done = assay(fresh, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert assay(fresh, "gate", "model").returncode == 0
    assert assay(fresh, "reproduce", "model").returncode == 0
    train = fresh / "train.py"
    train.write_text(train.read_text() + "pathlib.Path('trust.toml').read_text()\n")
    done = assay(fresh, "run")
    assert done.returncode == 2, "a file that is not declared is not there"
    assert "No such file" in done.stdout
