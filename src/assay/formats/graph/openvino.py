"""OpenVINO's intermediate representation: a graph in XML, its weights in a ``.bin`` beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.xml import Declared, Element, Events
from assay.formats.source import Source
from assay.formats.view import Fact, NotThisFormat, View, reads

#: Elements that may stand as a model's root.
ROOTS: Final = frozenset({"net", "Net"})


@dataclass(frozen=True, slots=True)
class Layer:
    """One operation.

    :param version: the set of operations it belongs to, ``opset8``, ``extension`` …
    :param attributes: its own attributes and those of its ``<data>``, which an operation is made from
    """

    name: str
    type: str
    version: str
    attributes: tuple[tuple[str, str], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Constant:
    """Bytes of the weights file that a layer uses."""

    layer: str
    offset: int
    size: int
    line: int


class OpenVino(View):
    """A model's graph."""

    kind: ClassVar[str] = "openvino"

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.declared = Declared()
        self.layers: list[Layer] = []
        self.constants: list[Constant] = []
        self.extensions: list[tuple[str, str, int]] = []
        """Elements that are no part of the format and name a file: the element, the file, the line."""

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`: the weights lie beside it under its own name."""
        if not self.constants:
            return []
        stem = self.name[: -len(".xml")] if self.name.lower().endswith(".xml") else self.name
        possible = [one for one in self.constants if one.offset >= 0 and one.size >= 0]
        last = max(possible, key=lambda one: one.offset + one.size, default=None)
        ranges = [reads("openvino", f"layer {last.layer}", last.offset, last.size, [f"{stem}.bin"])] if last else []
        return [Fact("weights", f"{stem}.bin"), *ranges]


def read(source: Source, budget: Budget, name: str) -> OpenVino:
    """See :class:`assay.formats.signature.Reader`."""
    view = OpenVino(name)
    events = Events(source, budget, view.declared)
    data: list[Element] = []
    try:
        for element in events:
            if events.root not in ROOTS:
                raise NotThisFormat("it is XML, but no OpenVINO model")
            if element.tag == "data":
                data.append(element)
            elif element.tag == "layer":
                budget.spend_members(offset=element.offset)
                _layer(view, element, [one for one in data if one.path[:-1] == element.path])
                data = [one for one in data if one.path[:-1] != element.path]
            else:
                _extension(view, element)
    except NotThisFormat:
        raise
    except FormatError as error:
        if events.root not in ROOTS:
            raise NotThisFormat(error.what, offset=error.offset) from error
        view.note(error)
    if not view.layers and "version" not in events.root_attributes and not view.problems:
        raise NotThisFormat("it has neither layers nor a version")
    return view


def _layer(view: OpenVino, element: Element, data: list[Element]) -> None:
    own = element.attributes
    attributes = [(key, value) for key, value in own.items() if key not in {"id", "name", "type", "version"}]
    for one in data:
        attributes.extend(one.attributes.items())
    layer = Layer(
        own.get("name", ""), own.get("type", ""), own.get("version", ""), tuple(attributes), element.line
    )  # fmt: skip
    view.layers.append(layer)
    for one in data:
        offset, size = one.attributes.get("offset"), one.attributes.get("size")
        if offset is not None and size is not None:
            view.constants.append(Constant(layer.name, _number(offset), _number(size), one.line))


#: Attributes whose value a loader may open.
NAMING_FILES: Final = frozenset({"library", "lib", "plugin", "path", "file", "filename", "extension", "so", "dll"})


def _extension(view: OpenVino, element: Element) -> None:
    if "layer" in element.path or "rt_info" in element.path or "meta_data" in element.path:
        return
    for key, value in element.attributes.items():
        if key.lower() in NAMING_FILES and value:
            view.extensions.append((element.tag, value, element.line))


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if len(text) <= 20 and text.removeprefix("-").isdecimal() else -1
