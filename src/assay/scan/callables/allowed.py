"""The allow-list: what each name known to be inert may be used for."""

from __future__ import annotations

import enum
from functools import cache, lru_cache
from typing import Final, NamedTuple

from assay.scan.callables import listing
from assay.scan.callables.python_modules import PYTHON


class Use(enum.IntEnum):
    """What a pickle may do with a name that is listed."""

    NAME = 0
    """Only fetch it: a function that an object keeps, a constant."""
    CLASS = 1
    """Make instances without its constructor (``NEWOBJ``, ``copyreg._reconstructor``) and give them a state."""
    JUDGED = 2
    """Call it, if an argument rule has nothing against the arguments."""
    CALL = 3
    """Call it with anything."""


class Entry(NamedTuple):
    """What the allow-list says of a name.

    :param judge: the argument rule's name for :attr:`Use.JUDGED`
    :param family: told by its package and its capital letter, not listed by its own name
    :param note: why
    """

    use: Use
    judge: str
    family: bool
    note: str


class _Package(NamedTuple):
    """One listing. Patterns are a module with its dot and the start of a name; ``never_in`` are modules with theirs."""

    entries: dict[str, Entry]
    patterns: list[tuple[tuple[str, str], Entry]]
    families: list[tuple[str, Entry]]
    never: set[str]
    never_in: list[str]


_WORDS: Final = {"name": Use.NAME, "class": Use.CLASS, "call": Use.CALL, "judge": Use.JUDGED}

#: Modules that are known under another name, or that other packages carry a copy of.
_ALIASES: Final = (
    ("numpy._core.", "numpy.core."),
    ("__builtin__.", "builtins."),
    ("copy_reg.", "copyreg."),
    ("numba.cloudpickle.", "cloudpickle."),
    ("joblib.externals.cloudpickle.", "cloudpickle."),
    ("sklearn.externals.joblib.", "joblib."),
    ("sklearn.externals.cloudpickle.", "cloudpickle."),
    ("ray.cloudpickle.", "cloudpickle."),
    ("pyspark.cloudpickle.", "cloudpickle."),
    ("srsly.cloudpickle.", "cloudpickle."),
    ("cloudpickle.cloudpickle_fast.", "cloudpickle.cloudpickle."),
    ("_operator.", "operator."),
    ("_functools.", "functools."),
)

#: Listings that several packages share; any other package's names stand in one of its own name.
_TOGETHER: Final = {
    "boosting": "_catboost catboost lightgbm xgboost",
    "carriers": "_joblib cloudpickle dill joblib",
    "estimators": (
        "category_encoders formulaic hdbscan hmmlearn imblearn interface_meta llvmlite mlxtend numba "
        "patsy pynndescent pyod skbase skops sktime umap"
    ),
    "lightning": "lightning_fabric pytorch_lightning torchmetrics",
    "tensorflow": "jax jaxlib keras tensorflow wrapt",
    "text": "catalogue confection cymem gensim murmurhash nltk preshed spacy spacy_legacy srsly thinc",
    "torchlike": (
        "__torch__ accelerate diffusers fastai fastcore fasttransform models peft timm torchaudio "
        "torchvision ultralytics yolov5"
    ),
    "transformers": "sentence_transformers setfit tokenizers",
    "values": (
        "PIL addict attr attrs bitarray box dateutil easydict ml_dtypes munch narwhals networkx "
        "omegaconf polars pyarrow pydantic pydantic_core pytz regex shapely tzdata tzlocal xarray yacs"
    ),
}
_FILES: Final = {package: name for name, packages in _TOGETHER.items() for package in packages.split()}


@lru_cache(1 << 16)
def look_up(module: str, name: str, *, new: bool = False) -> Entry | None:
    """What the allow-list says of ``module.name``; ``None`` when it is not on it.

    :param new: an instance is made without the constructor, so the name is a class however it is written
    """
    dotted = canonical(f"{module}.{name}")
    top = dotted.partition(".")[0]
    package = _package(_listing(top))
    found = package.entries.get(dotted)
    if found is not None or dotted in package.never or any(dotted.startswith(start) for start in package.never_in):
        return found
    best: Entry | None = None
    if name not in PYTHON and all(new or _is_class(part) for part in name.split(".")):
        best = next((entry for start, entry in package.families if dotted.startswith(start)), None)
    if "." not in name and name not in PYTHON and not (name.startswith("__") and name.endswith("__")):
        for (start, beginning), entry in package.patterns:
            if dotted.startswith(start) and name.startswith(beginning) and (best is None or entry.use > best.use):
                best = entry
    return best


def canonical(dotted: str) -> str:
    """The name under which it is listed."""
    for old, other in _ALIASES:
        if dotted.startswith(old):
            return canonical(other + dotted[len(old) :])
    return dotted


def _is_class(part: str) -> bool:
    return part.lstrip("_")[:1].isupper() and not part.startswith("__")


def _listing(top: str) -> str:
    """The name of the listing in which a package's names stand."""
    if top in PYTHON:
        return "python"
    name = _FILES.get(top, top)
    return name if name in listing.listings() else ""


@cache
def _package(name: str) -> _Package:
    package = _Package({}, [], [], set(), [])
    for line in listing.read(name):
        if line.word == "never":
            package.never.update(f"{line.module}.{each}" for each in line.names)
            package.never_in.extend([line.module + "."] * ("*" in line.names))
            continue
        word, _, judge = line.word.partition(":")
        entry = Entry(_WORDS[word], judge, not line.names, line.note)
        if not line.names:
            package.families.append((line.module + ".", entry))
        for each in line.names:
            if each.endswith("*"):
                package.patterns.append(((line.module + ".", each[:-1]), entry))
            else:
                package.entries.setdefault(f"{line.module}.{each}", entry)
    return package


def is_known(module: str) -> bool:
    """Whether the package that holds this module has a listing, or is Python's own."""
    package = _package(_listing(module.partition(".")[0]))
    return bool(package.entries or package.families)


def listed() -> dict[str, Entry]:
    """Every name that is listed by itself, without patterns and families."""
    found: dict[str, Entry] = {}
    for name in sorted(listing.listings()):
        found |= _package(name).entries
    return found
