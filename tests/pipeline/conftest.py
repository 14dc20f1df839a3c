"""A small project that runs in a second, and ways to attack its ledger."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Assay = Callable[..., "subprocess.CompletedProcess[str]"]

SETTINGS = """
version = 1

[project]
name = "small"
policy = "policy.toml"

[stages.collect]
phase = "data collection"
command = "python collect.py data/raw.txt"
code = ["collect.py"]
outputs = ["data/raw.txt"]

[stages.train]
command = "python train.py data/raw.txt model $weight"
code = ["train.py"]
inputs = ["data/raw.txt"]
outputs = ["model"]
parameters = { weight = 3 }

[stages.evaluate]
phase = "evaluation"
command = "python evaluate.py model reports/metrics.json"
code = ["evaluate.py"]
inputs = ["model"]
outputs = ["reports/metrics.json"]
metrics = "reports/metrics.json"
evaluates = "model"
require = ["score >= 3"]
"""

POLICY = """
version = 1
name = "small policy"

[require]
signed_by = true
provenance = "complete"
stages = ["collect", "train"]
evaluation = ["score >= 3"]
max_age_days = 1
newest = true
intact = "all"
code = "unchanged"
"""

SCRIPTS = {
    "collect.py": "import sys, pathlib\npathlib.Path(sys.argv[1]).write_text('1 2 3\\n')\nprint('collected')\n",
    "train.py": (
        "import sys, pathlib\n"
        "folder = pathlib.Path(sys.argv[2])\nfolder.mkdir()\n"
        "(folder / 'weights.txt').write_text(pathlib.Path(sys.argv[1]).read_text() + sys.argv[3] + '\\n')\n"
        "(folder / 'card.txt').write_text('a small model\\n')\n"
    ),
    "evaluate.py": (
        "import json, sys, pathlib\n"
        "score = float((pathlib.Path(sys.argv[1]) / 'weights.txt').read_text().split()[-1])\n"
        "pathlib.Path(sys.argv[2]).write_text(json.dumps({'score': score}))\n"
    ),
}


def write_project(folder: Path) -> Path:
    """The small project's files, without keys or ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"assay.toml": SETTINGS, "policy.toml": POLICY, **SCRIPTS}.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, assay: Assay) -> Path:
    """The small project after a whole run; copy it, never touch it."""
    folder = write_project(tmp_path_factory.mktemp("finished") / "project")
    for arguments in (("init", "--no-passphrase", "--identity", "ada"), ("run",)):
        done = assay(folder, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished small project, to be attacked."""
    return Path(shutil.copytree(finished, tmp_path / "project", symlinks=True))


@pytest.fixture
def fresh(tmp_path: Path, assay: Assay) -> Path:
    """The small project with a key and an empty ledger."""
    folder = write_project(tmp_path / "fresh")
    done = assay(folder, "init", "--no-passphrase", "--identity", "ada")
    assert done.returncode == 0, done.stderr
    return folder
