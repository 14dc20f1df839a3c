"""assay.toml is checked as a whole before anything runs."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.config import Settings, covers, parse_settings, read_ignores, read_settings
from assay.core.errors import ConfigError

HEAD = 'version = 1\n[project]\nname = "x"\n'
STAGES = (
    HEAD
    + """
[stages.evaluate]
command = "python evaluate.py"
inputs = ["model", "data/test.csv"]
outputs = ["metrics.json"]
metrics = "metrics.json"
evaluates = "model"
require = ["auc >= 0.8"]

[stages.train]
command = "python 'my train.py' --seed=$seed --price=$$5 ${flag}"
code = ["my train.py"]
inputs = ["data/train.csv"]
outputs = ["model"]
parameters = { seed = 7, flag = true }
seeds = ["seed"]
environment = { THREADS = 1 }

[stages.collect]
phase = "data collection"
command = "python collect.py"
outputs = ["data"]
"""
)


def settings(text: str) -> Settings:
    return parse_settings(text.encode(), root=Path("/project"))


def test_stages_run_in_the_order_that_their_inputs_ask_for() -> None:
    """Whatever the order they are written in."""
    assert [stage.name for stage in settings(STAGES).stages] == ["collect", "train", "evaluate"]


def test_parameters_are_filled_into_the_words_of_the_command() -> None:
    """No shell: a parameter stays one word, $$ is a dollar sign, true is written as TOML writes it."""
    train = settings(STAGES).stage("train")
    assert train.command == ("python", "my train.py", "--seed=7", "--price=$5", "true")
    assert train.environment == {"THREADS": "1"}


def test_what_a_stage_rests_on() -> None:
    """Through files in a folder that another stage makes."""
    found = settings(STAGES)
    assert [stage.name for stage in found.upstream("train")] == ["collect", "train"]
    producer = found.producer("data/train.csv")
    assert producer is not None
    assert producer.name == "collect"
    assert found.producer("database") is None


@pytest.mark.parametrize(
    ("old", "new", "where", "reason"),
    [
        ("version = 1", "version = 9", "assay.toml: version", "must be 1"),
        ('name = "x"', "", "project.name", "missing"),
        ("[stages.train]", "[stagse.train]", "stagse", "not known"),
        ('outputs = ["data"]', 'output = ["data"]', "collect.output", "not known"),
        ('inputs = ["data/train.csv"]', 'imputs = ["data/train.csv"]', "train.imputs", "not known"),
        ('"data/train.csv"', '"../train.csv"', "train.inputs", "stays inside"),
        ('"data/train.csv"', '"/etc/passwd"', "train.inputs", "stays inside"),
        ('"data/train.csv"', '".assay/key"', "train.inputs", "belongs to assay"),
        ('"data/train.csv"', '"."', "train.inputs", "stays inside"),
        ("$seed", "$sede", "train.command", r"\$sede"),
        ("'my train.py'", "'my train.py", "train.command", "words"),
        ('seeds = ["seed"]', 'seeds = ["sed"]', "train.seeds", "'sed'"),
        ("seed = 7", "seed = [7]", "train.parameters.seed", "text, a number"),
        ("seed = 7", "seed = nan", "train.parameters.seed", "finite"),
        ('phase = "data collection"', 'phase = "collection"', "collect.phase", "one of"),
        ('"auc >= 0.8"', '"auc is good"', "evaluate.require", "roc_auc >= 0.8"),
        ('metrics = "metrics.json"', "", "evaluate", "metrics"),
        ('evaluates = "model"', 'evaluates = "other"', "evaluate.evaluates", "one of the inputs"),
        ('outputs = ["data"]', 'outputs = ["data", "model/x"]', "stages", "overlap"),
        ('outputs = ["data"]', 'outputs = ["data"]\nsha256 = {"elsewhere" = "' + "0" * 64 + '"}', "sha256", "neither"),
        (
            'outputs = ["data"]',
            'outputs = ["data"]\nsha256 = {"data/a" = "abc"}',
            "collect.sha256.data/a",
            "no SHA-256",
        ),
        ('outputs = ["data"]', 'outputs = ["data"]\ntimeout = 0', "collect.timeout", "above zero"),
        ('outputs = ["data"]', 'outputs = ["data"]\ngate = ["data"]', "collect.gate", "not among the inputs"),
        (
            'inputs = ["data/train.csv"]',
            'inputs = ["data/train.csv"]\ngate = ["data/train.csv"]',
            "assay.toml",
            "no policy",
        ),
        ("[stages.collect]", '[stages."a b"]', "a b", "letters, digits"),
        ("isolate", "isolate", "", ""),
    ],
)
def test_a_mistake_is_named_with_its_place(old: str, new: str, where: str, reason: str) -> None:
    """One clear error: which key, and why."""
    if old == new:
        settings(STAGES)
        return
    assert old in STAGES
    with pytest.raises(ConfigError, match=reason) as caught:
        settings(STAGES.replace(old, new, 1))
    assert where in caught.value.where


def test_a_circle_is_shown() -> None:
    """Which stages, in which order."""
    text = HEAD + "".join(
        f'[stages.{name}]\ncommand = "c"\ninputs = ["{one}"]\noutputs = ["{other}"]\n'
        for name, one, other in (("a", "3", "1"), ("b", "1", "2"), ("c", "2", "3"))
    )
    with pytest.raises(ConfigError, match=r"circle: \w -> \w -> \w -> \w"):
        settings(text)


@pytest.mark.parametrize(
    "stage", ['inputs = ["x"]\noutputs = ["x"]', 'inputs = ["x/y"]\noutputs = ["x"]', 'code = ["x"]\noutputs = ["x/y"]']
)
def test_a_stage_does_not_read_what_it_writes(stage: str) -> None:
    """Its provenance would be about bytes that it made itself."""
    with pytest.raises(ConfigError):
        settings(f'{HEAD}[stages.a]\ncommand = "c"\n{stage}\n')


@given(st.binary(max_size=300))
def test_any_bytes_end_in_settings_or_our_error(data: bytes) -> None:
    """Nothing else escapes."""
    with suppress(ConfigError):
        parse_settings(data, root=Path("/"))


@given(st.text("ab/", min_size=1), st.text("ab/", min_size=1))
def test_a_folder_covers_itself_and_what_lies_in_it(folder: str, path: str) -> None:
    """And never a name that only begins alike."""
    assert covers(folder, folder)
    assert covers(folder, f"{folder}/{path}")
    assert not covers(folder, f"{folder}a")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    """The first thing a newcomer sees."""
    with pytest.raises(ConfigError, match="assay init"):
        read_settings(tmp_path)


IGNORE = """
[[scan.ignore]]
rule = "pickle-unknown-call"
path = "models/*.pkl"
digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
reason = "our own class"
until = 2026-12-31
"""


def test_ignored_findings_are_settings(tmp_path: Path) -> None:
    """In the project's file, or in one of their own; the day with or without quotes."""
    text = 'version = 1\n[project]\nname = "x"\n' + IGNORE
    (found,) = parse_settings(text.encode(), root=tmp_path).ignores
    assert (found.rule, found.path, found.reason, found.until) == (
        "pickle-unknown-call",
        "models/*.pkl",
        "our own class",
        date(2026, 12, 31),
    )
    assert found.digest is not None
    own = "version = 1\n" + IGNORE.replace("scan.ignore", "ignore").replace("2026-12-31", '"2026-12-31"')
    (tmp_path / "ignores.toml").write_text(own)
    assert read_ignores(tmp_path / "ignores.toml") == (found,)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('rule = "pickle-unknown-call"\n', "", "rule"),
        ('reason = "our own class"\n', "", "reason"),
        ('"our own class"', '" "', "reason"),
        ("until = 2026-12-31\n", "", "until"),
        ("2026-12-31", "2026-12-31T00:00:00Z", "until"),
        ("2026-12-31", '"soon"', "until"),
        ("sha256:1", "sha256:", "digest"),
        ("path", "paths", "paths"),
        ("[[scan.ignore]]", "[scan.ignore]", "scan.ignore"),
        ("[[scan.ignore]]", "[[scan.ignored]]", "scan.ignored"),
    ],
)
def test_an_ignore_without_a_reason_or_an_end_is_refused(old: str, new: str, place: str, tmp_path: Path) -> None:
    """With its place: nothing is accepted by a slip of the pen."""
    text = 'version = 1\n[project]\nname = "x"\n' + IGNORE
    assert old in text
    with pytest.raises(ConfigError) as caught:
        parse_settings(text.replace(old, new).encode(), root=tmp_path)
    assert caught.value.where.endswith(place)


def test_a_file_of_ignores_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Not an empty list."""
    with pytest.raises(ConfigError):
        read_ignores(tmp_path / "none.toml")
    (tmp_path / "other.toml").write_text("version = 2\n")
    with pytest.raises(ConfigError):
        read_ignores(tmp_path / "other.toml")
