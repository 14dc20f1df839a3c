"""YAML, read as events: nothing is constructed, tags are noticed, aliases are counted and never written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.document import Document, Findings, Node, Tag
from assay.formats.repository.text import decode_strictly, read_all
from assay.formats.source import Source
from assay.formats.view import Contrived, NotThisFormat

if TYPE_CHECKING:
    import yaml

MAX_BYTES: Final = 16 << 20
#: Text that only looks a little like YAML is not worth more.
MAX_UNCLAIMED: Final = 1 << 20
MAX_DEPTH: Final = 200
#: Values that aliases may stand for before it is a bomb.
EXPANSION: Final = 10_000_000
#: Beyond this nobody counts.
_COUNTLESS: Final = 10**30
#: Entries that merge keys may copy in all.
MAX_MERGED: Final = 200_000
SUFFIXES: Final = (".yaml", ".yml", ".dvc", ".cff", ".yaml.tmpl")
NAMES: Final = frozenset({"mlmodel", "mlproject", "dvc.lock", ".clang-format"})

_OWN: Final = "tag:yaml.org,2002:"
#: Tags that stand for YAML's own types.
OWN_TAGS: Final = frozenset(
    _OWN + word
    for word in (
        "str", "int", "float", "bool", "null", "seq", "map", "set", "omap", "pairs", "binary", "timestamp", "merge",
        "value", "yaml",
    )
)  # fmt: skip
_TRUE: Final = frozenset({"true", "yes", "on"})
_FALSE: Final = frozenset({"false", "no", "off"})
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def read(source: Source, budget: Budget, name: str) -> Document:
    """See :class:`assay.formats.signature.Reader`."""
    claimed = name.lower().endswith(SUFFIXES) or name.lower() in NAMES
    if not claimed and source.size > MAX_UNCLAIMED:
        raise NotThisFormat("too long for a YAML document")
    text = decode_strictly(read_all(source, budget, MAX_BYTES)).removeprefix("\ufeff")
    builder = _Builder(budget)
    document = Document("yaml", name, builder.roots, text, builder.noticed)
    try:
        builder.build(text)
    except FormatError as error:
        if not claimed and not builder.noticed.tags:
            raise NotThisFormat(error.what, offset=error.offset) from error
        document.note(error)
    document.expansion = builder.noticed.expansion
    if not claimed:  # `Tag: a`, `Tag: b`: many a text that is no YAML repeats its keys
        document.repeated.clear()
    if not claimed and not builder.noticed.tags and not any(isinstance(root, dict | list) for root in builder.roots):
        raise NotThisFormat("no YAML document: it has no mapping and no list")
    return document


class _Builder:
    """Puts trees together from events."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.roots: list[Node] = []
        self.noticed = Findings()
        self.anchors: dict[str, Node] = {}
        #: Values that a container has with aliases written out, by identity; containers are kept alive by ``made``.
        self.weights: dict[int, int] = {}
        self.made: list[Node] = []
        self.merged = 0

    def build(self, text: str) -> None:
        """Read all documents.

        :raises FormatError: it is no YAML, or too deep, or takes too long; trees until there are kept
        """
        import yaml  # noqa: PLC0415 - slow to import

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        if _CONTROL.search(text):
            text = _CONTROL.sub("\ufffd", text)
        try:
            self._documents(yaml.parse(text, Loader=loader))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or "cannot be read"
            line = f" in line {mark.line + 1}" if mark is not None else ""
            raise FormatError(f"not valid YAML: {what}{line}", offset=None) from error
        except (RecursionError, ValueError) as error:
            raise Contrived("YAML nested too deeply") from error

    def _documents(self, events: Iterator[yaml.Event]) -> None:
        import yaml  # noqa: PLC0415 - as above

        stack: list[_Open] = []
        for number, event in enumerate(events):
            if number % 1024 == 0:
                self.budget.check_time()
            if isinstance(event, yaml.ScalarEvent):
                self._tag(event)
                self._add(stack, _scalar(event), 1, event.anchor)
            elif isinstance(event, yaml.AliasEvent):
                node = self.anchors.get(event.anchor or "")
                self._add(stack, node, self.weights.get(id(node), 1), None)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._tag(event)
                if len(stack) >= MAX_DEPTH:
                    raise Contrived(f"YAML nested deeper than {MAX_DEPTH} levels")
                stack.append(_Open(isinstance(event, yaml.MappingStartEvent), event.anchor))
            elif isinstance(event, yaml.CollectionEndEvent):
                done = stack.pop()
                node = self._close(done)
                self._add(stack, node, done.weight, done.anchor)

    def _close(self, done: _Open) -> Node:
        node: Node = done.items
        if done.is_mapping:
            pairs = [(_key(key), value) for key, value in zip(done.items[::2], done.items[1::2], strict=False)]
            entries = self.noticed.merge([pair for pair in pairs if pair[0] != "<<"])
            for key, value in pairs:
                if key == "<<":
                    self._inherit(entries, value)
            node = entries
        self.made.append(node)
        self.weights[id(node)] = done.weight
        return node

    def _add(self, stack: list[_Open], node: Node, weight: int, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = node
        if stack:
            stack[-1].items.append(node)
            stack[-1].weight = min(stack[-1].weight + weight, _COUNTLESS)
            if stack[-1].weight > EXPANSION:
                self.noticed.expansion = max(self.noticed.expansion, stack[-1].weight)
        else:
            self.roots.append(node)

    def _inherit(self, node: dict[str, Node], merged: Node) -> None:
        """Entries that a merge key brings in; own ones win."""
        for source in merged if isinstance(merged, list) else [merged]:
            if not isinstance(source, dict):
                continue
            self.merged += len(source)
            if self.merged > MAX_MERGED:
                raise FormatError(f"LIMIT merged ({MAX_MERGED:,})")
            for key, value in source.items():
                node.setdefault(key, value)

    def _tag(self, event: yaml.NodeEvent) -> None:
        tag = cast("str | None", getattr(event, "tag", None))
        if tag is not None and tag != "!" and tag not in OWN_TAGS and len(self.noticed.tags) < 10_000:
            value = str(getattr(event, "value", "") or "")[:200]
            self.noticed.tags.append(Tag(tag, value, (event.start_mark.line if event.start_mark else 0) + 1))


class _Open:
    """A collection that is being read."""

    __slots__ = ("anchor", "is_mapping", "items", "weight")

    def __init__(self, is_mapping: bool, anchor: str | None) -> None:
        self.is_mapping = is_mapping
        self.anchor = anchor
        self.items: list[Node] = []
        self.weight = 1


def _scalar(event: yaml.ScalarEvent) -> Node:
    """A scalar as text; plain words for truth and nothing as what they stand for."""
    value = event.value
    if event.style is None and len(value) <= 5:
        word = value.lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        if word in ("", "~", "null"):
            return None
    return value


def _key(node: Node) -> str:
    if isinstance(node, bool):
        return "true" if node else "false"
    return node if isinstance(node, str) else f"<{type(node).__name__}>"


__all__ = ["OWN_TAGS", "read"]
