"""How the package is built: with compiled loops where that can be done, and never with what is not of these sources."""

from __future__ import annotations

import runpy
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from setuptools import Distribution, Extension

ROOT = Path(__file__).parents[1]
HOT = "assay/formats/pickle/machine.py"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The names of setup.py, which was asked for nothing but the package's name."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["setup.py", "--name"])
    names = runpy.run_path("setup.py")
    capsys.readouterr()
    return names


def built(script: dict[str, Any], folder: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder after a build of one extension over what an earlier one left there."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CC", compiler)
    (folder / "one.c").write_text("int one;")
    library = folder / "library"
    old = library / HOT.replace(".py", ".cpython-311-x86_64-linux-gnu.so")
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    command = script["BuildIfPossible"](Distribution({"ext_modules": [Extension("one", ["one.c"])]}))
    command.build_lib = str(library)
    command.ensure_finalized()
    command.run()
    return library


def test_no_compiler(
    script: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a compiler nothing fails; one line says so, and no older extension is left to stand for these sources."""
    library = built(script, tmp_path, "/nowhere/cc", monkeypatch)
    assert not [path for path in library.rglob("*") if path.is_file()]
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("assay ")]
    assert len(said) == 1
    assert said[0].startswith("assay is installed without compiled loops")
    assert len(said[0]) < 260


def test_pip_asks_for_more_than_a_build(script: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """For metadata nothing is compiled, and what lies in the source folder stays as it is."""
    script["extensions"].__globals__["forget"] = pytest.fail
    for command in ("egg_info", "dist_info", "sdist"):
        monkeypatch.setattr(sys, "argv", ["setup.py", command])
        assert script["extensions"]() == []


def test_pure_on_request(script: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """ASSAY_PURE=1 compiles nothing."""
    monkeypatch.setattr(sys, "argv", ["setup.py", "bdist_wheel"])
    monkeypatch.setenv("ASSAY_PURE", "1")
    assert script["extensions"]() == []


def test_a_wheel_holds_this_build_only(script: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that an earlier build left in the folder are gone before the next one."""
    monkeypatch.chdir(tmp_path)
    stale = tmp_path / "library" / "removed.py"
    stale.parent.mkdir()
    stale.touch()
    command = script["FreshBuild"](Distribution())
    command.build_lib = command.build_purelib = str(stale.parent)
    command.ensure_finalized()
    command.run()
    assert not stale.exists()


def test_compiled_loops_have_what_they_call(script: dict[str, Any]) -> None:
    """The hot modules exist, and what they need when they run compiled is installed with the package."""
    sources = [(ROOT / script["SOURCE"] / name).read_text(encoding="utf-8") for name in script["HOT"]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert any("from librt" in source for source in sources)
    names = {name.partition(">=")[0] for name in project["dependencies"]}
    assert {"librt", "mypy-extensions"} <= names
