"""Keras configurations: every object and function that they would have made or called, wherever they lie.

They stand in ``config.json`` of a ``.keras`` zip, in attributes of an HDF5 file, in the metadata of a SavedModel, or on
their own. An object is ``{"module": …, "class_name": …, "registered_name": …, "config": …}``; what older versions wrote
has ``class_name`` and ``config`` only. Layout as in Keras' ``saving/serialization_lib.py`` and its predecessors.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias

from assay.formats.budget import Budget
from assay.formats.source import Memory, Source
from assay.formats.view import Contrived, Fact, Member, NotThisFormat, View

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

MAX_BYTES: Final = 128 << 20
#: Brackets of a document: each costs some hundred bytes once read.
MAX_BRACKETS: Final = 2_000_000
#: Under this key stand the values of keys that stood twice; no text can be it.
SHADOWED: Final = "\0shadowed"
SHADOWED_KEPT: Final = 16
#: Characters of a place, and of a key in it.
PATH_KEPT: Final = 400
KEY_KEPT: Final = 60

_MARK: Final = "class_name"
#: A letter of the mark as an escape.
_ESCAPED: Final = re.compile(r"\\u00(?:6[1cdeCDE35]|73|5[fF])")


@dataclass(frozen=True, slots=True)
class KerasObject:
    """One object or function.

    :param path: the keys that lead to it, joined by dots
    :param class_name: its class; ``function`` for one that is named in ``config``; ``__lambda__`` for code
    :param module: where it would be imported from; empty when it is not said
    :param registered: the name under which it is looked up first, ``package>Class``; empty when it is not said
    :param config: what it is made from
    :param called: it stands where a layer does, so that a function there is called with what the file says
    """

    path: str
    class_name: str
    module: str
    registered: str
    config: Json
    called: bool

    @property
    def is_function(self) -> bool:
        """Whether it names a function."""
        return self.class_name == "function"

    @property
    def name(self) -> str:
        """The class's or the function's name."""
        if self.is_function:
            return self.config if isinstance(self.config, str) else self.registered
        return self.class_name

    def get(self, key: str) -> Json:
        """A value of its config; ``None`` when there is none."""
        return self.config.get(key) if isinstance(self.config, dict) else None


class Keras(View):
    """A configuration."""

    kind: ClassVar[str] = "keras"

    def __init__(self, objects: list[KerasObject], repeated: list[str]) -> None:
        super().__init__()
        self.objects = objects
        """In the order in which they stand there, outer ones first."""
        self.repeated = repeated
        """Keys that stand twice in one object; both values are among the objects."""

    def members(self) -> Iterator[Member]:
        """Bytes that stand as text in configurations: modules of PyTorch, arrays."""
        for found in self.objects:
            for key in ("module", "value", "state"):
                data = decoded(found.get(key))
                if data is not None and len(data) >= 16:
                    yield Member(f"{found.path}.{key}", Memory(data))

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        return [Fact("import", module) for module in dict.fromkeys(found.module for found in self.objects) if module]


def read(source: Source, budget: Budget, name: str) -> Keras:
    """See :class:`~assay.formats.signature.Reader`."""
    del name
    if source.size > MAX_BYTES:
        raise NotThisFormat("too long for a Keras configuration")
    budget.check_held(source.size)
    data = source.read(0, source.size)
    try:
        text = data.decode(json.detect_encoding(data), "surrogatepass").removeprefix("\ufeff").rstrip("\0")
    except UnicodeDecodeError as error:
        raise NotThisFormat("no text") from error
    if _MARK not in text and _ESCAPED.search(text) is None:
        raise NotThisFormat("no class is named")
    if text.count("{") + text.count("[") > MAX_BRACKETS:
        raise NotThisFormat("too many brackets for a Keras configuration")
    repeated: list[str] = []
    tree = _parse(text, repeated)
    objects = list(_walk(tree, budget))
    if not any(found.config is not None for found in objects):
        raise NotThisFormat("no object of Keras")
    return Keras(objects, repeated)


def decoded(value: Json) -> bytes | None:
    """The bytes of a text in base 64; ``None`` for anything else."""
    if not isinstance(value, str) or len(value) < 16:
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _parse(text: str, repeated: list[str]) -> Json:
    def merge(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) < len(pairs):
            # Of a key that stands twice the last counts; what it would be with the others is looked at as well.
            others: list[Json] = [{**found, key: value} for key, value in pairs if found[key] is not value]
            counts = Counter(key for key, _ in pairs)
            repeated.extend(key for key, count in counts.items() if count > 1)
            found[SHADOWED] = others[:SHADOWED_KEPT]
        return found

    try:
        tree: Json = json.loads(text, object_pairs_hook=merge)
    except RecursionError as error:
        raise Contrived("JSON nested too deeply") from error
    except ValueError as error:
        raise NotThisFormat("no JSON") from error
    return tree


def _walk(tree: Json, budget: Budget) -> Iterator[KerasObject]:
    """Every object, outer ones first."""
    pending: list[tuple[Json, str, bool]] = [(tree, "", False)]
    while pending:
        node, path, called = pending.pop()
        if isinstance(node, dict):
            budget.spend_members()
            if isinstance(node.get(_MARK), str):
                yield _object(node, path, called)
            children = [(child, _below(path, key), key == "layers") for key, child in node.items()]
        elif isinstance(node, list):
            children = [(child, _below(path, str(index)), called) for index, child in enumerate(node)]
        else:
            continue
        pending += [entry for entry in reversed(children) if isinstance(entry[0], dict | list)]


def _below(path: str, key: str) -> str:
    """The place of a value; neither long keys nor deep nesting make it long."""
    if len(path) >= PATH_KEPT:
        return path
    return f"{path}.{key[:KEY_KEPT]}" if path else key[:KEY_KEPT]


def _object(node: dict[str, Json], path: str, called: bool) -> KerasObject:
    def text(key: str) -> str:
        value = node.get(key)
        return value if isinstance(value, str) else ""

    called = called or "inbound_nodes" in node
    name = path.replace(f"{SHADOWED}.", "shadowed.") or "root"
    return KerasObject(name, text(_MARK), text("module"), text("registered_name"), node.get("config"), called)
