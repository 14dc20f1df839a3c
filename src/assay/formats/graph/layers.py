"""Graphs written as layers: Caffe (``.prototxt``, ``.caffemodel``) and NCNN (``.param``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.protobuf import Message, Wire
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, Problem, View

_LAYERS: Final = frozenset({"layer", "layers"})
MAX_DEPTH: Final = 100
NCNN_MAGIC: Final = b"7767517"
_TEXT: Final = 400
_KEPT: Final = 10_000
_LAYER: Final = re.compile(rb"\b(?:layers?|python_param|data_param|hdf5_data_param|image_data_param)\s*:?\s*\{")
_WORD: Final = re.compile(
    rb"""(?P<open>\{)|(?P<close>\})|(?P<comment>\#[^\n]*)|(?P<key>[A-Za-z_]\w*)\s*(?P<colon>:)?\s*
    (?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[-+.\w]+)?|(?P<other>[^\s])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    :param texts: what its parameters name: a Python module and class, a file
    """

    name: str
    type: str
    texts: tuple[tuple[str, str], ...]
    offset: int


class Layers(View):
    """A network as its layers."""

    kind: ClassVar[str] = "layers"

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        """``caffe`` or ``ncnn``."""
        self.full = False
        self.layers: list[Layer] = []

    def keep(self, layer: Layer) -> None:
        """Add a layer; that there are more than are kept is told, since one of those may be the bad one."""
        if len(self.layers) < _KEPT:
            self.layers.append(layer)
        elif not self.full:
            self.full = True
            self.problems.append(Problem(f"LIMIT layers ({_KEPT:,})", layer.offset))


def read(source: Source, budget: Budget, name: str) -> Layers:
    """See :class:`assay.formats.signature.Reader`."""
    start = source.read(0, 4096)
    if start.lstrip().startswith(NCNN_MAGIC):
        return _ncnn(source, budget)
    if name.lower().endswith(".prototxt") or _LAYER.search(start):
        return _prototxt(source, budget)
    return _caffemodel(source, budget)


def _ncnn(source: Source, budget: Budget) -> Layers:
    view = Layers("ncnn")
    budget.check_held(source.size)
    lines = source.read(0, source.size).split(b"\n")
    for line in lines[2:]:
        budget.spend_members()
        words = line.decode("utf-8", "replace").split()
        if len(words) >= 4:
            view.keep(Layer(words[1][:_TEXT], words[0][:_TEXT], (), 0))
    return view


#: Keys of a layer's parameters that name code or files.
NAMING: Final = frozenset({"module", "layer", "param_str", "source", "mean_file", "root_folder", "weights"})


def _prototxt(source: Source, budget: Budget) -> Layers:
    view = Layers("caffe")
    budget.check_held(source.size)
    text = _Prototxt(view)
    for count, match in enumerate(_WORD.finditer(source.read(0, source.size))):
        if count % 1024 == 0:
            budget.check_time(match.start())
        text.word(match)
    text.close()
    if not view.layers:
        raise NotThisFormat("it has no layers")
    return view


class _Prototxt:
    """Messages in text form, of which only the outermost ``layer`` ones are kept."""

    def __init__(self, view: Layers) -> None:
        self._view = view
        self._path: list[str] = []
        self._current: dict[str, str] = {}
        self._begun = 0
        self._key = ""

    def word(self, match: re.Match[bytes]) -> None:
        """Take the next word."""
        if match["open"]:
            if not self._path and self._key in _LAYERS:
                self._current, self._begun = {}, match.start()
            if len(self._path) < MAX_DEPTH:
                self._path.append(self._key)
        elif match["close"]:
            if self._path:
                self._path.pop()
            if not self._path:
                self.close()
        elif match["key"]:
            self._key = match["key"].decode("ascii", "replace")
            if match["value"] is not None and self._path and self._path[0] in _LAYERS:
                self._value(match["value"].strip(b"\"'").decode("utf-8", "replace")[:_TEXT])

    def _value(self, text: str) -> None:
        if len(self._path) == 1 and self._key in {"name", "type"}:
            self._current[self._key] = text
        elif self._key in NAMING:
            self._current[f"{self._path[-1]}.{self._key}"] = text

    def close(self) -> None:
        """A layer ended."""
        if self._current:
            _keep(self._view, self._current, self._begun)
        self._current = {}


def _keep(view: Layers, found: dict[str, str], offset: int) -> None:
    texts = tuple((key, value) for key, value in found.items() if key not in {"name", "type"})
    view.keep(Layer(found.get("name", ""), found.get("type", ""), texts, offset))


#: Fields of ``LayerParameter`` that are asked for texts: ``python_param``.
_PYTHON: Final = 130


def _caffemodel(source: Source, budget: Budget) -> Layers:
    view = Layers("caffe")
    try:
        for one in Message(source, budget):
            if one.number in {2, 100} and one.wire is Wire.BYTES:
                budget.spend_members(offset=one.offset)
                _layer(view, one.message(), v1=one.number == 2)
    except FormatError as error:
        if not view.layers:
            raise NotThisFormat(error.what, offset=error.offset) from error
        view.note(error)
    if not view.layers:
        raise NotThisFormat("it has no layers")
    return view


def _layer(view: Layers, message: Message, *, v1: bool) -> None:
    name = kind = ""
    texts: list[tuple[str, str]] = []
    for one in message:
        if v1 and one.number == 5 and one.wire is Wire.VARINT:
            kind = f"type {one.value}"
        elif one.wire is not Wire.BYTES:
            continue
        elif one.number == (4 if v1 else 1):
            name = one.text()[:_TEXT]
        elif one.number == 2 and not v1:
            kind = one.text()[:_TEXT]
        elif one.number == _PYTHON and not v1:
            labels = {1: "python_param.module", 2: "python_param.layer", 3: "python_param.param_str"}
            texts.extend((labels[part.number], part.text()[:_TEXT]) for part in one.message() if part.number in labels)
    if not kind or not kind.isprintable():
        raise FormatError("a layer has no type", offset=message.start)
    view.keep(Layer(name, kind, tuple(texts), message.start))
