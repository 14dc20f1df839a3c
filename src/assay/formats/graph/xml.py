"""XML as a stream of bounded events. Nothing outside the text is fetched and no entity is expanded.

Expat does the parsing; it is told to hand over declarations instead of acting on them, so a bomb of entities stays as
small as it is written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final
from xml.parsers import expat

from assay.core.errors import FormatError
from assay.formats.budget import Budget, LimitReached
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

CHUNK: Final = 1 << 18
MAX_DEPTH: Final = 500
#: Characters of one element's text that are kept.
TEXT_KEPT: Final = 4096
#: Declarations that are kept; a document that means well has none.
DECLARED: Final = 1000
_REFERENCE: Final = re.compile(r"[&%]([A-Za-z_:][\w:.-]*);")


@dataclass(frozen=True, slots=True)
class Entity:
    """A declaration ``<!ENTITY name …>``.

    :param value: the text it stands for; ``None`` for an external one
    :param system: the address an external one is fetched from
    :param parameter: ``<!ENTITY % name …>``, which acts inside the declarations already
    :param size: characters of the whole value
    :param references: entities that its value refers to, and how often
    """

    name: str
    value: str | None
    system: str | None
    parameter: bool
    line: int
    size: int = 0
    references: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Element:
    """An element at its end, with its text and without its children.

    :param path: names of the elements it lies in, outermost first, its own last; without namespaces
    """

    path: tuple[str, ...]
    attributes: dict[str, str]
    line: int
    offset: int
    text: str = ""

    @property
    def tag(self) -> str:
        """Its name without namespace."""
        return self.path[-1]


@dataclass(slots=True)
class Declared:
    """What stands before the root and acts on the whole document."""

    doctype: str | None = None
    system: str | None = None
    entities: list[Entity] = field(default_factory=list)
    references: dict[str, int] = field(default_factory=dict)
    instructions: list[tuple[str, str]] = field(default_factory=list)


class Xml(View):
    """Any XML document: what its head declares."""

    kind: ClassVar[str] = "xml"

    def __init__(self) -> None:
        super().__init__()
        self.declared = Declared()
        self.root = ""
        self.includes: list[tuple[str, int]] = []
        """Addresses of ``<xi:include href>`` and their lines."""


def read(source: Source, budget: Budget, name: str) -> Xml:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`. Reads declarations, and elements only for what they include."""
    view = Xml()
    stream = Events(source, budget, view.declared)
    try:
        for element in stream:
            if element.tag == "include" and element.attributes.get("href"):
                view.includes.append((element.attributes["href"], element.line))
    except LimitReached as error:
        view.note(error)
    except FormatError as error:
        if not view.declared.entities:
            raise NotThisFormat(error.what, offset=error.offset) from error
        # Broken markup is refused by every loader alike; what it declared before that has acted by then.
        view.note(error)
    view.root = stream.root
    return view


class Events:
    """The elements of a document, each when it ends.

    :param declared: filled with what the head declares
    """

    def __init__(self, source: Source, budget: Budget, declared: Declared) -> None:
        self.root = ""
        self.root_attributes: dict[str, str] = {}
        self.declared = declared
        self._source = source
        self._budget = budget
        self._open: list[Element] = []
        self._done: list[Element] = []
        self._parser = self._new_parser()

    def __iter__(self) -> Iterator[Element]:
        """
        :raises FormatError: it is not well-formed, or too deep
        :raises LimitReached: too much of it
        """
        position = 0
        while True:
            self._budget.check_time(position)
            data = self._source.read(position, CHUNK)
            position += len(data)
            try:
                self._parser.Parse(data, position >= self._source.size)
            except expat.ExpatError as error:
                yield from self._drain()
                raise FormatError(
                    f"it is no well-formed XML: {expat.ErrorString(error.code)}", offset=self._parser.ErrorByteIndex
                ) from error
            except (LookupError, ValueError) as error:
                yield from self._drain()
                raise FormatError("its text encoding is unknown", offset=0) from error
            yield from self._drain()
            if position >= self._source.size:
                return

    def _drain(self) -> list[Element]:
        done, self._done = self._done, []
        return done

    def _new_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = lambda *_: 1
        parser.SkippedEntityHandler = self._skipped
        # With this handler expat passes references on instead of expanding them.
        parser.DefaultHandler = self._default
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        return parser

    def _doctype(self, name: str, system: str | None, _public: str | None, _subset: int) -> None:
        self.declared.doctype, self.declared.system = name, system

    def _entity(
        self, name: str, parameter: int, value: str | None, _base: str | None, system: str | None,
        _public: str | None, _notation: str | None,
    ) -> None:  # fmt: skip
        if len(self.declared.entities) >= DECLARED:
            raise FormatError("it declares more entities than any document needs", offset=self._parser.CurrentByteIndex)
        line = self._parser.CurrentLineNumber
        counted = Counter(_REFERENCE.findall(value or ""))
        self.declared.entities.append(
            Entity(
                name, None if value is None else value[:TEXT_KEPT], system, bool(parameter), line, len(value or ""),
                tuple(counted.items()),
            )
        )  # fmt: skip

    def _skipped(self, name: str, _parameter: bool) -> None:
        self._refer(name)

    def _default(self, data: str) -> None:
        if data.startswith("&") and data.endswith(";"):
            self._refer(data[1:-1])

    def _refer(self, name: str) -> None:
        if name in self.declared.references or len(self.declared.references) < DECLARED:
            self.declared.references[name] = self.declared.references.get(name, 0) + 1

    def _instruction(self, target: str, data: str) -> None:
        if len(self.declared.instructions) < DECLARED:
            self.declared.instructions.append((target, data[:TEXT_KEPT]))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise FormatError(f"LIMIT depth ({MAX_DEPTH})", offset=self._parser.CurrentByteIndex)
        plain = tag.rpartition(":")[2]
        if not self.root:
            self.root, self.root_attributes = plain, attributes
        path = (*(self._open[-1].path[-8:] if self._open else ()), plain)
        self._open.append(Element(path, attributes, self._parser.CurrentLineNumber, self._parser.CurrentByteIndex))

    def _text(self, data: str) -> None:
        if self._open and len(self._open[-1].text) < TEXT_KEPT:
            self._open[-1].text += data[:TEXT_KEPT]

    def _end(self, _tag: str) -> None:
        self._done.append(self._open.pop())
