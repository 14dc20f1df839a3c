"""What a configuration makes a library load: code, classes by name, other repositories. Found by what keys mean."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from assay.formats.repository.document import Document, Mapping, Node, Place
from assay.formats.view import Fact


class Loader(enum.Enum):
    """Who follows a reference; the value says what it is called there."""

    AUTO_MAP = "auto_map"
    CUSTOM_PIPELINE = "custom_pipelines"
    CUSTOM_GENERATE = "custom_generate"
    ATTENTION = "attention implementation"
    KERNEL = "kernel mapping"
    ADAPTER = "PEFT auto_mapping"
    SENTENCE_MODULE = "sentence-transformers module"
    COMPONENT = "diffusers component"
    MLFLOW = "MLflow loader_module"
    HANDLER = "TorchServe handler"


@dataclass(frozen=True, slots=True)
class Reference:
    """One of them.

    :param place: of the key
    :param value: as it stands there
    :param repository: the other repository it is fetched from; empty for what lies beside
    :param module: the Python module, dotted; empty when none is named
    :param name: the class or function in it
    """

    loader: Loader
    place: Place
    value: str
    repository: str = ""
    module: str = ""
    name: str = ""

    @property
    def own(self) -> bool:
        """Whether it names code that no library brings along."""
        top = self.module.partition(".")[0]
        if self.repository or not self.module:
            return False
        match self.loader:
            case Loader.COMPONENT:
                return top not in COMPONENT_LIBRARIES
            case Loader.SENTENCE_MODULE:
                return top not in SENTENCE_LIBRARIES
            case Loader.ADAPTER:
                return top not in ADAPTER_LIBRARIES
            case Loader.MLFLOW:
                return top != "mlflow"
        return True

    @property
    def by_name(self) -> bool:
        """Whether the module is imported from wherever Python finds one of its name, if it does not lie beside."""
        return self.loader in (Loader.COMPONENT, Loader.SENTENCE_MODULE, Loader.ADAPTER, Loader.MLFLOW)

    @property
    def files(self) -> tuple[str, ...]:
        """Where the code may lie, relative to the document's folder, the likeliest first."""
        if self.repository or not self.module:
            return ()
        path = self.module.lstrip(".").replace(".", "/")
        files = [f"{path}.py", f"{path}/__init__.py"]
        if self.loader is Loader.COMPONENT and len(self.place.key) < 200 and not self.place.key.startswith("_"):
            files.insert(0, f"{self.place.key}/{path}.py")
        if self.loader is Loader.MLFLOW:
            files += [f"code/{path}.py", f"code/{path}/__init__.py"]
        return tuple(files)


#: ``[owner/]repository[@revision][:function]``, as libraries name a repository on a hub.
_HUB: Final = re.compile(r"[^/\s:@]+/[^/\s:@]+(?:@[^\s:]+)?(?::\S+)?")
_ATTENTION_KEYS: Final = frozenset(
    (
        "_attn_implementation", "attn_implementation", "_attn_implementation_internal",
        "_attn_implementation_autoset", "attention_implementation", "_experts_implementation",
        "experts_implementation", "_experts_implementation_internal",
    )
)  # fmt: skip
#: Libraries whose classes a diffusers pipeline ordinarily consists of.
COMPONENT_LIBRARIES: Final = frozenset(
    (
        "diffusers", "transformers", "onnxruntime", "optimum", "flax", "peft", "tokenizers", "stable_diffusion",
        "paint_by_example", "ip_adapter", "sentence_transformers", "accelerate", "k_diffusion", "torch",
        "torchvision", "null",
    )
)  # fmt: skip
#: Libraries whose modules sentence-transformers ordinarily names.
SENTENCE_LIBRARIES: Final = frozenset({"sentence_transformers", "transformers", "torch", "pylate", "model2vec"})
#: Libraries whose classes adapters are ordinarily put on.
ADAPTER_LIBRARIES: Final = frozenset(
    {"transformers", "diffusers", "torch", "torchvision", "timm", "sentence_transformers", "peft", "__main__"}
)


def references_of(document: Document) -> list[Reference]:
    """Every reference in a document, in its order."""
    found: list[Reference] = []
    for mapping in document.mappings:
        for key in _READERS.keys() & mapping.entries.keys():
            found += _READERS[key](mapping, key)
    for root in document.roots:
        if isinstance(root, list):
            found += _sentence_modules(root)
    return found


def facts_of(document: Document) -> Iterator[Fact]:
    """What a document names, as facts.

    ``code`` is a Python file that is run from beside the document and nowhere else, ``module`` one that is imported
    from wherever Python finds it when it does not lie there; ``weights`` are files of numbers.
    """
    for reference in document.references:
        if reference.own:
            for file in reference.files[:1]:
                yield Fact("module" if reference.by_name else "code", file)
    for mapping in document.mappings:
        weights = mapping.entries.get("weight_map")
        if isinstance(weights, dict):
            for file in sorted({value for value in weights.values() if isinstance(value, str)}):
                yield Fact("weights", file)


def split(value: str) -> tuple[str, str, str]:
    """``repository``, ``module`` and ``name`` of ``owner/repository--module.Class``; the first may be empty."""
    repository, dashes, rest = value.rpartition("--")
    module, _, name = (rest if dashes else value).rpartition(".")
    return repository, module, name


def _texts(value: Node, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 4 and isinstance(value, list | dict):
        for item in value if isinstance(value, list) else value.values():
            yield from _texts(item, depth + 1)


def _auto_map(mapping: Mapping, key: str) -> Iterator[Reference]:
    entries = mapping.entries[key]
    for title, value in entries.items() if isinstance(entries, dict) else [("", entries)]:
        for text in _texts(value):
            repository, module, name = split(text)
            place = mapping.place.below(key)
            yield Reference(Loader.AUTO_MAP, place.below(title) if title else place, text, repository, module, name)


def _custom_pipelines(mapping: Mapping, key: str) -> Iterator[Reference]:
    entries = mapping.entries[key]
    for task, value in entries.items() if isinstance(entries, dict) else ():
        implementation = value.get("impl") if isinstance(value, dict) else value
        if isinstance(implementation, str):
            repository, module, name = split(implementation)
            place = mapping.place.below(key).below(task)
            yield Reference(Loader.CUSTOM_PIPELINE, place, implementation, repository, module, name)


def _custom_generate(mapping: Mapping, key: str) -> Iterator[Reference]:
    value = mapping.entries[key]
    if isinstance(value, str):
        yield Reference(Loader.CUSTOM_GENERATE, mapping.place.below(key), value, value)


def _attention(mapping: Mapping, key: str) -> Iterator[Reference]:
    for text in _texts(mapping.entries[key]):
        hub = text.rpartition("|")[2]
        repository = hub if _HUB.fullmatch(hub) or "/" in hub or "\\" in hub else ""
        yield Reference(Loader.ATTENTION, mapping.place.below(key), text, repository)


def _kernels(mapping: Mapping, key: str) -> Iterator[Reference]:
    for text in _texts(mapping.entries[key]):
        if "/" in text:
            yield Reference(Loader.KERNEL, mapping.place.below(key), text, text)


def _adapter(mapping: Mapping, key: str) -> Iterator[Reference]:
    value = mapping.entries[key]
    if isinstance(value, dict):
        library, title = value.get("parent_library"), value.get("base_model_class")
        if isinstance(library, str):
            place = mapping.place.below(key).below("parent_library")
            yield Reference(Loader.ADAPTER, place, library, "", library, title if isinstance(title, str) else "")


def _class_name(mapping: Mapping, key: str) -> Iterator[Reference]:
    """``model_index.json``: components as ``[library, class]``; and a pipeline or model of its own in that form."""
    own = mapping.entries[key]
    whole = "_diffusers_version" in mapping.entries or isinstance(own, list)
    for name, value in mapping.entries.items():
        if not isinstance(value, list) or len(value) < 2:
            continue
        library, title = value[0], value[1]
        if not isinstance(library, str) or not (isinstance(title, str) or title is None):
            continue
        if name == key or (whole and not name.endswith("_types") and _is_component(library, title)):
            repository, _, module = library.rpartition("--")
            place = mapping.place.below(name)
            yield Reference(Loader.COMPONENT, place, f"{library}.{title}", repository, module, title or "")


def _is_component(library: str, title: str | None) -> bool:
    return title is not None and bool(re.fullmatch(r"[\w./-]{1,200}", library)) and title[:1].isupper()


def _mlflow(mapping: Mapping, key: str) -> Iterator[Reference]:
    value = mapping.entries[key]
    if isinstance(value, str):
        yield Reference(Loader.MLFLOW, mapping.place.below(key), value, "", value)


def _handler(mapping: Mapping, key: str) -> Iterator[Reference]:
    """TorchServe's ``MAR-INF/MANIFEST.json``."""
    value = mapping.entries[key]
    if isinstance(value, str) and ("modelName" in mapping.entries or "serializedFile" in mapping.entries):
        file = value.partition(":")[0]
        if file.endswith(".py"):
            yield Reference(Loader.HANDLER, mapping.place.below(key), value, "", file[:-3].replace("/", "."))


def _sentence_modules(root: list[Node]) -> Iterator[Reference]:
    """``modules.json`` of sentence-transformers: a list of modules, each with a class by its dotted name."""
    for number, item in enumerate(root[:1_000]):
        if isinstance(item, dict) and {"idx", "path"} <= item.keys() and isinstance(kind := item.get("type"), str):
            repository, module, name = split(kind)
            place = Place("", None).below(str(number)).below("type")
            yield Reference(Loader.SENTENCE_MODULE, place, kind, repository, module, name)


_READERS: Final[dict[str, Callable[[Mapping, str], Iterator[Reference]]]] = {
    "auto_map": _auto_map,
    "custom_pipelines": _custom_pipelines,
    "custom_generate": _custom_generate,
    **dict.fromkeys(sorted(_ATTENTION_KEYS), _attention),
    "kernel_mapping": _kernels,
    "auto_mapping": _adapter,
    "_class_name": _class_name,
    "loader_module": _mlflow,
    "handler": _handler,
}
