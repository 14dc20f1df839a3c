"""PMML: models as XML, evaluated by Java and Python libraries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.mention import Mention, mentions_in
from assay.formats.graph.xml import Declared, Element, Events
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View


@dataclass(frozen=True, slots=True)
class Applied:
    """A function that an expression applies, by name; its first use.

    :param defined: the document defines it itself
    """

    name: str
    line: int
    defined: bool = False


class Pmml(View):
    """What a PMML document applies and carries."""

    kind: ClassVar[str] = "pmml"

    def __init__(self) -> None:
        super().__init__()
        self.declared = Declared()
        self.applied: dict[str, Applied] = {}
        self.defined: set[str] = set()
        self.mentions: list[tuple[str, Mention, int]] = []
        """Telling words in texts and extensions: the element, the word, the line."""
        self.scripts: list[tuple[str, int]] = []
        """Elements that carry a program, and their lines."""
        self.models: list[str] = []
        """Kinds of model inside, ``TreeModel`` …"""


def read(source: Source, budget: Budget, name: str) -> Pmml:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    view = Pmml()
    events = Events(source, budget, view.declared)
    try:
        for element in events:
            if events.root != "PMML":
                raise NotThisFormat("it is XML, but no PMML")
            _element(view, element)
    except NotThisFormat:
        raise
    except FormatError as error:
        if events.root != "PMML":
            raise NotThisFormat(error.what, offset=error.offset) from error
        view.note(error)
    return view


#: Elements that hold numbers, names of fields and operators, and are most of every document.
_PLAIN = frozenset(
    {"Node", "SimplePredicate", "ScoreDistribution", "Array", "Con", "Coefficient", "DataField", "Value"}
)


def _element(view: Pmml, element: Element) -> None:
    tag, line = element.tag, element.line
    if tag == "Apply":
        function = element.attributes.get("function", "")
        view.applied.setdefault(function, Applied(function, line))
    elif tag == "DefineFunction":
        view.defined.add(element.attributes.get("name", ""))
    elif tag.lower() == "script":
        view.scripts.append((tag, line))
    elif tag.endswith("Model") and len(element.path) <= 3:
        view.models.append(tag)
    if tag not in _PLAIN and len(view.mentions) < 100:
        for text in (*element.attributes.values(), element.text):
            view.mentions.extend((tag, mention, line) for mention in mentions_in(text))
