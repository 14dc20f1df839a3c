"""A model and its base, both on disk: what differs is told, by the library and by the command."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from assay.core.comparison import Kind
from assay.formats.budget import Limits
from assay.scan.against import compare_with

Assay = Callable[..., "subprocess.CompletedProcess[str]"]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "scan.schema.json").read_text())


def _write(path: Path, tensors: dict[str, np.ndarray]) -> Path:
    header, data = {}, b""
    for name, values in tensors.items():
        raw = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A base of eight layers, and a model in which one direction was added to one layer."""
    source = np.random.default_rng(1)
    layers = {f"layer.{number}": source.standard_normal((64, 64)) * 0.02 for number in range(8)}
    _write(tmp_path / "base.safetensors", layers)
    layers["layer.3"] = layers["layer.3"] + np.outer(source.standard_normal(64), source.standard_normal(64)) * 0.01
    _write(tmp_path / "model.safetensors", layers)
    return tmp_path


def test_the_one_layer_that_changed_is_named_with_its_rank(models: Path) -> None:
    """An edit in one direction is what a planted behaviour looks like; everything else is alike to the last bit."""
    difference, findings, unknown = compare_with(
        models / "model.safetensors", models / "base.safetensors", Limits()
    )  # fmt: skip
    assert difference is not None
    assert [(change.name, change.kind, change.rank) for change in difference.changes] == [
        ("layer.3", Kind.CHANGED, 1)
    ]  # fmt: skip
    assert difference.same == 7
    assert unknown == ()
    assert {found.rule for found in findings} >= {"weights-low-rank-change"}


def test_the_same_model_differs_in_nothing(models: Path) -> None:
    """And nothing is found."""
    difference, findings, _ = compare_with(models / "base.safetensors", models / "base.safetensors", Limits())
    assert difference is not None
    assert (difference.changes, difference.same, findings) == ((), 8, ())


def test_what_has_no_tensors_could_not_be_compared(models: Path) -> None:
    """Which is not the same as no difference."""
    (models / "notes.txt").write_text("no numbers\n")
    difference, _, unknown = compare_with(models / "model.safetensors", models / "notes.txt", Limits())
    assert difference is None
    assert "no tensors" in unknown[0].reason


def test_the_command_tells_it(assay: Assay, models: Path) -> None:
    """In both forms; the JSON fits its schema."""
    arguments = ("scan", "model.safetensors", "--against", "base.safetensors", "--no-cache")
    text = assay(models, *arguments).stdout
    assert "one direction  " in text
    assert "7 tensors are alike to the last bit" in text
    answer = json.loads(assay(models, *arguments, "--format", "json").stdout)
    jsonschema.validate(answer, SCHEMA)
    assert [change["tensor"] for change in answer["comparison"]["changes"]] == ["layer.3"]
