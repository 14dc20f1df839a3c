"""skops files: a zip with ``schema.json``, a tree of nodes that name the class or function each object is made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.archive import zip as archive
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.tree.document import Value, read_json
from assay.formats.view import NotThisFormat, View

SCHEMA: Final = "schema.json"
#: Different nodes that are kept; a million floats are one.
KEPT: Final = 20_000
_TEXT: Final = 400


@dataclass(frozen=True, slots=True)
class Node:
    """One kind of object that loading makes, where it first stands.

    :param loader: the class of skops that makes it, ``ObjectNode``
    :param dotted: ``module.name`` of what it is made from
    :param path: keys on the way to it
    :param inner: of a ``MethodNode``, the dotted name its object claims
    :param texts: what else it names: a method, an attribute, arguments that are texts
    """

    loader: str
    module: str
    name: str
    path: str
    inner: str = ""
    texts: tuple[str, ...] = ()

    @property
    def dotted(self) -> str:
        """``module.name``."""
        return f"{self.module}.{self.name}" if self.module else self.name


class Skops(View):
    """What a skops file would make."""

    kind: ClassVar[str] = "skops"

    def __init__(self) -> None:
        super().__init__()
        self.version = ""
        self.protocol = 0
        self.nodes: list[Node] = []
        self.files: dict[str, str] = {}
        """Files inside the zip that nodes refer to, and where each is first named."""
        self.entries: frozenset[str] = frozenset()


def read(source: Source, budget: Budget, name: str) -> Skops:
    """See :class:`assay.formats.signature.Reader`."""
    zipped = archive.read(source, budget, name)
    entries = [entry for entry in zipped.entries if entry.name == SCHEMA]
    if not entries:
        raise NotThisFormat("it has no schema.json")
    view = Skops()
    view.entries = frozenset(entry.name for entry in zipped.entries)
    for entry in entries:
        try:
            document = read_json(zipped.open(entry), budget)
            if not isinstance(document, dict) or "__loader__" not in document:
                raise NotThisFormat("its schema.json is not of skops")
            view.version = str(document.get("_skops_version", ""))[:100]
            protocol = document.get("protocol", 0)
            view.protocol = protocol if isinstance(protocol, int) else -1
            _Walker(view, budget).walk(document)
        except NotThisFormat:
            if len(entries) == 1:
                raise
        except FormatError as error:
            view.note(error)
    return view


class _Walker:
    def __init__(self, view: Skops, budget: Budget) -> None:
        self._view = view
        self._budget = budget
        self._seen: set[Node] = set()

    def walk(self, root: Value) -> None:
        """Look at every object that has a loader, wherever it stands."""
        waiting: list[tuple[Value, str]] = [(root, "")]
        steps = 0
        while waiting:
            steps += 1
            if steps % 4096 == 0:
                self._budget.check_time()
            value, path = waiting.pop()
            if isinstance(value, dict):
                if isinstance(value.get("__loader__"), str):
                    self._node(value, path)
                for key, item in value.items():
                    if isinstance(item, dict | list):
                        waiting.append((item, f"{path}.{key}"[-_TEXT:] if path else key[:_TEXT]))
            elif isinstance(value, list):
                waiting.extend((item, path) for item in value if isinstance(item, dict | list))

    def _node(self, value: dict[str, Value], path: str) -> None:
        loader, module, name = (_text(value.get(key)) for key in ("__loader__", "__module__", "__class__"))
        inner = ""
        texts: tuple[str, ...] = ()
        content = value.get("content")
        if loader == "MethodNode" and isinstance(content, dict):
            inner, texts = _object(content.get("obj")), (_text(content.get("func")),)
        elif loader == "OperatorFuncNode":
            texts = tuple(_strings(value.get("attrs")))
        if "__reduce__" in value and isinstance(value["__reduce__"], dict):
            constructor = value["__reduce__"].get("constructor")
            if isinstance(constructor, dict) and "__loader__" not in constructor:
                texts = (*texts, *(_text(item) for item in constructor.values() if isinstance(item, str)))
        if isinstance(value.get("file"), str):
            self._view.files.setdefault(_text(value["file"]), path)
        self._keep(Node(loader, module, name, "", inner, texts), path)
        if isinstance(content, dict) and ("module_path" in content or "function" in content):
            # The protocols 0 and 1 name a function so; the node itself is then the class of functions.
            named = Node(loader, _text(content.get("module_path")), _text(content.get("function")), "", inner, texts)
            self._keep(named, f"{path}.content"[-_TEXT:] if path else "content")

    def _keep(self, kind: Node, path: str) -> None:
        """Where it stands is told of the first of its kind only."""
        if kind not in self._seen and len(self._seen) < KEPT:
            self._seen.add(kind)
            self._view.nodes.append(replace(kind, path=path))


def _object(value: Value) -> str:
    if not isinstance(value, dict):
        return ""
    module, name = _text(value.get("__module__")), _text(value.get("__class__"))
    return f"{module}.{name}" if module else name


def _strings(value: Value) -> list[str]:
    """Texts among a node's arguments: the contents of its JSON nodes."""
    found: list[str] = []
    waiting = [value]
    while waiting and len(found) < 16:
        item = waiting.pop()
        if isinstance(item, dict):
            content = item.get("content")
            if isinstance(content, str):
                found.append(content[:_TEXT].strip('"'))
            else:
                waiting.append(content)
        elif isinstance(item, list):
            waiting.extend(reversed(item))
    return found


def _text(value: Value) -> str:
    return value[:_TEXT] if isinstance(value, str) else ""
