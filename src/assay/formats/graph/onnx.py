"""ONNX models, walked over the wire format of protocol buffers: graphs in graphs, functions, tensors, outside files.

The runtime's own parsers build the whole model, and the framework's loader opens the outside files it names; here
it is only walked. A model may name files (external data), need operators that come from a native library (custom
domains), or run Python (``PyOp`` and its like); everything else is arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.onnx_attribute import lean
from assay.formats.graph.onnx_tensor import EXTERNAL, TYPES, Proto, read_pair, read_tensor
from assay.formats.graph.protobuf import Field, Message, Wire
from assay.formats.source import Source
from assay.formats.view import Fact, NotThisFormat, Tensor, View

#: Texts of attributes that one node keeps, and nodes that keep theirs.
ATTRIBUTES_KEPT: Final = 32
TEXT_KEPT: Final = 400
NODES_KEPT: Final = 1000
FAULTS_KEPT: Final = 200
#: Domains whose operators are the standard's own: their attributes name nothing outside the model.
STANDARD: Final = frozenset({"", "ai.onnx", "ai.onnx.ml"})


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that the model needs, where it is first used.

    :param place: graphs and nodes on the way to it, ``g/If_3/then_branch/Conv_1``
    :param attributes: texts among its attributes; none for operators of the standard itself
    """

    domain: str
    name: str
    place: str
    offset: int
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class External:
    """Numbers of a tensor that lie in another file.

    :param entries: key and value as they stand there, ``location``, ``offset``, ``length``, ``checksum`` …
    :param used: whether the tensor says that its numbers lie there; entries without that are left alone by loaders
    """

    tensor: str
    entries: tuple[tuple[str, str], ...]
    used: bool
    offset: int

    def named(self, key: str) -> str | None:
        """The value of a key, the last when it stands there twice."""
        return next((value for name, value in reversed(self.entries) if name == key), None)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a tensor that contradicts itself."""

    tensor: str
    what: str
    offset: int


class Onnx(View):
    """A model, or a single tensor as the test data of models has it."""

    kind: ClassVar[str] = "onnx"

    def __init__(self) -> None:
        super().__init__()
        self.ir_version = 0
        self.producer = ""
        self.opsets: dict[str, int] = {}
        """Domain → version of its operators."""
        self.operators: list[Operator] = []
        """Operators in use, each (domain, name) where it first is; those with attributes of their own each time."""
        self.functions: set[tuple[str, str]] = set()
        """Domain and name of the functions that the model brings along."""
        self.externals: list[External] = []
        self.faults: list[Fault] = []
        self.ambiguous: list[Fault] = []
        """Tensors that two readers would fill with different numbers."""
        self.metadata: dict[str, str] = {}
        self.graphs = 0
        self._tensors: list[Tensor] = []

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self._tensors)

    def add_tensor(self, tensor: Tensor) -> None:
        """Used by the reader."""
        self._tensors.append(tensor)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`: files that hold its numbers."""
        seen: dict[str, int] = {}
        for external in self.externals:
            if location := external.named("location"):
                seen.setdefault(location, external.offset)
        return [Fact("weights", location, offset) for location, offset in seen.items()]


def read(source: Source, budget: Budget, name: str) -> Onnx:
    """See :class:`assay.formats.signature.Reader`."""
    view = Onnx()
    walker = _Walker(view, budget)
    try:
        walker.model(Message(source, budget))
    except FormatError as error:
        if view.graphs or (view.ir_version and (view.opsets or name.lower().endswith(".onnx"))):
            view.note(error)
            return view
    if not view.graphs or not (view.ir_version or view.opsets or view.operators):
        return _single_tensor(source, budget, name)
    return view


def _single_tensor(source: Source, budget: Budget, name: str) -> Onnx:
    view = Onnx()
    try:
        proto = read_tensor(Message(source, budget))
    except FormatError as error:
        raise NotThisFormat(error.what, offset=error.offset) from error
    located = any(key == "location" for key, _ in proto.external)
    numbers = proto.raw is not None or (proto.typed and name.lower().endswith((".pb", ".onnx")))
    if proto.type not in TYPES or not (located or (numbers and not proto.faults())):
        raise NotThisFormat("it has no graph", offset=0)
    _Walker(view, budget).keep(proto, "")
    return view


@dataclass(slots=True)
class _Node:
    domain: str = ""
    op: str = ""
    name: str = ""
    attributes: list[Field] = field(default_factory=list)


class _Walker:
    def __init__(self, view: Onnx, budget: Budget) -> None:
        self._view = view
        self._budget = budget
        self._seen: set[tuple[str, str]] = set()

    def model(self, message: Message) -> None:
        """Walk a ``ModelProto``."""
        view = self._view
        for one in message:
            if one.number == 1 and one.wire is Wire.VARINT:
                view.ir_version = one.value
            elif one.wire is not Wire.BYTES:
                continue
            elif one.number == 2:
                view.producer = one.text()[:200]
            elif one.number == 7:
                self._graph(one.message(), "")
            elif one.number == 8:
                self._opset(one.message())
            elif one.number == 14 and len(view.metadata) < NODES_KEPT:
                key, value = read_pair(one.message())
                view.metadata[key[:TEXT_KEPT]] = value[:TEXT_KEPT]
            elif one.number == 20:
                self._training(one.message())
            elif one.number == 25:
                self._function(one.message())

    def _opset(self, message: Message) -> None:
        domain, version = "", 0
        for one in message:
            if one.number == 1:
                domain = one.text()[:TEXT_KEPT]
            elif one.number == 2:
                version = one.signed
        if len(self._view.opsets) < NODES_KEPT:
            self._view.opsets[domain] = version

    def _training(self, message: Message) -> None:
        for one in message:
            if one.number in {1, 2} and one.wire is Wire.BYTES:
                self._graph(one.message(), "training")

    def _function(self, message: Message) -> None:
        domain = name = ""
        for one in message:
            if one.number == 1:
                name = one.text()[:TEXT_KEPT]
            elif one.number == 10:
                domain = one.text()[:TEXT_KEPT]
        if len(self._view.functions) < self._budget.limits.members:
            self._view.functions.add((domain, name))
        for one in message:
            if one.number == 7 and one.wire is Wire.BYTES:
                self._node(one.message(), name)
            elif one.number == 11 and one.wire is Wire.BYTES:
                self._attribute(one, name, [])

    def _graph(self, message: Message, place: str) -> None:
        self._view.graphs += 1
        self._budget.spend_members(offset=message.start)
        names: set[str] = set()
        for one in message:
            if one.wire is not Wire.BYTES:
                continue
            if one.number == 1:
                self._node(one.message(), place)
            elif one.number == 5:
                proto = self._tensor(one.message(), place)
                if proto.name and proto.name in names:
                    self._ambiguous(proto, place, "stands twice under one name, with different numbers for each reader")
                names.add(proto.name)
            elif one.number == 15:
                self._sparse(one.message(), place)

    def _node(self, message: Message, place: str) -> None:
        self._budget.spend_members(offset=message.start)
        node = _Node()
        for one in message:
            if one.number == 3:
                node.name = one.text()[:TEXT_KEPT]
            elif one.number == 4:
                node.op = one.text()[:TEXT_KEPT]
            elif one.number == 7:
                node.domain = one.text()[:TEXT_KEPT]
            elif one.number == 5 and one.wire is Wire.BYTES:
                node.attributes.append(one)
        here = "/".join(part for part in (place, node.name or node.op) if part)[-TEXT_KEPT:]
        texts: list[tuple[str, str]] = []
        for attribute in node.attributes:
            self._attribute(attribute, here, texts)
        known = (node.domain, node.op) in self._seen
        own = bool(texts) and node.domain not in STANDARD
        if not known or (own and len(self._view.operators) < NODES_KEPT):
            self._seen.add((node.domain, node.op))
            kept = tuple(texts) if own else ()
            self._view.operators.append(Operator(node.domain, node.op, here, message.start, kept))

    def _attribute(self, attribute: Field, place: str, texts: list[tuple[str, str]]) -> None:
        name = ""
        for one in lean(attribute.message()):
            if one.wire is not Wire.BYTES:
                continue
            if one.number == 1:
                name = one.text()[:TEXT_KEPT]
            elif one.number in {4, 9} and len(texts) < ATTRIBUTES_KEPT:
                texts.append((name, one.text()[:TEXT_KEPT]))
            elif one.number in {5, 10}:
                self._tensor(one.message(), f"{place}/{name}")
            elif one.number in {6, 11}:
                self._graph(one.message(), f"{place}/{name}")
            elif one.number in {22, 23}:
                self._sparse(one.message(), f"{place}/{name}")

    def _sparse(self, message: Message, place: str) -> None:
        for one in message:
            if one.number in {1, 2} and one.wire is Wire.BYTES:
                self._tensor(one.message(), place)

    def _tensor(self, message: Message, place: str) -> Proto:
        self._budget.spend_members(offset=message.start)
        proto = read_tensor(message)
        self.keep(proto, place)
        return proto

    def keep(self, proto: Proto, place: str) -> None:
        """Put into the view what a tensor says."""
        shown = "/".join(part for part in (place, proto.name) if part) or "tensor"
        for what in proto.faults():
            if len(self._view.faults) < FAULTS_KEPT:
                self._view.faults.append(Fault(shown, what, proto.offset))
        if proto.external:
            used = proto.location == EXTERNAL
            self._view.externals.append(External(shown, tuple(proto.external), used, proto.offset))
            if used and proto.raw is not None and proto.raw.size:
                self._ambiguous(proto, place, "has numbers of its own and others in another file")
        if proto.raw is not None and proto.location != EXTERNAL and TYPES.get(proto.type, ("", 0))[1]:
            dtype = TYPES[proto.type][0]
            shape = tuple(max(size, 0) for size in proto.dims)
            self._view.add_tensor(Tensor(shown, dtype, shape, proto.raw, proto.raw_offset))

    def _ambiguous(self, proto: Proto, place: str, what: str) -> None:
        shown = "/".join(part for part in (place, proto.name) if part) or "tensor"
        if len(self._view.ambiguous) < FAULTS_KEPT:
            self._view.ambiguous.append(Fault(shown, what, proto.offset))
