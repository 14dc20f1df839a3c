"""A TensorFlow graph written as text (``graph.pbtxt``): the same nodes, from protobuf's text form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.tensorflow import TEXTS_KEPT, Asset, Operation, TensorFlow
from assay.formats.source import Memory, Source
from assay.formats.view import Contrived, Member, NotThisFormat

MAX_DEPTH: Final = 100
#: Characters of a text that are kept.
TEXT_KEPT: Final = 4096

_TOKEN: Final = re.compile(
    r"""[\s]+|\#[^\n]*|(?P<name>[A-Za-z_][\w.]*)|(?P<number>[-+]?[0-9.][\w.]*(?:[+-]\d+)?)"""
    r"""|(?P<text>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')|(?P<open>[{<])|(?P<close>[}>])|(?P<mark>[,;:\[\]/-])""",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(
    rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_LETTERS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_NODES: Final = ("node", "node_def")


@dataclass(slots=True)
class _Node:
    """A node that is still open, and how deep its message is."""

    depth: int
    offset: int
    name: str = ""
    op: str = ""
    inputs: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    constant: str | None = None


def read(source: Source, budget: Budget, name: str) -> TensorFlow:
    """See :class:`~assay.formats.signature.Reader`."""
    del name
    budget.check_held(4 * source.size)
    reading = _Reading(source.read(0, source.size).decode(errors="replace"), budget)
    try:
        reading.run()
    except FormatError as error:
        reading.view.note(error)
    view = reading.view
    if not view.uses and not view.assets:
        raise NotThisFormat("no TensorFlow graph in text form")
    return view


class _Reading:
    """One pass over the text; messages that are open are a stack of field names."""

    def __init__(self, text: str, budget: Budget) -> None:
        self.text = text
        self.budget = budget
        self.view = TensorFlow("text")
        self._open: list[str] = []
        self._node: _Node | None = None
        self._kept: list[tuple[Operation, int]] = []
        self._constants: dict[str, str] = {}
        self._function = ""

    def run(self) -> None:
        """Read to the end.

        :raises FormatError: what stands there is no text form
        """
        position, count, key = 0, 0, ""
        text: list[str] = []
        while position < len(self.text):
            count += 1
            if count % 4096 == 0:
                self.budget.check_time(position)
            match = _TOKEN.match(self.text, position)
            if match is None:
                raise FormatError("no text form of a protocol buffer", offset=position)
            position = match.end()
            if match.lastgroup == "text":
                # Texts that follow each other are one.
                text.append(_unescaped(match.group()))
                continue
            if text and match.lastgroup is not None:
                self._value(key, "".join(text), match.start())
                text.clear()
            match match.lastgroup:
                case "name":
                    # A name after a colon is a value: an enumeration's, `true`; it ends the field.
                    key = match.group()
                case "open":
                    self._begin(key, match.start())
                case "close":
                    self._end(match.start())
        if self._open:
            raise FormatError("a message does not end", offset=len(self.text))
        self._resolve()

    def _begin(self, key: str, offset: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise Contrived(f"messages are nested deeper than {MAX_DEPTH} levels", offset=offset)
        self._open.append(key)
        if key in _NODES and self._node is None:
            self.budget.spend_members(offset=offset)
            self._node = _Node(len(self._open), offset)

    def _end(self, offset: int) -> None:
        if not self._open:
            raise FormatError("a message ends that did not begin", offset=offset)
        node = self._node
        if node is not None and len(self._open) == node.depth:
            self._node = None
            if node.op:
                operation = Operation(
                    node.op, node.name, self._function, node.offset, tuple(node.texts), tuple(node.inputs)
                )
                if self.view.add(operation):
                    self._kept.append((operation, len(self.view.uses[node.op].places) - 1))
                if node.op == "Const" and node.constant is not None:
                    self._constants[f"{self._function}/{node.name}"] = node.constant
        if self._open.pop() == "function":
            self._function = ""

    def _value(self, key: str, text: str, offset: int) -> None:
        node, path = self._node, self._open
        if node is None:
            if key == "name" and path[-2:] == ["function", "signature"]:
                self._function = text
                self.view.functions.add(text)
            elif key == "filename" and path[-1:] == ["asset_file_def"]:
                self.view.assets.append(Asset(text, offset))
            elif key == "metadata" and path[-1:] == ["user_object"]:
                self.view.metadata.append(Member("metadata", Memory(text.encode()), offset, ("keras-config",)))
            return
        if len(path) == node.depth:
            if key == "name":
                node.name = text
            elif key == "op":
                node.op = text
            elif key == "input" and len(node.inputs) < TEXTS_KEPT:
                node.inputs.append(text)
        elif key == "name" and path[-1] == "func":
            self.view.references.setdefault(text, Operation(node.op, node.name, self._function, node.offset))
        elif key == "string_val" and node.constant is None:
            node.constant = text
        elif key == "key" and path[-1] == "attr" and len(node.texts) < TEXTS_KEPT:
            node.texts.append((text, ""))
        elif key == "s" and node.texts:
            last, before = node.texts[-1]
            node.texts[-1:] = [(last, text)] if not before else [(last, before), (last, text)]

    def _resolve(self) -> None:
        """Add the constant texts among their inputs to the nodes that were kept."""
        for operation, index in self._kept:
            places = self.view.uses[operation.op].places
            names = (name.lstrip("^").partition(":")[0] for name in operation.inputs)
            constants = tuple(self._constants.get(f"{operation.graph}/{name}") for name in names)
            if any(text is not None for text in constants):
                places[index] = Operation(
                    operation.op, operation.node, operation.graph, operation.offset, operation.texts,
                    operation.inputs, constants,
                )  # fmt: skip


def _unescaped(quoted: str) -> str:
    data = quoted[1:-1][: 4 * TEXT_KEPT].encode("utf-8", "replace")
    return _ESCAPE.sub(_character, data).decode(errors="replace")[:TEXT_KEPT]


def _character(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, short, long, letter = match.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal is not None:
        return bytes([int(hexadecimal, 16)])
    if short is not None or long is not None:
        code = int(short or long, 16)
        return chr(code).encode("utf-8", "replace") if code < 0x110000 else b"?"
    return _LETTERS.get(letter, letter)
