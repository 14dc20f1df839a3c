"""What an interpreter is told to be, and how it differs from its lock."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from assay.core.errors import StageError
from assay.stage.environment import Distribution, Environment, describe_environment
from assay.stage.lock import Difference, Drift, compare_with_lock

MARKERS = {"python_version": "3.11", "sys_platform": "linux", "platform_machine": "x86_64"}


@pytest.fixture(scope="module")
def here() -> Environment:
    """The environment that the tests run in."""
    return describe_environment(Path(sys.executable))


def _install(site: Path, folder: str, name: str, version: str) -> None:
    info = site / folder
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_bytes(b"x.py,sha256=abc,1\r\n")


@pytest.fixture
def other(tmp_path: Path) -> tuple[Path, Path]:
    """Another environment: its interpreter and the folder of its packages, empty."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    site = next((tmp_path / "venv" / "lib").glob("python*")) / "site-packages"
    return tmp_path / "venv" / "bin" / "python", site


def test_interpreter_and_machine_are_told(here: Environment) -> None:
    """What is told agrees with what the interpreter says of itself here."""
    assert here.implementation == platform.python_implementation()
    assert here.version == platform.python_version()
    assert here.architecture == platform.machine()
    program = Path(os.path.realpath(sys.executable))
    assert here.executable.value == hashlib.sha256(program.read_bytes()).hexdigest()
    assert here.processors == len(os.sched_getaffinity(0))
    assert sorted(here.machine()) == [
        "architecture",
        "executable",
        "implementation",
        "kernel",
        "processors",
        "python",
        "system",
    ]
    assert all(here.machine().values())


def test_distributions_are_sorted_and_normalised(here: Environment) -> None:
    """Each once, by the name that PEP 503 compares, with its version."""
    names = [item.name for item in here.distributions]
    assert names == sorted(set(names)) == [canonicalize_name(name) for name in names]
    versions = {item.name: item.version for item in here.distributions}
    assert versions["pytest"] == metadata.version("pytest")
    assert versions["pytest-xdist"] == metadata.version("pytest-xdist")


def test_another_interpreter_is_asked_itself(other: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed there counts, with the digest of RECORD's bytes; not what a variable adds."""
    python, site = other
    _install(site, "Some_Thing-1.2.dist-info", "Some_Thing", "1.2")
    (site / "broken-1.dist-info").mkdir()
    (site / "elsewhere").mkdir()
    _install(site / "elsewhere", "smuggled-1.dist-info", "smuggled", "1")
    monkeypatch.setenv("PYTHONPATH", str(site / "elsewhere"))
    found = describe_environment(python).distributions
    assert [(item.name, item.version) for item in found] == [("some-thing", "1.2")]
    assert found[0].record is not None
    assert found[0].record.value == hashlib.sha256(b"x.py,sha256=abc,1\r\n").hexdigest()


def test_of_two_under_one_name_the_imported_one_counts(other: tuple[Path, Path], tmp_path: Path) -> None:
    """A second copy further down the path is not what a stage runs with."""
    python, site = other
    (tmp_path / "further").mkdir()
    (site / "further.pth").write_text(f"{tmp_path / 'further'}\n")
    _install(site, "twice-1.dist-info", "twice", "1")
    _install(tmp_path / "further", "twice-9.dist-info", "Twice", "9")
    assert [(item.name, item.version) for item in describe_environment(python).distributions] == [("twice", "1")]


def test_digest_changes_with_every_name_and_version(here: Environment) -> None:
    """The same list gives the same digest; another version, one more, one less, another Python give another."""
    assert here.digest() == describe_environment(Path(sys.executable)).digest()
    first, *rest = here.distributions
    others = [
        replace(here, distributions=(replace(first, version=first.version + "1"), *rest)),
        replace(here, distributions=tuple(rest)),
        replace(here, distributions=(*here.distributions, Distribution("zzz", "1", None))),
        replace(here, version="3.99.0"),
    ]
    assert len({item.digest() for item in (here, *others)}) == 5
    assert replace(here, processors=99, kernel="other").digest() == here.digest()


@pytest.mark.parametrize(
    "script",
    [
        "exit 3",
        "echo not JSON",
        "echo '{}'",
        "echo '[]'",
        """echo '{"executable":"/bin/sh","distributions":[],"markers":{}}'""",
        "head -c 17000000 /dev/zero",
    ],
)
def test_interpreter_that_does_not_answer_is_an_error(tmp_path: Path, script: str) -> None:
    """A program that is no Python, or lies, or floods, is told as such."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    with pytest.raises(StageError) as caught:
        describe_environment(fake)
    assert str(fake) in str(caught.value)


def test_missing_interpreter_is_an_error(tmp_path: Path) -> None:
    """Not a bare FileNotFoundError."""
    with pytest.raises(StageError, match="cannot be started"):
        describe_environment(tmp_path / "none")


def _drift(tmp_path: Path, lock: str, installed: dict[str, str]) -> Drift:
    path = tmp_path / "lock.txt"
    path.write_text(lock)
    return compare_with_lock(path, installed, MARKERS)


def test_lock_that_holds_shows_no_drift(tmp_path: Path) -> None:
    """Hashes, comments, continued lines, extras, options and markers as pip-compile and uv write them."""
    lock = (
        "# by uv\n--index-url https://example.org/simple\n\n"
        "Num.Py==2.1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via pandas\n"
        "pandas[io]==2.2 ; python_version >= '3.11' --hash=sha256:cc  # why\n"
        "colorama==0.4 ; sys_platform == 'win32'\n"
        "torch==2.5.0\n"
    )
    drift = _drift(tmp_path, lock, {"num-py": "2.1", "pandas": "2.2.0", "torch": "2.5.0+cpu", "pip": "24"})
    assert drift == Drift((), (), ("pip",))
    assert drift.none


def test_drift_is_told(tmp_path: Path) -> None:
    """Another version, a missing one and an extra one, each apart and sorted."""
    drift = _drift(tmp_path, "b==1\na==1\nc==3\n", {"a": "2", "b": "nonsense", "x": "1"})
    assert drift.different == (Difference("a", "1", "2"), Difference("b", "1", "nonsense"))
    assert (drift.missing, drift.extra, drift.none) == (("c",), ("x",), False)


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "numpy>=1",
        "numpy==1.*",
        "numpy==1,!=2",
        "numpy @ https://example.org/numpy.whl",
        "-e .",
        "-r other.txt",
        "--editable=.",
        "./local",
        "numpy==1 ; python_version",
        "numpy==1 \\",
        "=",
    ],
)
def test_line_that_pins_nothing_is_an_error(tmp_path: Path, line: str) -> None:
    """What cannot be compared is told with its line: could not tell is never no drift."""
    with pytest.raises(StageError) as caught:
        _drift(tmp_path, f"a==1\n{line}\n", {"a": "1", "numpy": "1"})
    assert "lock.txt" in caught.value.where


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a==1\n" * 3_400_000])
def test_lock_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes) -> None:
    """Not text, too large, or not there."""
    (tmp_path / "lock.txt").write_bytes(content)
    with pytest.raises(StageError):
        compare_with_lock(tmp_path / "lock.txt", {}, MARKERS)
    with pytest.raises(StageError, match="cannot be read"):
        compare_with_lock(tmp_path / "none", {}, MARKERS)


@given(st.text(max_size=120))
def test_any_lock_is_compared_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Any text ends in a drift or a StageError."""
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    try:
        compare_with_lock(path, {"a": "1"}, MARKERS)
    except StageError as error:
        assert error.where


@settings(max_examples=40)
@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), st.integers(0, 99).map(str), max_size=8))
def test_freeze_of_an_environment_is_its_lock(
    tmp_path_factory: pytest.TempPathFactory, installed: dict[str, str]
) -> None:
    """Law: the lock written from what is installed shows neither drift nor extras."""
    path = tmp_path_factory.getbasetemp() / "frozen.txt"
    path.write_text("".join(f"{name}=={version}\n" for name, version in installed.items()))
    assert compare_with_lock(path, installed, MARKERS) == Drift((), (), ())


def test_lock_is_compared_for_the_interpreter_in_question(other: tuple[Path, Path], tmp_path: Path) -> None:
    """The whole way: another interpreter's packages against a lock."""
    python, site = other
    _install(site, "a-1.dist-info", "A", "1")
    (tmp_path / "lock").write_text("a==2\nb==1 ; python_version < '3'\n")
    drift = describe_environment(python, tmp_path / "lock").drift
    assert drift == Drift((Difference("a", "2", "1"),), (), ())
