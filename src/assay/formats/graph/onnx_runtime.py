"""ONNX Runtime's own format (``.ort``): the same model as a FlatBuffer."""

from __future__ import annotations

from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.flatbuffer import Flatbuffer, Table
from assay.formats.graph.onnx_tensor import TYPES, Proto
from assay.formats.graph.onnx_view import FAULTS_KEPT, NODES_KEPT, STANDARD, TEXT_KEPT, Fault, Onnx, Operator
from assay.formats.source import Source
from assay.formats.view import Tensor

MAGIC: Final = b"ORTM"
MAX_DEPTH: Final = 50


def read(source: Source, budget: Budget, name: str) -> Onnx:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`. The view is that of an ONNX model."""
    root = Flatbuffer(source, budget).root(MAGIC)
    view = Onnx()
    try:
        model = root.table(1)
        if model is not None:
            view.ir_version = model.number(0, 8)
            for opset in model.tables(1):
                view.opsets[opset.text(0)[:TEXT_KEPT]] = opset.number(1, 8, signed=True)
            graph = model.table(7)
            if graph is not None:
                _Walker(view, budget).graph(graph, "", 0)
    except FormatError as error:
        view.note(error)
    return view


class _Walker:
    def __init__(self, view: Onnx, budget: Budget) -> None:
        self._view = view
        self._budget = budget
        self._seen: set[tuple[str, str]] = set()

    def graph(self, graph: Table, place: str, depth: int) -> None:
        """Walk one graph: its tensors and nodes."""
        if depth > MAX_DEPTH:
            raise FormatError(f"LIMIT depth ({MAX_DEPTH})", offset=graph.offset)
        self._view.graphs += 1
        for tensor in graph.tables(0):
            self._tensor(tensor, place)
        for node in graph.tables(2):
            self._node(node, place, depth)

    def _node(self, node: Table, place: str, depth: int) -> None:
        domain, op = node.text(2)[:TEXT_KEPT], node.text(5)[:TEXT_KEPT]
        here = "/".join(part for part in (place, node.text(0) or op) if part)[-TEXT_KEPT:]
        texts: list[tuple[str, str]] = []
        for attribute in node.tables(10):
            name = attribute.text(0)[:TEXT_KEPT]
            if value := attribute.text(5):
                texts.append((name, value[:TEXT_KEPT]))
            if (tensor := attribute.table(6)) is not None:
                self._tensor(tensor, f"{here}/{name}")
            if (graph := attribute.table(7)) is not None:
                self.graph(graph, f"{here}/{name}", depth + 1)
            for graph in attribute.tables(12):
                self.graph(graph, f"{here}/{name}", depth + 1)
        own = bool(texts) and domain not in STANDARD
        if (domain, op) not in self._seen or (own and len(self._view.operators) < NODES_KEPT):
            self._seen.add((domain, op))
            self._view.operators.append(Operator(domain, op, here, node.offset, tuple(texts) if own else ()))

    def _tensor(self, table: Table, place: str) -> None:
        raw = table.window(4)
        proto = Proto(table.offset, table.text(0), list(table.numbers(2, 8, signed=True)), table.number(3, 4), raw=raw)
        shown = "/".join(part for part in (place, proto.name) if part) or "tensor"
        for what in proto.faults():
            if len(self._view.faults) < FAULTS_KEPT:
                self._view.faults.append(Fault(shown, what, proto.offset))
        if raw is not None and TYPES.get(proto.type, ("", 0))[1]:
            shape = tuple(max(size, 0) for size in proto.dims)
            self._view.add_tensor(Tensor(shown, TYPES[proto.type][0], shape, raw, raw.start))
