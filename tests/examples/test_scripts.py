"""The scripts of the shipped example, run as `assay.toml` says they are run."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import string
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from assay.core.threshold import parse_threshold

EXAMPLE = Path(__file__).parents[2] / "examples" / "loan-approval"
SETTINGS = tomllib.loads((EXAMPLE / "assay.toml").read_text(encoding="utf-8"))
STAGES: dict[str, dict[str, Any]] = SETTINGS["stages"]
SCRIPTS = ("collect", "prepare", "train", "evaluate", "package")


def run(words: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the example in ``folder`` with the interpreter that runs the tests."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": "random", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_stages(folder: Path, **environment: str) -> Path:
    """Copy the scripts to ``folder`` and run all stages before deployment, with the commands of `assay.toml`."""
    folder.mkdir()
    for script in EXAMPLE.glob("*.py"):
        shutil.copy(script, folder)
    for name in SCRIPTS:
        stage = STAGES[name]
        command = string.Template(stage["command"]).substitute(stage.get("parameters", {}))
        python, *words = shlex.split(command)
        assert python == "python"
        done = run(words, folder, **environment)
        assert done.returncode == 0, done.stderr
        for output in stage["outputs"]:
            assert (folder / output).exists(), f"{name} declares {output} and did not write it"
    return folder


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file that the stages wrote."""
    written = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".py")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in written}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every stage before deployment has run."""
    return run_stages(tmp_path_factory.mktemp("example") / "first")


def test_a_second_run_elsewhere_writes_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    """Every output is reproduced bit for bit in another folder, hash seed, time zone and number of threads."""
    again = run_stages(tmp_path / "a longer name", TZ="Asia/Tokyo", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    assert digests(again) == digests(finished)


def test_what_is_written_is_what_is_declared(finished: Path) -> None:
    """No stage writes a file that it does not declare, and the pinned data is the data."""
    outputs = [Path(output) for name in SCRIPTS for output in STAGES[name]["outputs"]]
    for path in digests(finished):
        assert any(Path(path).is_relative_to(output) for output in outputs), path
    for path, pinned in STAGES["collect"]["sha256"].items():
        assert digests(finished)[path] == pinned


def test_the_metrics_reach_what_is_required_of_them(finished: Path) -> None:
    """The report is flat, numeric, and above every limit in `assay.toml` and `policy.toml`."""
    metrics = json.loads((finished / STAGES["evaluate"]["metrics"]).read_bytes())
    assert all(isinstance(value, int | float) for value in metrics.values())
    policy = tomllib.loads((EXAMPLE / "policy.toml").read_text(encoding="utf-8"))
    for text in (*STAGES["evaluate"]["require"], *policy["require"]["evaluation"]):
        threshold = parse_threshold(text)
        assert threshold.holds(metrics[threshold.metric]), text


def test_training_never_sees_a_group_or_what_follows_the_decision(finished: Path) -> None:
    """Leaking columns are gone from both tables, and the groups are in the test table alone."""
    train, test = (
        set((finished / "data/prepared" / name).read_text(encoding="utf-8").splitlines()[0].split(","))
        for name in ("train.csv", "test.csv")
    )
    assert test - train == {"white", "male", "married", "old"}
    assert not test & {"action", "reject", "typur", "inson", "review", "gdlin", "unver", "black", "hispan", "min30"}


def test_the_packaged_model_is_the_evaluated_one(finished: Path) -> None:
    """Packaging copies the model byte for byte and takes its signature from the schema."""
    assert (finished / "model/model.onnx").read_bytes() == (finished / "build/model.onnx").read_bytes()
    signature = json.loads((finished / "model/signature.json").read_bytes())
    schema = json.loads((finished / "data/prepared/schema.json").read_bytes())
    assert signature["input"]["columns"] == schema["features"]
    assert signature["approve_at"] == STAGES["evaluate"]["parameters"]["approve_at"]


@pytest.fixture(scope="module")
def deploy() -> ModuleType:
    """`deploy.py` as a module; it does nothing until its `main` is called."""
    spec = importlib.util.spec_from_file_location("loan_approval_deploy", EXAMPLE / "deploy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_applicant_can_be_answered(finished: Path, deploy: ModuleType) -> None:
    """`applicant.json` has every fact that the model takes, each within what it was trained on."""
    signature = json.loads((finished / "model/signature.json").read_bytes())
    applicant = json.loads((EXAMPLE / "applicant.json").read_bytes())
    assert set(applicant) == {column["name"] for column in signature["input"]["columns"]}
    assert deploy.row(applicant, signature["input"]["columns"]) == list(applicant.values())


@pytest.mark.parametrize("value", [50, -1, float("nan")])
def test_an_applicant_unlike_the_training_data_is_refused(deploy: ModuleType, value: float) -> None:
    """A fact outside of the range that the model has seen gets no answer."""
    with pytest.raises(ValueError, match=r"cons = .* lies outside 1 to 6"):
        deploy.row({"cons": value}, [{"name": "cons", "minimum": 1.0, "maximum": 6.0}])


@pytest.mark.parametrize(
    "words",
    [
        ["prepare.py", "--data", "absent.csv", "--output", "out"],
        ["package.py", "--data", "absent", "--model", "absent.onnx", "--metrics", "absent.json", "--output", "out"],
    ],
    ids=lambda words: words[0],
)
def test_a_missing_input_is_named(words: list[str], tmp_path: Path) -> None:
    """A script that lacks its input says so in one line, fails, and writes nothing."""
    done = run([str(EXAMPLE / words[0]), *words[1:]], tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(words[0].removesuffix(".py") + ": ")
    assert "absent" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def _drop_a_column(folder: Path) -> list[str]:
    table = (folder / "data/raw/loanapp.csv").read_text(encoding="utf-8")
    (folder / "cut.csv").write_text(table.replace("obrat", "renamed", 1), encoding="utf-8")
    return ["prepare.py", "--data", "cut.csv", "--output", "out"]


def _break_the_model(folder: Path) -> list[str]:
    (folder / "junk.onnx").write_bytes(b"junk")
    return ["evaluate.py", "--data", "data/prepared", "--model", "junk.onnx", "--output", "out"]


@pytest.mark.parametrize(("spoil", "said"), [(_drop_a_column, "obrat"), (_break_the_model, "junk.onnx")])
def test_an_input_that_is_not_what_it_should_be_is_named(
    finished: Path, tmp_path: Path, spoil: Callable[[Path], list[str]], said: str
) -> None:
    """A missing column or a model that is none ends in one line that names it, and nothing is written."""
    shutil.copytree(finished, tmp_path / "spoilt")
    done = run(spoil(tmp_path / "spoilt"), tmp_path / "spoilt")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "spoilt/out").exists()
