"""Configurations of any notation as one inert tree: what JSON, YAML, TOML and INI readers give, and rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from assay.formats.repository.text import line_with
from assay.formats.source import Memory
from assay.formats.view import Fact, Member, Problem, View

if TYPE_CHECKING:
    from assay.formats.repository.references import Reference

Node: TypeAlias = "bool | int | float | str | list[Node] | dict[str, Node] | None"

#: Characters of a key that a place shows.
KEY_SHOWN: Final = 60
#: Keys of a place that are shown; of a deeper one the last.
KEYS_SHOWN: Final = 8
#: Templates that one document may bring along.
MAX_TEMPLATES: Final = 1_000


_CONTAINERS: Final = (dict, list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a document: a key below another place."""

    key: str = ""
    above: Place | None = None

    def below(self, key: str) -> Place:
        """The place of one of its entries."""
        return Place(key, self)

    def __str__(self) -> str:
        keys: list[str] = []
        place: Place | None = self
        while place is not None and place.above is not None and len(keys) <= KEYS_SHOWN:
            keys.append(place.key if len(place.key) <= KEY_SHOWN else place.key[:KEY_SHOWN] + "…")
            place = place.above
        if len(keys) > KEYS_SHOWN:
            keys[KEYS_SHOWN] = "…"
        return ".".join(reversed(keys))


@dataclass(frozen=True, slots=True)
class Mapping:
    """One of a document's mappings, and where it stands."""

    place: Place
    entries: dict[str, Node]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that stands more than once in one mapping: readers differ about which one counts.

    :param differs: whether the values differ
    :param wide: whether the mapping is a long table, as a vocabulary is
    """

    key: str
    mapping: dict[str, Node]
    differs: bool
    wide: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """A YAML tag that is none of YAML's own.

    :param name: in full, ``tag:yaml.org,2002:python/object/apply:os.system``
    :param value: the scalar it stands on, cut; empty on anything else
    """

    name: str
    value: str
    line: int


@dataclass(frozen=True)
class _Shadowed:
    """Values of a repeated key that a reader who takes the last one never sees."""

    mapping: dict[str, Node]
    key: str
    value: Node


@dataclass
class Findings:
    """What a parser noticed beside the tree."""

    repeated: list[Repeated] = field(default_factory=list)
    shadowed: list[_Shadowed] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    expansion: int = 0

    def merge(self, pairs: list[tuple[str, Node]]) -> dict[str, Node]:
        """A mapping of pairs, the last of equal keys winning as in Python; what it hides is kept."""
        entries = dict(pairs)
        if len(entries) != len(pairs):
            self._note(pairs, entries)
        return entries

    def _note(self, pairs: list[tuple[str, Node]], entries: dict[str, Node]) -> None:
        left = dict.fromkeys(entries, 0)
        for key, _ in pairs:
            left[key] += 1
        differing: dict[str, bool] = {key: False for key, count in left.items() if count > 1}
        for key, value in pairs:
            if key in differing and _differ(value, entries[key]):
                differing[key] = True
                self.shadowed.append(_Shadowed(entries, key, value))
        wide = len(entries) > 500
        self.repeated += [Repeated(key, entries, differs, wide) for key, differs in differing.items()]


def _differ(one: Node, other: Node) -> bool:
    """Whether two values differ; containers are not compared, as that may take for ever."""
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return one is not other
    return one != other


class Document(View):
    """A configuration or other structured text.

    :param notation: ``json``, ``yaml``, ``toml`` or ``ini``
    :param name: the file's name: a hint, never a reason to look at less
    :param roots: its documents; most have one
    :param text: what it was read from
    """

    kind: ClassVar[str] = "document"

    def __init__(self, notation: str, name: str, roots: list[Node], text: str, noticed: Findings) -> None:
        super().__init__()
        self.notation = notation
        self.name = name
        self.roots = roots
        self.text = text
        self.first_line = 1
        """The number of its first line, when it is a part of a longer text."""
        self.tags = noticed.tags
        self.repeated = noticed.repeated
        self.expansion = noticed.expansion
        """Values it would have with all aliases written out, where that is many times what stands there."""
        self._shadowed = noticed.shadowed

    @cached_property
    def mappings(self) -> list[Mapping]:
        """Every mapping, outer ones first; those that a repeated key hides are among them."""
        return list(self._walk())

    def line(self, *words: str) -> int | None:
        """The first line, counted from 1, that has all these words; ``None`` when none has, or the text is long."""
        found = line_with(self.text, words)
        return None if found is None else found + self.first_line - 1

    def members(self) -> Iterator[Member]:
        """Templates that stand in it (see :class:`View`)."""
        for place, text in self.templates[:MAX_TEMPLATES]:
            yield Member(str(place) or "template", Memory(text.encode("utf-8", "surrogatepass")), expected=("jinja",))
        if len(self.templates) > MAX_TEMPLATES:
            self.problems.append(Problem(f"LIMIT templates ({MAX_TEMPLATES:,})"))

    @cached_property
    def references(self) -> list[Reference]:
        """Code and repositories that it makes a library load."""
        from assay.formats.repository.references import references_of  # noqa: PLC0415 - it needs this module's names

        return references_of(self)

    def facts(self) -> Iterable[Fact]:
        """Code and weights that it names (see :class:`View`)."""
        from assay.formats.repository.configuration import facts_about_model  # noqa: PLC0415 - as above
        from assay.formats.repository.references import facts_of  # noqa: PLC0415 - as above

        return chain(facts_of(self), facts_about_model(self))

    @cached_property
    def templates(self) -> list[tuple[Place, str]]:
        """Jinja templates that stand in it."""
        found: list[tuple[Place, str]] = []
        for mapping in self.mappings:
            for key, value in mapping.entries.items():
                if "template" in key.lower():
                    found += _templates(mapping.place.below(key), value)
        return found

    def _walk(self) -> Iterator[Mapping]:
        pending: list[tuple[Place, Node]] = [(Place(), root) for root in reversed(self.roots)]
        seen: set[int] = set()
        hidden: dict[int, list[_Shadowed]] = {}
        for shadow in self._shadowed:
            hidden.setdefault(id(shadow.mapping), []).append(shadow)
        while pending:
            place, node = pending.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            inner: list[tuple[Place, Node]] = []
            if isinstance(node, dict):
                yield Mapping(place, node)
                inner = [(place.below(key), child) for key, child in node.items() if isinstance(child, _CONTAINERS)]
                for shadow in hidden.get(id(node), ()):
                    yield Mapping(place, {shadow.key: shadow.value})
                    inner.append((place.below(shadow.key), shadow.value))
            elif isinstance(node, list):
                inner = [(place.below(str(number)), child) for number, child in enumerate(node) if _holds(child)]
            inner.reverse()
            pending += inner


def _holds(node: Node) -> bool:
    """Whether a mapping can be in it: of a tokenizer's many thousand pairs none need be kept in mind."""
    if isinstance(node, list):
        return any(isinstance(item, _CONTAINERS) for item in node)
    return isinstance(node, dict)


def _templates(place: Place, value: Node) -> Iterator[tuple[Place, str]]:
    """Templates in the value of a key that speaks of templates: a text, some in a list, or named ones in a mapping."""
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            yield place, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, str) and ("{{" in item or "{%" in item):
                yield place.below(str(number)), item
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and "template" not in key.lower() and ("{{" in item or "{%" in item):
                yield place.below(key), item
