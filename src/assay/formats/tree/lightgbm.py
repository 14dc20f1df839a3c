"""LightGBM's models: a text of keys and values, trees one after the other, parameters, and pandas' categories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.mention import Mention, mentions_in
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

CHUNK: Final = 1 << 20
#: The longest line: the values of one tree's leaves, the names of all features.
MAX_LINE: Final = 64 << 20
KEPT: Final = 100
_HEADER_KEY: Final = re.compile(rb"[A-Za-z_][\w.]*")
#: Lines of the head that are words without a value.
_WORDS: Final = frozenset({b"tree", b"average_output", b"linear_tree"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line that stands where the format has none.

    :param number: counted from 1
    :param where: the part of the file it stands in
    """

    text: str
    number: int
    where: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A tree that contradicts itself."""

    tree: int
    what: str
    line: int


class LightGbm(View):
    """What a model says, beyond its numbers."""

    kind: ClassVar[str] = "lightgbm"

    def __init__(self) -> None:
        super().__init__()
        self.version = ""
        self.header: dict[str, str] = {}
        self.parameters: dict[str, str] = {}
        """What it was trained with; read again when the model is used to go on."""
        self.stray: list[Line] = []
        self.faults: list[Fault] = []
        self.mentions: list[tuple[str, Mention, int]] = []
        """Telling words: the key or part, the word, the line."""
        self.trees = 0


def read(source: Source, budget: Budget, name: str) -> LightGbm:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    start = source.read(0, 4096)
    if not start.startswith(b"tree") or b"version=" not in start:
        raise NotThisFormat("it does not begin like a model of LightGBM")
    view = LightGbm()
    try:
        _Reader(view).read(source, budget)
    except FormatError as error:
        view.note(error)
    return view


def _lines(source: Source, budget: Budget) -> Iterator[tuple[int, bytes]]:
    rest, number, position = b"", 0, 0
    while position < source.size:
        budget.check_time(position)
        data = source.read(position, CHUNK)
        position += len(data)
        parts = (rest + data).split(b"\n")
        rest = parts.pop()
        if len(rest) > MAX_LINE:
            raise FormatError(f"LIMIT held ({MAX_LINE:,})", offset=position)
        for part in parts:
            number += 1
            yield number, part.rstrip(b"\r")
    if rest:
        yield number + 1, rest.rstrip(b"\r")


class _Reader:
    """Parts follow each other: head, trees, importances, parameters, categories."""

    def __init__(self, view: LightGbm) -> None:
        self._view = view
        self._part = "head"
        self._tree: dict[bytes, bytes] = {}
        self._tree_line = 0

    def read(self, source: Source, budget: Budget) -> None:
        """Walk the whole text."""
        for number, line in _lines(source, budget):
            if line:
                self._line(number, line)
        self._close()

    def _line(self, number: int, line: bytes) -> None:
        if line.startswith(b"Tree="):
            self._close()
            self._part, self._tree_line = "tree", number
            self._view.trees += 1
        elif line == b"end of trees":
            self._close()
            self._part = "end"
        elif line.rstrip(b":") == b"feature_importances" or line.rstrip(b":") == b"feature importances":
            self._part = "importances"
        elif line == b"parameters:":
            self._part = "parameters"
        elif line == b"end of parameters":
            self._part = "end"
        elif line.startswith(b"pandas_categorical:"):
            self._tell("pandas_categorical", line, number)
        elif self._part == "tree":
            key, equals, value = line.partition(b"=")
            if equals and _HEADER_KEY.fullmatch(key):
                self._tree[key] = value
            else:
                self._stray(line, number)
        else:
            self._other(number, line)

    def _other(self, number: int, line: bytes) -> None:
        if self._part == "parameters" and line.startswith(b"[") and line.endswith(b"]"):
            key, _, value = line[1:-1].partition(b":")
            text = value.strip().decode("utf-8", "replace")[:4096]
            self._view.parameters[key.decode("utf-8", "replace")[:100]] = text
            self._tell(key.decode("utf-8", "replace")[:100], line, number)
            return
        key, equals, value = line.partition(b"=")
        if self._part == "head" and (line in _WORDS or (equals and _HEADER_KEY.fullmatch(key))):
            self._view.header[key.decode("utf-8", "replace")] = value[:4096].decode("utf-8", "replace")
            self._tell(key.decode("utf-8", "replace"), value, number)
        elif not (self._part == "importances" and equals and value.strip().replace(b".", b"").isdigit()):
            self._stray(line, number)

    def _stray(self, line: bytes, number: int) -> None:
        self._tell(self._part, line, number)
        if len(self._view.stray) < KEPT:
            self._view.stray.append(Line(line[:200].decode("utf-8", "replace"), number, self._part))

    def _tell(self, key: str, line: bytes, number: int) -> None:
        if len(self._view.mentions) < KEPT:
            text = line[: 1 << 20].decode("utf-8", "replace")
            self._view.mentions.extend((key, mention, number) for mention in mentions_in(text))

    def _close(self) -> None:
        if self._tree and len(self._view.faults) < KEPT:
            self._view.faults.extend(
                Fault(self._view.trees - 1, what, self._tree_line) for what in _faults(self._tree)
            )  # fmt: skip
        self._tree = {}


#: Lists with one entry for each split, and for each leaf.
_SPLITS: Final = (b"split_feature", b"threshold", b"decision_type", b"left_child", b"right_child")
_LEAVES: Final = (b"leaf_value",)


def _faults(tree: dict[bytes, bytes]) -> Iterator[str]:
    text = tree.get(b"num_leaves", b"")
    if not text.strip().removeprefix(b"-").isdigit() or len(text) > 12:
        yield "has no number of leaves"
        return
    leaves = int(text)
    if leaves < 1:
        yield f"has {leaves} leaves"
        return
    for keys, count in ((_SPLITS, leaves - 1), (_LEAVES, leaves)):
        for key in keys:
            if key in tree and leaves > 1 and len(tree[key].split()) != count:
                yield f"has {len(tree[key].split()):,} entries in {key.decode()} where {count:,} belong"
    yield from _children(tree, leaves)


def _children(tree: dict[bytes, bytes], leaves: int) -> Iterator[str]:
    seen = set()
    for key in (b"left_child", b"right_child"):
        for word in tree.get(key, b"").split():
            if leaves < 2 or not word.removeprefix(b"-").isdigit() or len(word) > 12:
                continue
            child = int(word)
            if not -leaves <= child < leaves - 1:
                yield f"points to node {child} with {leaves:,} leaves"
                return
            if child in seen or child == 0:
                yield f"reaches node {child} twice, so that a walk through it may never end"
                return
            seen.add(child)
