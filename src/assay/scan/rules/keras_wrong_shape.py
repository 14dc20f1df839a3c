"""A layer's weights in an HDF5 file have another shape than the model's configuration asks for.

## Why it matters
The file holds the model twice: how it is built, as text, and its weights. Keras refuses a pair that does not fit; other
readers allocate by the one and copy by the other. It also shows that one of the two was exchanged.

## Example
A `Dense` layer with `"units": 10`, whose `kernel` is `[64, 12]`.

## Remedy
Get the file again from its author. Do not load it with `skip_mismatch`.

## References
Keras, *Whole-model saving*, legacy H5 format. CWE-131, Incorrect Calculation of Buffer Size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.errors import FormatError
from assay.core.finding import Confidence, Severity
from assay.formats.budget import Budget
from assay.formats.hdf5 import keras
from assay.formats.hdf5.hdf5 import Dataset, Hdf5
from assay.formats.hdf5.keras import KerasObject
from assay.scan.rule import Hit, Rule

_CONFIGURATION: Final = "model_config"
_AXES: Final = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3}
#: Names of the weights that are judged, in newer and older files.
_WEIGHTS: Final = frozenset({"kernel", "kernel:0", "embeddings", "embeddings:0"})


def check(view: Hdf5) -> Iterator[Hit]:
    """Layers whose weights stand under their own name."""
    layers = _layers(view)
    for dataset in view.datasets if layers else ():
        *above, weight = dataset.path.split("/")
        layer = layers.get(above[-1]) if above and weight in _WEIGHTS and _is_plain(dataset) else None
        expected = _expected(layer, weight) if layer is not None else None
        if layer is None or expected is None or dataset.shape is None or _fits(dataset.shape, expected):
            continue
        message = f"{_shown(dataset.shape)}, where the {layer.class_name} layer asks for {_shown(expected)}"
        yield Hit(f"the weights are {message}", dataset.offset, member=dataset.path)


def _layers(view: Hdf5) -> dict[str, KerasObject]:
    """Keras' own layers by name, where a name stands for one alone."""
    objects: list[KerasObject] = []
    for attribute in view.attributes:
        if attribute.name == _CONFIGURATION and attribute.values:
            try:
                objects += keras.read(attribute.values[0], Budget(), "").objects
            except FormatError:  # the attribute is a member as well, and told there
                continue
    named = [(name, found) for found in objects if isinstance(name := found.get("name"), str)]
    counts = Counter(name for name, _ in named)
    return {name: found for name, found in named if counts[name] == 1 and _is_own(found)}


def _is_own(found: KerasObject) -> bool:
    own = found.module in ("", "keras.layers") and not found.registered
    return own and found.get("lora_rank") is None and found.get("quantization_config") is None


def _is_plain(dataset: Dataset) -> bool:
    return dataset.datatype is not None and dataset.datatype.kind == "float"


def _expected(layer: KerasObject, weight: str) -> tuple[int | None, ...] | None:
    """Sizes, ``None`` for one that the layer leaves to its input; ``None`` for all of a layer that is not known."""
    name = weight.partition(":")[0]
    if layer.class_name == "Embedding" and name == "embeddings":
        return _whole(layer.get("input_dim")), _whole(layer.get("output_dim"))
    if layer.class_name == "Dense" and name == "kernel":
        return None, _whole(layer.get("units"))
    axes = _AXES.get(layer.class_name)
    if axes is None or name != "kernel":
        return None
    size = layer.get("kernel_size")
    sizes = [_whole(one) for one in size] if isinstance(size, list) and len(size) == axes else [None] * axes
    return (*sizes, None, _whole(layer.get("filters")))


def _whole(value: keras.Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    pairs = zip(shape, expected, strict=False)
    return len(shape) == len(expected) and all(wanted in (None, size) for size, wanted in pairs)


def _shown(sizes: tuple[int | None, ...]) -> str:
    return "[" + ", ".join("any" if size is None else f"{size:,}" for size in sizes) + "]"


RULE = Rule(
    id="keras-wrong-shape",
    reads=Hdf5.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
