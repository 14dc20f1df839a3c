"""`assay init`: a project to begin with, and never a second key by accident."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.attest.keys import is_encrypted, read_key
from assay.config import read_settings

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_new_project_is_whole_and_closed(tmp_path: Path, assay: Assay) -> None:
    """Commented settings that can be read, an encrypted key with mode 0600 in a closed folder, trust, a ledger."""
    done = assay(tmp_path, "init", "new", ASSAY_PASSPHRASE="open sesame")
    assert done.returncode == 0, done.stderr
    project = tmp_path / "new"
    assert read_settings(project).name == "new"
    assert "# [stages.train]" in (project / "assay.toml").read_text()
    key = project / ".assay" / "key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert is_encrypted(key)
    assert read_key(key, b"open sesame").public.pem() in (project / "trust.toml").read_text()
    assert "sesame" not in done.stdout + done.stderr
    assert (project / ".assay" / ".gitignore").read_text() == "*\n"


def test_the_example_in_the_template_is_one_that_works(tmp_path: Path, assay: Assay) -> None:
    """Every commented line of the template, uncommented, is read without an error."""
    assay(tmp_path, "init", ".", "--no-passphrase")
    lines = []
    for line in (tmp_path / "assay.toml").read_text().splitlines():
        code = (
            line.removeprefix("# ")
            if line.startswith(("# [", "# ")) and ("=" in line or line.startswith("# ["))
            else line
        )
        lines.append(code if code.startswith("[") or "=" in code.split("#")[0] else "")
    text = "\n".join(lines).replace("<64 hexadecimal digits>", "0" * 64)
    (tmp_path / "assay.toml").write_text(text)
    settings = read_settings(tmp_path)
    assert [stage.name for stage in settings.stages] == ["collect", "train", "evaluate", "deploy"]
    assert settings.stage("train").isolate
    assert settings.stage("deploy").gate == ("model.onnx",)


def test_without_a_passphrase_only_if_asked_for_by_name(tmp_path: Path, assay: Assay) -> None:
    """No terminal, no variable, no option: nothing is made."""
    done = assay(tmp_path, "init", "new")
    assert done.returncode == 2
    assert "passphrase" in done.stderr
    assert not (tmp_path / "new" / ".assay" / "key").exists()
    done = assay(tmp_path, "init", "new", "--no-passphrase")
    assert done.returncode == 0
    assert "unencrypted" in done.stdout


def test_an_existing_key_stays(tmp_path: Path, assay: Assay) -> None:
    """A second init changes nothing."""
    assay(tmp_path, "init", ".", "--no-passphrase")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = assay(tmp_path, "init", ".", "--no-passphrase")
    assert done.returncode == 2
    assert "signing key already" in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_second_person_is_told_how_to_be_trusted(tmp_path: Path, assay: Assay) -> None:
    """The trust file is there from the repository: it is not touched, and what to add is printed."""
    assay(tmp_path, "init", ".", "--no-passphrase", "--identity", "ada")
    trust = (tmp_path / "trust.toml").read_text()
    (tmp_path / ".assay" / "key").unlink()
    done = assay(tmp_path, "init", ".", "--no-passphrase", "--identity", "bob")
    assert done.returncode == 0
    assert (tmp_path / "trust.toml").read_text() == trust
    assert '[identities."bob"]' in done.stdout
    assert "BEGIN PUBLIC KEY" in done.stdout


@pytest.mark.parametrize("source", ["variable", "file", "option"])
def test_the_passphrase_comes_from_where_it_was_put(tmp_path: Path, assay: Assay, source: str) -> None:
    """And is asked for again to sign; a wrong one signs nothing."""
    secret = tmp_path / "secret"
    secret.write_text("open sesame\nsecond line\n")
    variables = {"variable": {"ASSAY_PASSPHRASE": "open sesame"}, "file": {"ASSAY_PASSPHRASE_FILE": str(secret)}}
    options = ("--passphrase-file", str(secret)) if source == "option" else ()
    done = assay(tmp_path, "init", "new", *options, **variables.get(source, {}))
    assert done.returncode == 0, done.stderr
    project = tmp_path / "new"
    (project / "assay.toml").write_text(
        (project / "assay.toml").read_text()
        + '\n[stages.a]\ncommand = "python -c \\"open(\'o\', \'w\')\\""\noutputs = ["o"]\n'
    )
    assert assay(project, "run", ASSAY_PASSPHRASE="wrong").returncode == 2
    assert assay(project, "run").returncode == 2
    assert not (project / "o").exists()
    done = assay(project, "run", *options, **variables.get(source, {}))
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"sesame" not in (project / ".assay" / "ledger.db").read_bytes()


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path, assay: Assay) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("")
    done = assay(tmp_path, "init", os.path.join("taken", "below"), "--no-passphrase")  # noqa: PTH118 - as typed
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
