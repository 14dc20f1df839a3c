"""A walk over the protocol buffers of an ONNX model, into an :class:`~assay.formats.graph.onnx_view.Onnx`."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.formats.budget import Budget
from assay.formats.graph.mention import mentions_in
from assay.formats.graph.onnx_attribute import lean
from assay.formats.graph.onnx_declared import contradictions
from assay.formats.graph.onnx_tensor import EXTERNAL, TYPES, Proto, read_pair, read_tensor
from assay.formats.graph.onnx_view import (
    ATTRIBUTES_KEPT,
    FAULTS_KEPT,
    LONGEST_TOLD,
    NODES_KEPT,
    STANDARD,
    TEXT_KEPT,
    External,
    Fault,
    Onnx,
    Operator,
)
from assay.formats.graph.protobuf import Field, Message, Wire
from assay.formats.view import Tensor


@dataclass(slots=True)
class _Node:
    domain: str = ""
    op: str = ""
    name: str = ""
    attributes: list[Field] = field(default_factory=list)


class Walker:
    """Puts what it meets into a view."""

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
                self._tell(f"metadata {key[:TEXT_KEPT]}", value, one.offset)
            elif one.number in {3, 4, 6}:
                self._tell("the model's notes", one.text(), one.offset)
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
        tensors: dict[str, Proto] = {}
        declared: list[Field] = []
        for one in message:
            if one.wire is not Wire.BYTES:
                continue
            if one.number == 1:
                self._node(one.message(), place)
            elif one.number in {11, 13} and len(declared) < self._budget.limits.members:
                declared.append(one)
            elif one.number == 5:
                proto = self._tensor(one.message(), place)
                if proto.name and proto.name in tensors:
                    self._ambiguous(proto, place, "stands twice under one name, with different numbers for each reader")
                tensors[proto.name] = proto
            elif one.number == 15:
                self._sparse(one.message(), place)
        for proto, what in contradictions(declared if tensors else (), tensors):
            self._fault(proto, place, what)

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
                # Vocabularies are long and hold any word there is.
                if one.number == 4 and one.size <= LONGEST_TOLD:
                    self._tell(f"{place}/{name}", one.text(), one.offset)
            elif one.number in {5, 10}:
                self._tensor(one.message(), f"{place}/{name}")
            elif one.number in {6, 11}:
                self._graph(one.message(), f"{place}/{name}")
            elif one.number in {22, 23}:
                self._sparse(one.message(), f"{place}/{name}")

    def _tell(self, where: str, text: str, offset: int) -> None:
        if len(self._view.mentions) < FAULTS_KEPT:
            self._view.mentions.extend((where, mention) for mention in mentions_in(text, offset))

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
            self._fault(proto, place, what)
        if proto.external:
            used = proto.location == EXTERNAL
            self._view.externals.append(External(shown, tuple(proto.external), used, proto.offset, proto.needs))
            if used and proto.raw is not None and proto.raw.size:
                self._ambiguous(proto, place, "has numbers of its own and others in another file")
        if proto.raw is not None and proto.location != EXTERNAL and TYPES.get(proto.type, ("", 0))[1]:
            dtype = TYPES[proto.type][0]
            shape = tuple(max(size, 0) for size in proto.dims)
            self._view.add_tensor(Tensor(shown, dtype, shape, proto.raw, proto.raw_offset))

    def _fault(self, proto: Proto, place: str, what: str) -> None:
        shown = "/".join(part for part in (place, proto.name) if part) or "tensor"
        if len(self._view.faults) < FAULTS_KEPT:
            self._view.faults.append(Fault(shown, what, proto.offset))

    def _ambiguous(self, proto: Proto, place: str, what: str) -> None:
        shown = "/".join(part for part in (place, proto.name) if part) or "tensor"
        if len(self._view.ambiguous) < FAULTS_KEPT:
            self._view.ambiguous.append(Fault(shown, what, proto.offset))
