"""Weights in an HDF5 file of Keras against the layers that its configuration describes."""

from __future__ import annotations

import json

import pytest

from assay.formats.budget import Budget
from assay.formats.hdf5.access import Access
from assay.formats.hdf5.hdf5 import Attribute, Dataset, Hdf5
from assay.formats.hdf5.messages import CONTIGUOUS, Datatype, Layout
from assay.formats.source import Memory, Window
from assay.scan.rules import rules_for

(RULE,) = [rule for rule in rules_for("hdf5") if rule.id == "keras-wrong-shape"]
LAYERS: list[dict[str, object]] = [
    {"class_name": "Embedding", "config": {"name": "words", "input_dim": 30, "output_dim": 5}},
    {"class_name": "Conv2D", "module": "keras.layers", "config": {"name": "c", "filters": 4, "kernel_size": [3, 3]}},
    {"class_name": "Dense", "config": {"name": "d", "units": 7}},
]


def fires(layers: list[dict[str, object]], path: str, shape: tuple[int, ...], kind: str = "float") -> bool:
    """Whether weights of this shape contradict the layers."""
    text = json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": layers}}).encode()
    source = Memory(text)
    view = Hdf5(source, Access(source, Budget(), 0, 8, 8))
    value = Window(source, 0, len(text))
    view.attributes = [Attribute("model_config", "/", Datatype("string", len(text)), None, (value,), 0)]
    view.datasets = [Dataset(path, Datatype(kind, 4), shape, Layout(CONTIGUOUS, 0, 4), (), (), 0)]
    return bool(list(RULE.check(view)))


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        ("/model_weights/words/m/words/embeddings", (30, 5), (29, 5)),
        ("/model_weights/words/words/embeddings:0", (30, 5), (30, 6)),
        ("/model_weights/c/m/c/kernel", (3, 3, 99, 4), (3, 3, 99, 5)),
        ("/model_weights/c/c/kernel:0", (3, 3, 1, 4), (5, 3, 1, 4)),
        ("/model_weights/d/m/d/kernel", (64, 7), (64, 12)),
        ("/model_weights/outer/outer/d/kernel", (64, 7), (7,)),
    ],
)
def test_weights_are_held_against_their_layer(path: str, right: tuple[int, ...], wrong: tuple[int, ...]) -> None:
    """In newer and older files, on their own and in a model within the model."""
    assert not fires(LAYERS, path, right)
    assert fires(LAYERS, path, wrong)


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Dense", "module": "own.layers", "config": {"name": "d", "units": 7}},
        {"class_name": "Dense", "registered_name": "own>Dense", "config": {"name": "d", "units": 7}},
        {"class_name": "LSTM", "config": {"name": "d", "units": 7}},
        {"class_name": "Dense", "config": {"name": "d", "units": 7, "lora_rank": 4}},
        {"class_name": "Dense", "config": {"name": "d", "units": None}},
    ],
)
def test_other_layers_are_not_judged(layer: dict[str, object]) -> None:
    """Somebody's own, ones that keep their weights otherwise, and sizes that are not said."""
    assert not fires([layer], "/model_weights/d/d/kernel", (64, 12))


def test_what_is_not_sure_is_not_judged() -> None:
    """A name that two layers have, whole numbers, and a text that is no configuration."""
    twice = [*LAYERS, {"class_name": "Dense", "config": {"name": "d", "units": 12}}]
    assert not fires(twice, "/model_weights/d/d/kernel", (64, 13))
    assert not fires(LAYERS, "/model_weights/d/d/kernel", (64, 12), "int")
    assert not fires([], "/model_weights/d/d/kernel", (64, 12))
