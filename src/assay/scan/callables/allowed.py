"""The allow-list: what each name known to be inert may be used for."""

from __future__ import annotations

import enum
from functools import cache
from typing import Final, NamedTuple

from assay.scan.callables import listing


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
    entries: dict[str, Entry]
    patterns: list[tuple[str, str, Entry]]
    families: list[tuple[str, Entry]]
    never: frozenset[str]


_WORDS: Final = {"name": Use.NAME, "class": Use.CLASS, "call": Use.CALL, "judge": Use.JUDGED}

#: Packages that are known under another name.
_ALIASES: Final = (("numpy._core.", "numpy.core."), ("__builtin__.", "builtins."), ("copy_reg.", "copyreg."))

#: Top-level modules whose names stand in another package's listing; any other's stand in one of its own name.
_FILES: Final = {
    "pytorch_lightning": "lightning", "lightning_fabric": "lightning", "torchmetrics": "lightning",
    "torchvision": "torchlike", "timm": "torchlike", "ultralytics": "torchlike", "models": "torchlike",
    "peft": "torchlike", "diffusers": "torchlike", "accelerate": "torchlike", "fastai": "torchlike",
    "fastcore": "torchlike", "fasttransform": "torchlike", "yolov5": "torchlike", "torchaudio": "torchlike",
    "__torch__": "torchlike", "sentence_transformers": "transformers", "setfit": "transformers",
    "tokenizers": "transformers", "spacy": "text", "thinc": "text", "gensim": "text", "nltk": "text",
    "srsly": "text", "confection": "text", "catalogue": "text", "preshed": "text", "cymem": "text", "murmurhash": "text",
    "spacy_legacy": "text", "xgboost": "boosting", "lightgbm": "boosting", "catboost": "boosting", "_catboost": "boosting",
    "imblearn": "estimators", "sktime": "estimators", "skbase": "estimators", "hmmlearn": "estimators",
    "umap": "estimators", "pynndescent": "estimators", "hdbscan": "estimators", "pyod": "estimators",
    "category_encoders": "estimators", "mlxtend": "estimators", "patsy": "estimators", "formulaic": "estimators",
    "interface_meta": "estimators", "numba": "estimators", "skops": "estimators",
    "dill": "carriers", "cloudpickle": "carriers", "joblib": "carriers", "_joblib": "carriers",
    "dateutil": "values", "pytz": "values", "pyarrow": "values", "polars": "values", "omegaconf": "values",
    "pydantic": "values", "pydantic_core": "values", "attr": "values", "attrs": "values", "networkx": "values",
    "shapely": "values", "xarray": "values", "addict": "values", "easydict": "values", "yacs": "values",
    "munch": "values", "PIL": "values", "tzdata": "values", "ml_dtypes": "values", "bitarray": "values",
    "regex": "values", "tzlocal": "values", "narwhals": "values", "box": "values",
    "keras": "tensorflow", "tensorflow": "tensorflow", "wrapt": "tensorflow", "jax": "tensorflow", "jaxlib": "tensorflow",
}  # fmt: skip


def look_up(module: str, name: str) -> Entry | None:
    """What the allow-list says of ``module.name``; ``None`` when it is not on it."""
    return _look_up(f"{module}.{name}")


@cache
def _package(name: str) -> _Package:
    package = _Package({}, [], [], never := frozenset[str]())
    for line in listing.read(name):
        if line.word == "never":
            never |= {f"{line.module}.{each}" for each in line.names}
            continue
        word, _, judge = line.word.partition(":")
        entry = Entry(_WORDS[word], judge, not line.names, line.note)
        if not line.names:
            package.families.append((line.module + ".", entry))
        for each in line.names:
            if each.endswith("*"):
                package.patterns.append((line.module + ".", each[:-1], entry))
            else:
                package.entries.setdefault(f"{line.module}.{each}", entry)
    return package._replace(never=never)


@cache
def _look_up(dotted: str) -> Entry | None:
    for old, new in _ALIASES:
        if dotted.startswith(old):
            dotted = new + dotted[len(old) :]
    top = dotted.partition(".")[0]
    package = _package(_FILES.get(top, top if top.isidentifier() else ""))
    found = package.entries.get(dotted)
    if found is None and not package.entries and not package.families:
        package = _package("python")
        found = package.entries.get(dotted)
    if found is not None:
        return found
    if dotted in package.never:
        return None
    last = dotted.rpartition(".")[2]
    for module, start, entry in package.patterns:
        if dotted.startswith(module) and last.startswith(start):
            return entry
    if last.lstrip("_")[:1].isupper() and not last.startswith("__"):
        for prefix, entry in package.families:
            if dotted.startswith(prefix):
                return entry
    return None


def is_known(module: str) -> bool:
    """Whether the package that holds this module has a listing of its own, or is Python's own."""
    top = module.partition(".")[0]
    if top in _FILES or top in ("builtins", "copyreg", "__builtin__"):
        return True
    return bool(
        _package(top if top.isidentifier() else "").entries or _package(top if top.isidentifier() else "").families
    )


def listed() -> dict[str, Entry]:
    """Every name that is listed by itself, without patterns and families."""
    found: dict[str, Entry] = {}
    for name in listing.listings():
        if name != "harms":
            found |= _package(name).entries
    return found
