"""The top of the command line: fast, grouped, and every error ends in one clear message and exit status 2."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.cli.main import COMMANDS

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def test_help_is_grouped_by_the_stages_of_the_pipeline(tmp_path: Path, assay: Assay) -> None:
    """In the pipeline's order, with every command and the exit statuses."""
    text = assay(tmp_path, "--help").stdout
    phases = ["Data collection:", "Training and evaluation:", "Deployment:", "Monitoring and audit:"]
    assert [text.index(phase) for phase in phases] == sorted(text.index(phase) for phase in phases)
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", text, re.MULTILINE)
    assert "0 nothing against it, 1 findings or a denial, 2 could not tell" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str, tmp_path: Path, assay: Assay) -> None:
    """And a module that holds it under the name that the table promises."""
    assert importlib.import_module(f"assay.cli.{name}").command.name == name
    done = assay(tmp_path, name, "--help")
    assert done.returncode == 0
    assert "Usage: assay" in done.stdout


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    """`import assay` and `assay --help` load no cryptography, no SQLite, and none of the commands."""
    script = (
        "import sys, assay, assay.cli.main\nassay.cli.main.run(['--help'])\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('cryptography', 'sqlite3', 'numpy', 'sklearn')"
        " or name in ('assay.cli.run', 'assay.pipeline', 'assay.api')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "x"), "no assay.toml here"),
        (("run",), "no assay.toml here"),
        (("frobnicate",), "No such command"),
        (("verify",), "Missing argument"),
        (("data", "verify", "x"), "Missing argument"),
    ],
)
def test_wrong_use_is_one_message_and_status_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path, assay: Assay
) -> None:
    """No traceback, nothing on standard output."""
    done = assay(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_an_error_is_json_where_json_was_asked_for(tmp_path: Path, assay: Assay) -> None:
    """What, where and what to do, as one object."""
    done = assay(tmp_path, "verify", "x", "--format", "json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["what"].startswith("there is no assay.toml")


def test_a_defect_of_ours_shows_no_data(tmp_path: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is named by its type only, with status 2: it may hold anything."""
    import assay.pipeline.project as module

    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(module, "find_root", fail)
    done = assay(tmp_path, "verify", "x")
    assert done.returncode == 2
    assert "RuntimeError" in done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_as_a_process_of_its_own(tmp_path: Path) -> None:
    """`python -m assay` and its exit status, for real; a terminal without our marks is no reason to fail."""
    done = subprocess.run([sys.executable, "-m", "assay", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"assay, version \S+\nrules \S+, (compiled|interpreted) loops\n", done.stdout)
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "assay", "init", "é", "--no-passphrase", "--name", "é"]
    done = subprocess.run(command, cwd=tmp_path, env=ascii_only, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "assay", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
