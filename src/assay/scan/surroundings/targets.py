"""Keys by which frameworks have things called that a configuration names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.core.finding import Severity
from assay.formats.repository.document import Document, Mapping, Place
from assay.formats.repository.references import Loader
from assay.scan.surroundings.names import RESOLVERS, judge


@dataclass(frozen=True, slots=True)
class Target:
    """A name that is called.

    :param certain: whether the key can mean nothing else; else only a name of known harm is worth telling
    """

    key: str
    name: str
    place: Place
    certain: bool


#: Hydra, Fiddle, Lightning's command line.
_CERTAIN: Final = ("_target_", "class_path", "__target__", "py/object", "py/function", "py/type", "py/newobj")
#: Keys that mean a call in some frameworks (latent diffusion, NeMo, ``logging.config``) and much else in others.
_PERHAPS: Final = (
    "target", "()", "class", "_class", "cls", "callable", "function", "func", "factory", "builder", "_call_",
    "entry_point", "entrypoint", "constructor", "instantiate", "_fn_", "_partial_", "resolver", "import_path",
    "model_class", "__class__", "py/repr", "worker_process_setup_hook",
)  # fmt: skip
#: Keys that name anything: kedro's, AutoGen's, ZenML's, Rasa's, Haystack's. Only a name of the worst harm counts there.
_ANYTHING: Final = ("type", "source", "provider", "name", "component", "handler", "hook")
_KEYS: Final = frozenset((*_CERTAIN, *_PERHAPS, *_ANYTHING, "py/reduce"))
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_NAME: Final = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)*")


def targets_of(document: Document) -> Iterator[Target]:
    """Everything that a document has called, in its order."""
    for mapping in document.mappings:
        yield from _keyed(mapping)
        if mapping.entries.get("lc") == 1 and isinstance(mapping.entries.get("id"), list):
            yield from _serialized(mapping)
        if "_class_name" in mapping.entries:
            yield from _components(mapping)
    for reference in document.references:
        if reference.loader in (Loader.SENTENCE_MODULE, Loader.COMPONENT, Loader.AUTO_MAP) and not reference.repository:
            yield Target(reference.loader.value, f"{reference.module}.{reference.name}", reference.place, certain=False)


def _keyed(mapping: Mapping) -> Iterator[Target]:  # noqa: PLR0912 - one branch for each form
    entries = mapping.entries
    if _KEYS.isdisjoint(entries):
        return
    for key in _CERTAIN:
        value = entries.get(key)
        if isinstance(value, str) and _NAME.fullmatch(value.strip()):
            yield Target(key, value.strip().replace(":", "."), mapping.place.below(key), certain=True)
            if value in RESOLVERS and isinstance(path := entries.get("path"), str):
                yield Target("path", path, mapping.place.below("path"), certain=True)
    module, name = entries.get("__module__"), entries.get("__class__")
    if isinstance(module, str) and isinstance(name, str) and _DOTTED.fullmatch(whole := f"{module}.{name}"):
        yield Target("__class__", whole, mapping.place.below("__class__"), certain=False)
    for key in _PERHAPS:
        value = entries.get(key)
        if isinstance(value, str) and key == "py/repr":  # ``module/expression``, which is evaluated
            value = value.partition("(")[0].replace("/", ".")
        if isinstance(value, str) and _DOTTED.fullmatch(value):
            yield Target(key, value, mapping.place.below(key), certain=False)
    for key in _ANYTHING:
        value = entries.get(key)
        if isinstance(value, str) and _DOTTED.fullmatch(value):
            found = judge(value)
            if found is not None and found.known and found.severity >= Severity.HIGH:
                yield Target(key, value, mapping.place.below(key), certain=False)
    arguments = entries.get("_args_")
    called = arguments[0] if isinstance(arguments, list) and arguments and "_target_" in entries else None
    if isinstance(called, str) and _DOTTED.fullmatch(called):
        yield Target("_args_", called, mapping.place.below("_args_"), certain=False)
    reduced = entries.get("py/reduce")
    if isinstance(reduced, list) and reduced and isinstance(reduced[0], str) and _NAME.fullmatch(reduced[0]):
        yield Target("py/reduce", reduced[0], mapping.place.below("py/reduce"), certain=True)


def _components(mapping: Mapping) -> Iterator[Target]:
    """Diffusers' ``model_index.json``: components as ``[library, name]``. Classes are told of as references."""
    for key, value in mapping.entries.items():
        match value:
            case [str() as library, str() as name] if not name[:1].isupper() and _NAME.fullmatch(library):
                if name.isidentifier():
                    yield Target(key, f"{library}.{name}", mapping.place.below(key), certain=False)


def _serialized(mapping: Mapping) -> Iterator[Target]:
    """LangChain's form: ``{"lc": 1, "type": "constructor", "id": ["langchain", "llms", "OpenAI"], "kwargs": {}}``."""
    parts = mapping.entries["id"]
    assert isinstance(parts, list), "the caller has looked"
    if mapping.entries.get("type") == "constructor" and all(isinstance(part, str) for part in parts):
        name = ".".join(part for part in parts if isinstance(part, str))
        if _DOTTED.fullmatch(name):
            yield Target("id", name, mapping.place.below("id"), certain=True)
