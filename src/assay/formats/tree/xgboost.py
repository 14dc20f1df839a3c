"""XGBoost's models: JSON, UBJSON, and what can be told of the old binary form.

The loader takes many numbers on trust: node counts, child indices, feature indices. What a model's arrays say about
each other is checked here, since a model that contradicts itself makes the native library read or write beside its
memory.
"""

from __future__ import annotations

import base64
import binascii
import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.mention import Mention, mentions_in
from assay.formats.source import Memory, Source
from assay.formats.tree.document import Ubjson, Value, read_json
from assay.formats.view import NotThisFormat, View

BINARY: Final = b"binf"
BASE64: Final = b"bs64\t"
#: Arrays with one entry for each node of a tree.
PER_NODE: Final = (
    "left_children", "right_children", "parents", "split_indices", "split_conditions", "split_type", "default_left",
    "loss_changes", "sum_hessian",
)  # fmt: skip
#: Faults that are kept; a file made to break a loader has thousands.
KEPT: Final = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a model contradicts itself.

    :param place: ``tree 3``, ``learner``
    :param what: the contradiction, as the end of a sentence that begins with the place
    """

    place: str
    what: str


class XGBoost(View):
    """What a model says about itself."""

    kind: ClassVar[str] = "xgboost"

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        """``json``, ``ubjson`` or ``binary``."""
        self.objective = ""
        self.booster = ""
        self.trees = 0
        self.faults: list[Fault] = []
        self.mentions: list[Mention] = []
        """Telling words in names and attributes."""


def read(source: Source, budget: Budget, name: str) -> XGBoost:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    start = source.read(0, 16)
    if start.startswith(BASE64):
        try:
            data = base64.b64decode(source.read(5, min(source.size, budget.limits.held)), validate=False)
        except binascii.Error as error:
            raise FormatError("its base64 text is broken", offset=5) from error
        return _binary(Memory(data), 0)
    if start.startswith(BINARY):
        return _binary(source, 4)
    if start[:1] != b"{":
        return _binary(source, 0)
    ubjson = start[1:2] in {b"L", b"i", b"U", b"I", b"l", b"$", b"#", b"N"}
    try:
        document = Ubjson(source, budget).read() if ubjson else read_json(source, budget)
    except FormatError as error:
        if b"learner" not in source.read(0, 4096):
            raise NotThisFormat(error.what, offset=error.offset) from error
        raise
    if not isinstance(document, dict) or not isinstance(document.get("learner"), dict):
        raise NotThisFormat("it has no learner")
    view = XGBoost("ubjson" if ubjson else "json")
    _Model(view, budget).learner(document["learner"])
    return view


#: base_score, num_feature, num_class, contain_extra_attrs, contain_eval_metrics, major, minor.
_PARAMETERS: Final = struct.Struct("<fIiiiII")
_PARAMETERS_SIZE: Final = 136


def _binary(source: Source, start: int) -> XGBoost:
    head = source.read(start, _PARAMETERS_SIZE + 8)
    if len(head) < _PARAMETERS_SIZE + 8:
        raise NotThisFormat("it is too short for a model")
    _, features, classes, extra, metrics, major, minor = _PARAMETERS.unpack_from(head)
    length = struct.unpack_from("<Q", head, _PARAMETERS_SIZE)[0]
    objective = source.read(start + _PARAMETERS_SIZE + 8, min(length, 64))
    after = start + _PARAMETERS_SIZE + 8 + length
    booster_length = int.from_bytes(source.read(after, 8), "little")
    booster = source.read(after + 8, min(booster_length, 64))
    known = booster in {b"gbtree", b"gblinear", b"dart"} or objective.split(b":")[0] in {
        b"reg",
        b"binary",
        b"multi",
        b"rank",
    }
    if not known:
        raise NotThisFormat("it names no objective and no booster of XGBoost")
    view = XGBoost("binary")
    view.objective = objective.decode("utf-8", "replace")
    view.booster = booster.decode("utf-8", "replace")
    if length > 64 or booster_length > 64:
        view.faults.append(Fault("header", "names an objective or a booster that is longer than any there is"))
    if features > 1 << 31 or classes < 0 or extra not in {0, 1} or metrics not in {0, 1} or major > 100 or minor > 1000:
        view.faults.append(Fault("header", "holds counts that no trained model has"))
    return view


class _Model:
    def __init__(self, view: XGBoost, budget: Budget) -> None:
        self._view = view
        self._budget = budget

    def learner(self, learner: Value) -> None:
        """Check the whole model."""
        if not isinstance(learner, dict):
            return
        parameters = _object(learner.get("learner_model_param"))
        features = self._count(parameters, "num_feature", "the learner")
        self._count(parameters, "num_class", "the learner")
        self._count(parameters, "num_target", "the learner")
        self._view.objective = str(_object(learner.get("objective")).get("name", ""))[:100]
        for key in ("attributes", "feature_names", "feature_types"):
            for text in _texts(learner.get(key)):
                if len(self._view.mentions) < KEPT:
                    self._view.mentions.extend(mentions_in(text))
        booster = _object(learner.get("gradient_booster"))
        self._view.booster = str(booster.get("name", ""))[:100]
        if "gbtree" in booster:
            booster = _object(booster.get("gbtree"))
        model = _object(booster.get("model"))
        trees = model.get("trees")
        if isinstance(trees, list):
            self._trees(model, trees, features)

    def _trees(self, model: dict[str, Value], trees: list[Value], features: int | None) -> None:
        self._view.trees = len(trees)
        named = self._count(_object(model.get("gbtree_model_param")), "num_trees", "the booster")
        if named is not None and named != len(trees):
            self._fault("the booster", f"says it has {named:,} trees and has {len(trees):,}")
        groups = _numbers(model.get("tree_info"))
        if groups is not None and len(groups) != len(trees):
            self._fault("the booster", f"assigns {len(groups):,} trees to classes and has {len(trees):,}")
        for number, tree in enumerate(trees):
            if number % 16 == 0:
                self._budget.check_time()
            if len(self._view.faults) >= KEPT:
                return
            self._tree(f"tree {number}", _object(tree), features)

    def _tree(self, place: str, tree: dict[str, Value], features: int | None) -> None:
        nodes = self._count(_object(tree.get("tree_param")), "num_nodes", place)
        left, right = _numbers(tree.get("left_children")), _numbers(tree.get("right_children"))
        count = len(left) if left is not None else 0
        if nodes is not None and nodes != count:
            self._fault(place, f"says it has {nodes:,} nodes and describes {count:,}")
        for key in PER_NODE:
            items = _numbers(tree.get(key))
            if items is not None and len(items) != count:
                self._fault(place, f"has {len(items):,} entries in {key} for {count:,} nodes")
        for key, items in (("left_children", left), ("right_children", right)):
            worst = next((item for item in items or () if not -1 <= item < count), None)
            if worst is not None:
                self._fault(place, f"points to node {worst} of {count:,} in {key}")
        if left is not None and right is not None:
            self._cycle(place, left, right)
            self._splits(place, tree, left, features)

    def _cycle(self, place: str, left: Sequence[float], right: Sequence[float]) -> None:
        # In a tree every node is reached once. Pruning leaves nodes behind that nothing leads to; they do not count.
        seen = bytearray(min(len(left), len(right)))
        waiting = [0] if seen else []
        while waiting:
            node = waiting.pop()
            if seen[node]:
                self._fault(place, f"reaches node {node} twice, so that a walk through it may never end")
                return
            seen[node] = 1
            if left[node] != -1:
                waiting.extend(int(one[node]) for one in (left, right) if 0 <= one[node] < len(seen))

    def _splits(self, place: str, tree: dict[str, Value], left: Sequence[float], features: int | None) -> None:
        splits = _numbers(tree.get("split_indices"))
        if splits is None or not features:
            return
        for child, feature in zip(left, splits, strict=False):
            if child != -1 and not 0 <= feature < features:
                self._fault(place, f"splits on feature {int(feature)} of {features:,}")
                return

    def _count(self, parameters: dict[str, Value], key: str, place: str) -> int | None:
        value = parameters.get(key)
        if isinstance(value, str) and len(value) <= 20 and value.strip().removeprefix("-").isdecimal():
            value = int(value)
        if not isinstance(value, int):
            return None
        if value < 0:
            self._fault(place, f"has a negative {key} ({value})")
            return None
        if value >= 1 << 31:
            self._fault(place, f"has a {key} beyond 32 bits ({value})")
            return None
        return value

    def _fault(self, place: str, what: str) -> None:
        if len(self._view.faults) < KEPT:
            self._view.faults.append(Fault(place, what))


def _object(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _numbers(value: Value) -> Sequence[float] | None:
    if isinstance(value, array):
        return value
    if isinstance(value, list) and all(isinstance(item, int | float) for item in value):
        return value  # type: ignore[return-value] # every item was just looked at
    return None


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value[:65536]
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item) if isinstance(item, str) else ()
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item) if isinstance(item, str) else ()
