"""ONNX models, walked over the wire format of protocol buffers: graphs in graphs, functions, tensors, outside files.

The runtime's own parsers build the whole model, and the framework's loader opens the outside files it names; here
it is only walked. A model may name files (external data), need operators that come from a native library (custom
domains), or run Python (``PyOp`` and its like); everything else is arithmetic.
"""

from __future__ import annotations

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.onnx_tensor import TYPES, read_tensor
from assay.formats.graph.onnx_view import Onnx
from assay.formats.graph.onnx_walk import Walker
from assay.formats.graph.protobuf import Message
from assay.formats.source import Source
from assay.formats.view import NotThisFormat


def read(source: Source, budget: Budget, name: str) -> Onnx:
    """See :class:`assay.formats.signature.Reader`."""
    view = Onnx()
    walker = Walker(view, budget)
    try:
        walker.model(Message(source, budget))
    except FormatError as error:
        # A few bytes of text can look like an empty graph: what broke has to have held something of a model.
        named = name.lower().endswith(".onnx")
        if (view.graphs and (view.operators or view.externals or named)) or (
            view.ir_version and (view.opsets or named)
        ):
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
    Walker(view, budget).keep(proto, "")
    return view
