"""What a document says of a model: its configuration, the index of its shards, what it reads from files beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Final

from assay.formats.repository.document import Document, Node
from assay.formats.view import Fact, reads

#: A configuration is a page; what is longer holds other things than sizes.
MAX_LENGTH: Final = 64 << 10
#: Tensors of an index that are kept.
MAX_NAMES: Final = 200_000
_DEPTH: Final = 4
_KEYS: Final = 400
_ITEMS: Final = 512
_TEXT: Final = 200
_AXES: Final = 16
_MARKS: Final = ("model_type", "peft_type")
#: Bytes of TensorFlow.js' types.
_SIZES: Final = {"float32": 4, "int32": 4, "bool": 1, "complex64": 8, "uint8": 1, "uint16": 2, "float16": 2}


def facts_about_model(document: Document) -> Iterator[Fact]:
    """``configuration``: the sizes it states, as JSON; ``index``: file → tensors, as JSON; and what it ``reads``."""
    for root in document.roots[:1]:
        if not isinstance(root, dict):
            continue
        if any(isinstance(root.get(mark), str) for mark in _MARKS):
            text = json.dumps(_lean(root, 0))
            if len(text) <= MAX_LENGTH:
                yield Fact("configuration", text)
        yield from _index(root)
        yield from _manifest(root)


def _lean(node: Node, depth: int) -> Node:
    """The node without long texts and deep nests."""
    if isinstance(node, dict):
        kept = [(key, value) for key, value in node.items() if len(key) <= _TEXT][:_KEYS]
        return {key: _lean(value, depth + 1) for key, value in kept} if depth < _DEPTH else {}
    if isinstance(node, list):
        plain = len(node) <= _ITEMS and not any(isinstance(item, dict | list) for item in node)
        return [_lean(item, depth + 1) for item in node] if plain else None
    if isinstance(node, str):
        return node[:_TEXT]
    return None if isinstance(node, float) and not math.isfinite(node) else node


def _index(root: dict[str, Node]) -> Iterator[Fact]:
    weights, metadata = root.get("weight_map"), root.get("metadata")
    if not isinstance(weights, dict) or not 0 < len(weights) <= MAX_NAMES:
        return
    files: dict[str, list[str]] = {}
    for name, file in weights.items():
        if isinstance(file, str):
            files.setdefault(file, []).append(name)
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    whole = int(total) if isinstance(total, int | float) and not isinstance(total, bool) and 0 <= total < 1e18 else None
    yield Fact("index", json.dumps([whole, files]))


def _manifest(root: dict[str, Node]) -> Iterator[Fact]:
    """TensorFlow.js: groups of weights, one after the other in the files of the group."""
    groups = root.get("weightsManifest")
    for group in groups[:1000] if isinstance(groups, list) else ():
        paths = group.get("paths") if isinstance(group, dict) else None
        weights = group.get("weights") if isinstance(group, dict) else None
        if not isinstance(paths, list) or not isinstance(weights, list):
            continue
        files = [path for path in paths if isinstance(path, str)]
        sizes = [_bytes(weight) for weight in weights]
        known = [size for size in sizes if size is not None]
        if files and len(known) == len(sizes) and len(files) == len(paths):
            yield reads("tfjs", "its weights", 0, sum(known), files)


def _bytes(weight: Node) -> int | None:
    """Bytes that a weight takes; ``None`` when that does not show, as for texts."""
    shape = weight.get("shape") if isinstance(weight, dict) else None
    if not isinstance(weight, dict) or not isinstance(shape, list):
        return None
    quantized = weight.get("quantization")
    dtype = quantized.get("dtype") if isinstance(quantized, dict) else weight.get("dtype")
    size = _SIZES.get(dtype) if isinstance(dtype, str) else None
    axes = [axis for axis in shape if isinstance(axis, int) and not isinstance(axis, bool)]
    known = size is not None and len(axes) == len(shape) <= _AXES
    return size * math.prod(axes) if size is not None and known else None
