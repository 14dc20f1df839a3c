"""Whatever is broken: one clear error that says what, where and what to do; exit 2; nothing lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Exit 2, the parts in the message, and no traceback."""
    assert done.returncode == 2, done.stdout + done.stderr
    for part in parts:
        assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a database" * 100),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), os.mkfifo(path)),
    ],
    ids=["emptied", "overwritten", "cut", "removed", "a folder", "a pipe"],
)
@pytest.mark.parametrize("command", [("run",), ("verify", "model"), ("gate", "model"), ("log",), ("log", "audit")])
def test_a_ledger_that_cannot_be_read(
    project: Path, assay: Assay, damage: Callable[[Path], object], command: tuple[str, ...]
) -> None:
    """Could not tell is never clean; and nothing is put in its place."""
    ledger = project / ".assay" / "ledger.db"
    damage(ledger)
    before = ledger.read_bytes() if ledger.is_file() else None
    done = assay(project, *command)
    if done.returncode == 1:  # enough of it is left to see that it was tampered with
        assert "ledger" in done.stdout or "TAMPERED" in done.stdout
    else:
        refused(done, "ledger")
    assert (ledger.read_bytes() if ledger.is_file() else None) == before


@pytest.mark.parametrize("name", ["trust.toml", "assay.toml", "policy.toml"])
@pytest.mark.parametrize("content", [b"", b"version = 1\n[", b"\xff\xfe", b"version = 99\n"])
def test_a_settings_file_that_cannot_be_used(project: Path, assay: Assay, name: str, content: bytes) -> None:
    """Truncated, not TOML, not text, of a version to come: the file is named, and nothing is allowed."""
    (project / name).write_bytes(content)
    refused(assay(project, "gate", "model"), name)


def test_a_truncated_envelope_in_the_ledger(project: Path, assay: Assay) -> None:
    """Its row is found, and the audit goes on behind it."""
    import sqlite3

    connection = sqlite3.connect(project / ".assay" / "ledger.db")
    with connection:
        connection.execute("UPDATE entries SET envelope = substr(envelope, 1, 100) WHERE entry = 1")
    connection.close()
    done = assay(project, "verify", "model", "--format", "json")
    assert done.returncode == 1
    assert "entry 1" in json.dumps(json.loads(done.stdout)["checks"])
    listed = assay(project, "log", "--format", "json")
    assert listed.returncode == 0
    assert json.loads(listed.stdout.splitlines()[1])["kind"] == "unreadable"
    refused(assay(project, "log", "show", "1"))
    refused(assay(project, "log", "prove", "1"), "entry 1")


def test_a_key_of_another_type(project: Path, assay: Assay) -> None:
    """An ECDSA key on a curve that nobody accepts."""
    pem = ec.generate_private_key(ec.SECP256K1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (project / ".assay" / "key").write_bytes(pem)
    (project / "collect.py").write_text("# changed\n" + (project / "collect.py").read_text())
    refused(assay(project, "run"), "secp256k1 are not accepted")


def test_a_missing_input(project: Path, assay: Assay) -> None:
    """A source that nobody makes is not there."""
    settings = project / "assay.toml"
    settings.write_text(
        settings.read_text().replace('inputs = ["data/raw.txt"]', 'inputs = ["data/raw.txt", "more.csv"]')
    )
    refused(assay(project, "run"), "the input more.csv is missing", "stage train", "Put it there")


@pytest.mark.parametrize("command", [("verify", "nothing"), ("gate", "nothing"), ("load", "nothing")])
def test_an_artifact_that_is_not_there(project: Path, assay: Assay, command: tuple[str, ...]) -> None:
    """Not a denial: nothing could be judged."""
    refused(assay(project, *command), "nothing")


def test_an_artifact_that_nobody_made(project: Path, assay: Assay) -> None:
    """A file of unknown origin is denied, whatever it holds."""
    (project / "found.bin").write_bytes(b"x")
    done = assay(project, "verify", "found.bin", "--format", "json")
    assert done.returncode == 1
    assert {"provenance", "signed_by"} <= {
        item["requirement"] for item in json.loads(done.stdout)["checks"] if not item["passed"]
    }


def test_no_policy_allows_nothing(project: Path, assay: Assay) -> None:
    """Neither a policy that is missing nor one that demands nothing."""
    refused(assay(project, "gate", "model", "--policy", "none.toml"), "no such policy")
    (project / "empty.toml").write_text('version = 1\nname = "x"\n[require]\n')
    refused(assay(project, "gate", "model", "--policy", "empty.toml"), "empty.toml")
    settings = project / "assay.toml"
    settings.write_text(settings.read_text().replace('policy = "policy.toml"\n', ""))
    refused(assay(project, "gate", "model"), "no policy to decide by")


def _limited() -> None:
    """Files may not grow beyond what a ledger of this size needs: what a full disk does, without filling one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))


def test_a_full_disk(project: Path, assay: Assay) -> None:
    """The stage's outputs are as before, the ledger is whole, and the message says why."""
    before = (project / ".assay" / "ledger.db").read_bytes()
    weights = (project / "model" / "weights.txt").read_bytes()
    command = [sys.executable, "-m", "assay", "run", "--force", "train"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, preexec_fn=_limited)
    refused(done, "ledger")
    assert (project / ".assay" / "ledger.db").read_bytes() == before
    assert (project / "model" / "weights.txt").read_bytes() == weights
    assert assay(project, "verify", "model").returncode == 0


def test_a_ledger_that_cannot_be_written(project: Path, assay: Assay) -> None:
    """A file system mounted read-only, or somebody else's file: reading still works, writing says why."""
    if os.geteuid() == 0:
        pytest.skip("root writes where it may not")
    (project / ".assay" / "ledger.db").chmod(0o400)
    refused(assay(project, "gate", "model"), "ledger")
    assert assay(project, "verify", "model").returncode == 0


def test_a_file_where_the_workspace_belongs(project: Path, assay: Assay) -> None:
    """Whatever put it there, it is not run over."""
    shutil.rmtree(project / ".assay" / "work")
    (project / ".assay" / "work").write_text("x")
    refused(assay(project, "run", "--force"), "workspace cannot be made")


def test_an_output_folder_that_cannot_be_made(project: Path, assay: Assay) -> None:
    """What the operating system refuses is told as that, and is no defect."""
    done = assay(project, "load", "model", "--to", "/proc/nowhere/copy")
    refused(done, "the operating system refused", "/proc/nowhere")


def test_a_witness_that_is_not_one(project: Path, assay: Assay) -> None:
    """Overwritten with noise: tampered with, not forgotten."""
    (project / ".assay" / "checkpoint").write_text("noise")
    done = assay(project, "verify", "model")
    assert done.returncode == 1
    assert "witness" in done.stdout
    assert assay(project, "run").returncode == 2


def test_a_project_without_a_key_can_be_verified(project: Path, assay: Assay) -> None:
    """Verifying needs no secret; deciding for the record does."""
    (project / ".assay" / "key").unlink()
    assert assay(project, "verify", "model").returncode == 0
    refused(assay(project, "gate", "model"), "no signing key")


def test_somebody_who_may_not_decide(project: Path, assay: Assay) -> None:
    """A builder's key without the role of a verifier."""
    trust = project / "trust.toml"
    trust.write_text(trust.read_text().replace(', "verifier"', ""))
    refused(assay(project, "gate", "model"), "may not decide")


def test_somebody_who_is_not_trusted_to_build_any_more(project: Path, assay: Assay) -> None:
    """Taken out of the role: what they built before does not count either."""
    trust = project / "trust.toml"
    trust.write_text(trust.read_text().replace('"builder", ', ""))
    done = assay(project, "verify", "model", "--format", "json")
    assert done.returncode == 1
    assert "does not give the role 'builder'" in done.stdout


def test_a_trust_file_of_ones_own(project: Path, assay: Assay, tmp_path: Path) -> None:
    """The verifier's own copy counts, not the one that the project's writers can change."""
    own = tmp_path / "own.toml"
    shutil.copy(project / "trust.toml", own)
    (project / "trust.toml").write_text("whatever")
    assert assay(project, "verify", "model", "--trust", str(own)).returncode == 0
