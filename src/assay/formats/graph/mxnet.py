"""MXNet: the graph as JSON (``-symbol.json``) and the parameters (``.params``, ``.nd``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.mention import Mention, mentions_in
from assay.formats.source import Source, Window
from assay.formats.tree.cursor import Cursor
from assay.formats.tree.document import Value, read_json
from assay.formats.view import NotThisFormat, Tensor, View

LIST_MAGIC: Final = 0x112
ARRAY_V1, ARRAY_V2, ARRAY_V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
TYPES: Final = {
    0: ("float32", 4), 1: ("float64", 8), 2: ("float16", 2), 3: ("uint8", 1), 4: ("int32", 4), 5: ("int8", 1),
    6: ("int64", 8), 7: ("bool", 1), 12: ("bfloat16", 2),
}  # fmt: skip
MAX_AXES: Final = 32
_TEXT: Final = 400


@dataclass(frozen=True, slots=True)
class Node:
    """An operation; variables aside.

    :param attributes: of operators that run foreign code, and those that name files
    """

    name: str
    op: str
    attributes: tuple[tuple[str, str], ...]


class MxNet(View):
    """A graph, or a file of parameters."""

    kind: ClassVar[str] = "mxnet"

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Node] = []
        self.mentions: list[tuple[str, Mention]] = []
        """Telling words in attributes, and the node each stands at."""
        self.arrays: list[Tensor] = []

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self.arrays)


def read(source: Source, budget: Budget, name: str) -> MxNet:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    if source.read(0, 8) == LIST_MAGIC.to_bytes(8, "little"):
        return _arrays(source, budget)
    try:
        document = read_json(source, budget)
    except FormatError as error:
        if b'"nodes"' not in source.read(0, 4096) or b'"op"' not in source.read(0, 4096):
            raise NotThisFormat(error.what, offset=error.offset) from error
        raise
    nodes = document.get("nodes") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(nodes, list) or not _graph_like(document):
        raise NotThisFormat("it is JSON, but no graph of MXNet")
    view = MxNet()
    for node in nodes:
        budget.spend_members()
        _node(view, node)
    return view


def _graph_like(document: dict[str, Value]) -> bool:
    nodes = document["nodes"]
    return isinstance(nodes, list) and (
        ("heads" in document or "arg_nodes" in document)
        or any(isinstance(node, dict) and "op" in node and "inputs" in node for node in nodes[:8])
    )


def _node(view: MxNet, node: Value) -> None:
    if not isinstance(node, dict):
        return
    op, name = str(node.get("op", ""))[:4096], str(node.get("name", ""))[:_TEXT]
    attributes: list[tuple[str, str]] = []
    # Three releases called them three names.
    for key in ("attrs", "attr", "param"):
        found = node.get(key)
        if isinstance(found, dict):
            attributes.extend((one[:_TEXT], text[:4096]) for one, text in found.items() if isinstance(text, str))
    for subgraph in _list(node.get("subgraphs")):
        for inner in _list(subgraph.get("nodes") if isinstance(subgraph, dict) else None):
            # Graphs in graphs in graphs are not written by MXNet; JSON's own depth bounds this.
            _node(view, inner)
    if op == "null" and not attributes:
        return
    for text in (name, op, *(part for pair in attributes for part in pair)):
        if len(view.mentions) < 100:
            view.mentions.extend((name, mention) for mention in mentions_in(text))
    view.nodes.append(Node(name, op, tuple((key, text[:_TEXT]) for key, text in attributes)))


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _arrays(source: Source, budget: Budget) -> MxNet:
    view = MxNet()
    cursor = Cursor(source, budget, 16)
    try:
        count = cursor.integer(8)
        if count * 4 > source.size:
            raise FormatError("it has more arrays than the file can hold", offset=16)
        found = []
        for _ in range(count):
            budget.spend_members(offset=cursor.position)
            found.append(_array(cursor))
        names = cursor.integer(8)
        if names not in {0, count}:
            raise FormatError("names and arrays do not match", offset=cursor.position)
        for number in range(count):
            name = f"array{number}"
            if names:
                length = cursor.integer(8)
                name = cursor.take(min(length, 4096)).decode("utf-8", "replace")
                cursor.skip(max(0, length - 4096))
                view.mentions.extend((name, mention) for mention in mentions_in(name))
            dtype, shape, window, start = found[number]
            view.arrays.append(Tensor(name, dtype, shape, window, start))
        if cursor.left:
            raise FormatError("more bytes follow after the last name", offset=cursor.position)
    except FormatError as error:
        view.note(error)
    return view


def _array(cursor: Cursor) -> tuple[str, tuple[int, ...], Window, int]:
    start = cursor.position
    magic = cursor.integer(4)
    width = 8
    if magic in {ARRAY_V2, ARRAY_V3}:
        if cursor.integer(4) not in {0, 0xFFFFFFFF}:
            raise FormatError("a sparse array is not read", offset=start)
        axes = cursor.integer(4)
    elif magic == ARRAY_V1:
        axes = cursor.integer(4)
    else:
        axes, width = magic, 4
    if axes > MAX_AXES:
        raise FormatError("an array has too many axes", offset=start)
    shape = tuple(cursor.integer(width, signed=True) for _ in range(axes))
    if not axes:
        return "float32", (), cursor.window(0), cursor.position
    cursor.skip(8)
    dtype, size = TYPES.get(cursor.integer(4), ("", 0))
    if not size:
        raise FormatError("an array has an unknown type", offset=start)
    for one in shape:
        if one < 0:
            raise FormatError("an array has a negative size", offset=start)
        size *= one
    at = cursor.position
    return dtype, shape, cursor.window(size), at
