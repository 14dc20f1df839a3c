"""TensorFlow's graphs: what a SavedModel, a meta-graph, a frozen graph or its text form would compute and where.

Field numbers are those of ``saved_model.proto``, ``meta_graph.proto``, ``graph.proto``, ``function.proto``,
``node_def.proto``, ``attr_value.proto``, ``tensor.proto`` and ``saved_object_graph.proto``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget, LimitReached
from assay.formats.graph.protobuf import Field, Message, Wire
from assay.formats.graph.tensorflow_tensor import read_constant, read_string
from assay.formats.source import Source
from assay.formats.view import Fact, Member, NotThisFormat, Tensor, View

#: Places of one operation that are kept; further ones are counted.
PLACES_KEPT: Final = 32
#: Strings of a node's attributes that are kept, and characters of each.
TEXTS_KEPT: Final = 32
LENGTH_KEPT: Final = 1024
#: Operations that are told with what they are given; of a file with more only their names are kept.
TOLD: Final = 4096
#: A constant smaller than this is no run of weights.
TENSOR_LEAST: Final = 1024
#: Functions that attributes name, in attributes of attributes.
ATTRIBUTE_DEPTH: Final = 8
#: What an operation or a function may be called.
_NAME: Final = re.compile(r"[!-~]{1,512}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One node.

    :param op: what it computes; the name of an operation, or of a function of the same file
    :param node: its own name
    :param graph: the function it stands in; empty for the graph itself
    :param texts: strings among its attributes, by the attribute's name
    :param inputs: nodes it takes something from
    :param constants: for each of its inputs, the text when it is a constant string; empty when none is
    """

    op: str
    node: str
    graph: str
    offset: int
    texts: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()
    constants: tuple[str | None, ...] = ()

    @property
    def given(self) -> str | None:
        """The first constant text that it takes."""
        return next((text for text in self.constants if text is not None), None)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that belongs to a SavedModel.

    :param filename: below its folder ``assets``
    """

    filename: str
    offset: int


@dataclass(slots=True)
class Use:
    """One operation of the file: its first places, and how often it stands there in all."""

    places: list[Operation] = field(default_factory=list)
    count: int = 0


class TensorFlow(View):
    """One or more graphs and the functions they call."""

    kind: ClassVar[str] = "tensorflow"

    def __init__(self, layout: str) -> None:
        super().__init__()
        self.layout = layout
        """``saved-model``, ``meta-graph``, ``graph`` or ``text``."""
        self.uses: dict[str, Use] = {}
        """Operation → where it stands."""
        self.functions: set[str] = set()
        """Functions that the file defines."""
        self.references: dict[str, Operation] = {}
        """Functions that attributes name → the first node that does."""
        self.assets: list[Asset] = []
        self.metadata: list[Member] = []
        """What Keras wrote beside the objects: JSON texts."""
        self.nodes: int = 0
        self._constants: list[tuple[str, Message]] = []

    def members(self) -> Iterator[Member]:
        """See :class:`View`."""
        return iter(self.metadata)

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        for name, node in self._constants:
            try:
                tensor = read_constant(name, node)
            except LimitReached:
                raise
            except FormatError as error:
                self.note(error)
                continue
            if tensor is not None:
                yield tensor

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        return [Fact("file", f"assets/{asset.filename}", asset.offset) for asset in self.assets]

    def take(self, other: TensorFlow) -> None:
        """Add what another reading of the same bytes found."""
        for op, use in other.uses.items():
            mine = self.uses.setdefault(op, Use())
            mine.places += use.places
            mine.count += use.count
        self.functions |= other.functions
        self.references = {**other.references, **self.references}
        self.assets += other.assets
        self.metadata += other.metadata
        self.nodes += other.nodes
        self._constants += other._constants

    def add(self, operation: Operation) -> bool:
        """Count a node; whether its place was kept."""
        self.nodes += 1
        use = self.uses.setdefault(operation.op, Use())
        use.count += 1
        if len(use.places) < PLACES_KEPT:
            use.places.append(operation)
            return True
        return False


def read(source: Source, budget: Budget, name: str) -> TensorFlow:
    """See :class:`~assay.formats.signature.Reader`.

    Nothing in the bytes says which of three messages they are, so all three are tried; every one that fits is kept.
    """
    readings: list[TensorFlow] = []
    for layout, walk in (("saved-model", _saved_model), ("meta-graph", _meta_graph), ("graph", _graph_def)):
        view = TensorFlow(layout)
        try:
            walk(view, Message(source, budget))
        except FormatError as error:
            view.note(error)
        readings.append(view)
    fitting = [view for view in readings if not view.problems and (view.uses or view.assets or view.metadata)]
    if fitting:
        for other in fitting[1:]:
            fitting[0].take(other)
        return fitting[0]
    best = max(readings, key=lambda view: view.nodes)
    if best.uses:
        return best
    if name.lower() in ("saved_model.pb", "saved_model.cpb") and readings[0].problems:
        raise FormatError(readings[0].problems[0].what, offset=readings[0].problems[0].offset)
    raise NotThisFormat("no TensorFlow graph")


def _saved_model(view: TensorFlow, message: Message) -> None:
    for found in message:
        if found.number == 2 and found.wire is Wire.BYTES:
            _meta_graph(view, found.message())


def _meta_graph(view: TensorFlow, message: Message) -> None:
    for found in message:
        if found.wire is not Wire.BYTES:
            continue
        if found.number == 2:
            _graph_def(view, found.message())
        elif found.number == 6:
            for part in found.message():
                if part.number == 2:
                    view.assets.append(Asset(part.text(), part.offset))
        elif found.number == 7:
            _object_graph(view, found.message())


def _graph_def(view: TensorFlow, message: Message) -> None:
    graph = _Graph(view, "")
    libraries: list[Field] = []
    for found in message:
        if found.number == 1 and found.wire is Wire.BYTES:
            graph.node(found)
        elif found.number == 2 and found.wire is Wire.BYTES:
            libraries.append(found)
    graph.finish()
    for library in libraries:
        for found in library.message():
            if found.number == 1 and found.wire is Wire.BYTES:
                _function(view, found.message())


def _function(view: TensorFlow, message: Message) -> None:
    graph = _Graph(view, _function_name(message))
    view.functions.add(graph.name)
    for found in message:
        if found.number == 3 and found.wire is Wire.BYTES:
            graph.node(found)
        elif found.number == 5 and found.wire is Wire.BYTES:
            graph.references(found, Operation("", "", graph.name, found.offset))
    graph.finish()


def _function_name(message: Message) -> str:
    name = ""
    for found in message:
        if found.number == 1:
            for part in found.message():
                if part.number == 1:
                    name = part.text()
    return name


def _object_graph(view: TensorFlow, message: Message) -> None:
    """The metadata of user objects: Keras keeps the configuration of layers in them."""
    for found in message:
        if found.number != 1:
            continue
        for part in found.message():
            if part.number == 4:
                identifier, metadata = "", None
                for inner in part.message():
                    if inner.number == 1:
                        identifier = inner.text()
                    elif inner.number == 3 and inner.size > 2:
                        metadata = inner
                if metadata is not None:
                    metadata.within.budget.spend_members(offset=metadata.offset)
                    expected = ("keras-config",) if identifier.startswith("_tf_keras") else ()
                    view.metadata.append(Member(identifier or "metadata", metadata.window(), metadata.offset, expected))


class _Graph:
    """The nodes of one graph or function, until the constants among their inputs are known."""

    def __init__(self, view: TensorFlow, name: str) -> None:
        self.view = view
        self.name = name
        self._constants: dict[str, Message] = {}
        self._kept: list[tuple[list[Operation], int]] = []

    def node(self, node: Field) -> None:
        """Take one NodeDef."""
        message = node.message()
        message.budget.spend_members(offset=node.offset)
        name, op, inputs, attributes = _parts(message)
        if not _NAME.fullmatch(op):
            raise FormatError("a node names no operation", offset=node.offset)
        if op in ("Const", "HostConst"):
            self._constants[name] = message
            if node.size >= TENSOR_LEAST:
                self.view._constants.append((f"{self.name}/{name}" if self.name else name, message))
        operation = Operation(op, name, self.name, node.offset, (), tuple(inputs))
        texts: list[tuple[str, str]] = []
        for attribute in attributes:
            texts += self.references(attribute, operation)
        if len(self.view.uses) > TOLD:
            operation = Operation(op, name, self.name, node.offset)
        elif texts:
            operation = Operation(op, name, self.name, node.offset, tuple(texts[:TEXTS_KEPT]), tuple(inputs))
        if self.view.add(operation):
            places = self.view.uses[op].places
            self._kept.append((places, len(places) - 1))

    def references(self, entry: Field, operation: Operation, depth: int = 0) -> list[tuple[str, str]]:
        """Note the functions that an attribute names; gives its texts."""
        texts: list[tuple[str, str]] = []
        key = ""
        for found in entry.message():
            if found.number == 1:
                key = found.text()
            elif found.number == 2 and found.wire is Wire.BYTES:
                self._value(found.message(), key, operation, texts, depth)
        return texts

    def _value(self, value: Message, key: str, operation: Operation, texts: list[tuple[str, str]], depth: int) -> None:
        if depth > ATTRIBUTE_DEPTH:
            raise FormatError("attributes are nested too deeply", offset=value.start)
        for found in value:
            if found.wire is not Wire.BYTES:
                continue
            if found.number == 1:
                self._list(found.message(), key, operation, texts, depth)
            elif found.number == 2:
                texts.append((key[:LENGTH_KEPT], found.text()[:LENGTH_KEPT]))
            elif found.number == 10:
                self._function(found, operation, depth)

    def _list(self, items: Message, key: str, operation: Operation, texts: list[tuple[str, str]], depth: int) -> None:
        for found in items:
            if found.number == 2 and found.wire is Wire.BYTES and len(texts) < TEXTS_KEPT:
                texts.append((key[:LENGTH_KEPT], found.text()[:LENGTH_KEPT]))
            elif found.number == 9 and found.wire is Wire.BYTES:
                self._function(found, operation, depth)

    def _function(self, named: Field, operation: Operation, depth: int) -> None:
        """A function that an attribute names, with attributes of its own."""
        for found in named.message():
            if found.number == 1 and found.wire is Wire.BYTES:
                self.view.references.setdefault(found.text(), operation)
            elif found.number == 2 and found.wire is Wire.BYTES:
                self.references(found, operation, depth + 1)

    def finish(self) -> None:
        """Look up the constant texts among the inputs of the nodes that were kept."""
        for places, index in self._kept:
            operation = places[index]
            nodes = [self._constants.get(name.lstrip("^").partition(":")[0]) for name in operation.inputs]
            constants = tuple(None if node is None else read_string(node) for node in nodes)
            if any(text is not None for text in constants):
                places[index] = Operation(
                    operation.op, operation.node, operation.graph, operation.offset, operation.texts,
                    operation.inputs, constants,
                )  # fmt: skip
        self._constants.clear()


def _parts(node: Message) -> tuple[str, str, list[str], list[Field]]:
    """A node's name, its operation, its inputs and its attributes."""
    name = op = ""
    inputs: list[str] = []
    attributes: list[Field] = []
    for found in node:
        if found.wire is not Wire.BYTES:
            continue
        if found.number == 1:
            name = found.text()[:LENGTH_KEPT]
        elif found.number == 2:
            op = found.text()
        elif found.number == 3 and len(inputs) < TEXTS_KEPT:
            inputs.append(found.text()[:LENGTH_KEPT])
        elif found.number == 5:
            attributes.append(found)
    return name, op, inputs, attributes
