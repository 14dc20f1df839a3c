"""A small project to run commands in, and both back ends, really."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.stage.command import CommandSpec, Outcome, run_command
from assay.stage.isolation import BACKENDS, why_not

#: What must succeed where a back end can work at all: a failure of ours may not pass for one of the machine.
_PROOFS = {
    "bubblewrap": "bwrap --unshare-all --unshare-user --disable-userns --ro-bind / / --proc /proc true",
    "namespaces": "unshare --user --map-root-user --mount --pid --net --ipc --uts --fork --mount-proc true",
}


def _require(name: str) -> None:
    """Skip, with the reason, where the machine cannot do what the back end called ``name`` needs; else it must work."""
    reason = why_not(name)
    if not reason:
        return
    try:
        able = subprocess.run(_PROOFS[name].split(), capture_output=True, timeout=60, check=False).returncode == 0
    except FileNotFoundError:
        able = False
    if able:
        pytest.fail(f"{name} ought to work here, and does not: {reason}")
    pytest.skip(f"{name} does not work here: {reason}")


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> str:
    """The name of a back end that works here."""
    _require(str(request.param))
    return str(request.param)


@pytest.fixture(params=["", *sorted(BACKENDS)], ids=lambda name: name or "open")
def way(request: pytest.FixtureRequest) -> str:
    """Open (empty), and each back end that works here."""
    if request.param:
        _require(str(request.param))
    return str(request.param)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an input, something undeclared, and keys."""
    root = tmp_path / "project"
    for folder in ("data", ".assay/work", ".git", "other"):
        (root / folder).mkdir(parents=True)
    (root / "data" / "in.txt").write_text("input")
    (root / "data" / "undeclared.txt").write_text("undeclared")
    (root / "other" / "file").write_text("undeclared")
    (root / ".assay" / "key").write_text("the private key")
    (root / ".git" / "config").write_text("")
    return root


Run = Callable[..., Outcome]


@pytest.fixture
def run(project: Path) -> Run:
    """Run a piece of Python in the project: ``run(code, backend=..., outputs=...)``; open without a back end."""

    def run_code(code: str, *, backend: str = "", **fields: Any) -> Outcome:
        on_output = fields.pop("on_output", lambda _: None)
        spec = CommandSpec(
            argv=fields.pop("argv", ("python", "-c", code)),
            project=fields.pop("project", project),
            inputs=fields.pop("inputs", ("data/in.txt",)),
            outputs=fields.pop("outputs", ()),
            python=fields.pop("python", Path(sys.executable)),
            workspace=project / ".assay" / "work",
            isolate=bool(backend),
            backend=backend,
            **fields,
        )
        return run_command(spec, on_output=on_output)

    return run_code


@pytest.fixture
def processes() -> Callable[[str], list[int]]:
    """The processes of this machine whose command line holds a word."""

    def holding(word: str) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    line = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if word.encode() in line:
                    found.append(int(entry.name))
        return found

    return holding
