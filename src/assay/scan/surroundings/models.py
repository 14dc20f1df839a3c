"""A model as a folder: its configuration, the index of its shards, and the outlines of its files of weights."""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from assay.formats.repository.document import Node
from assay.formats.tensor.elements import bytes_of
from assay.formats.view import Fact

#: Formats whose files of weights say what their tensors are called.
_WEIGHTS: Final = frozenset({"safetensors", "torch"})
_TEXTS: Final = frozenset({"json", "yaml", "toml", "text", "keras-config"})
_NUMBER: Final = re.compile(r"(.*?)\.(\d{1,6})\.(.+)")


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file says of one tensor: NumPy's name of its type (or the format's own word), and its shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int | None:
        """Bytes that it takes."""
        return bytes_of(self.dtype, self.shape)

    @property
    def real(self) -> bool:
        """Whether it holds floating-point numbers as they are, not packed ones."""
        return self.dtype.startswith(("float", "bfloat")) and not self.dtype.startswith(("float4", "float6"))


@dataclass(frozen=True)
class Section:
    """A configuration, or the part of one that is about one network in it."""

    entries: Mapping[str, Node]

    def whole(self, *keys: str) -> int | None:
        """The first of these keys that has a positive whole number."""
        for key in keys:
            value = self.entries.get(key)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
        return None

    def text(self, key: str) -> str:
        """The text under a key; empty when there is none."""
        value = self.entries.get(key)
        return value if isinstance(value, str) else ""

    def below(self, *keys: str) -> Section | None:
        """The first of these keys that has a mapping with anything in it."""
        for key in keys:
            value = self.entries.get(key)
            if isinstance(value, dict) and value:
                return Section(value)
        return None

    @property
    def sections(self) -> list[str]:
        """Keys of parts that are about a network of their own."""
        return [
            key
            for key, value in self.entries.items()
            if isinstance(value, dict)
            and (key in ("encoder", "decoder") or key.endswith("_config"))
            and (key.startswith(_PARTS) or {"model_type", "hidden_size", "num_hidden_layers"} & value.keys())
        ]


_PARTS: Final = (
    "text_",
    "vision_",
    "audio_",
    "llm_",
    "language_",
    "thinker_",
    "talker_",
    "vit_",
    "encoder_",
    "decoder_",
)


@dataclass(frozen=True, slots=True)
class Index:
    """Which tensor lies in which file.

    :param path: of the index itself
    :param total: bytes of all, as it says; ``None`` when it does not
    :param files: path of a shard → its tensors
    """

    path: str
    total: int | None
    files: Mapping[str, frozenset[str]]


@dataclass
class Model:
    """One folder.

    :param path: of the configuration; empty when there is none
    :param weights: path → the tensors in it
    """

    folder: str
    path: str = ""
    config: Section = field(default_factory=lambda: Section({}))
    adapter: Section | None = None
    adapter_path: str = ""
    indexes: list[Index] = field(default_factory=list)
    weights: dict[str, list[Outline]] = field(default_factory=dict)

    @cached_property
    def partitioned(self) -> frozenset[str]:
        """Names of tensors that stand in several files: pieces of one, or two versions of the same model."""
        counts = Counter(tensor.name for tensors in self.weights.values() for tensor in tensors)
        return frozenset(name for name, count in counts.items() if count > 1)


def models_of(facts: Mapping[str, tuple[Fact, ...]], formats: Mapping[str, tuple[str, ...]]) -> list[Model]:
    """Every folder that has a configuration or an index, sorted; what lies inside containers is left alone."""
    found: dict[str, Model] = {}
    configurations: dict[str, list[tuple[str, Section]]] = {}
    for path, said in facts.items():
        folder = posixpath.dirname(path)
        known = set(formats.get(path, ()))
        if known and known <= _TEXTS:
            for value in _values(said, "configuration"):
                if isinstance(value, dict):
                    configurations.setdefault(folder, []).append((path, Section(value)))
            for value in _values(said, "index"):
                found.setdefault(folder, Model(folder)).indexes.append(_index(path, folder, value))
    for folder, listed in configurations.items():
        _configure(found.setdefault(folder, Model(folder)), listed)
    for path, said in facts.items():
        outlines = list(_values(said, "tensors")) if _WEIGHTS & set(formats.get(path, ())) else []
        folder = posixpath.dirname(path)
        if len(outlines) == 1 and folder in found:
            found[folder].weights[path] = list(_outlines(outlines[0]))
    return [found[folder] for folder in sorted(found)]


def _configure(model: Model, listed: list[tuple[str, Section]]) -> None:
    """Choose the configuration that loaders read: the one of its name, or the only one."""
    for path, section in listed:
        if section.text("peft_type") and not section.text("model_type"):
            model.adapter, model.adapter_path = section, path
    whole = [(path, section) for path, section in listed if section.text("model_type")]
    named = [(path, section) for path, section in whole if posixpath.basename(path) == "config.json"]
    chosen = named if named else whole
    if len(chosen) == 1:
        model.path, model.config = chosen[0]


def _values(facts: tuple[Fact, ...], kind: str) -> Iterator[Node]:
    return (json.loads(fact.value) for fact in facts if fact.kind == kind)


def _index(path: str, folder: str, value: Node) -> Index:
    match value:
        case [int() | None as total, dict() as files]:
            listed = {
                posixpath.normpath(posixpath.join(folder, file)): frozenset(map(str, names))
                for file, names in files.items()
                if isinstance(names, list)
            }
            return Index(path, total, listed)
    return Index(path, None, {})


def _outlines(value: Node) -> Iterator[Outline]:
    for item in value if isinstance(value, list) else ():
        match item:
            case [str() as name, str() as dtype, list() as shape]:
                yield Outline(name, dtype, tuple(axis for axis in shape if isinstance(axis, int)))


def numbered(name: str) -> tuple[str, int, str] | None:
    """What stands before the first number in a tensor's name, the number, and the rest."""
    found = _NUMBER.fullmatch(name)
    return (found[1], int(found[2]), found[3]) if found else None
