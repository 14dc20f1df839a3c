"""What R's functions do when stored code calls them."""

from __future__ import annotations

from functools import cache
from typing import Final

from assay.scan.knowledge import words

_REACHING: Final = ("runs commands", "runs native code", "uses the network")
NATIVE: Final = "runs native code"

#: Functions that find others by name, so that a text names what is called.
INDIRECT: Final = frozenset({"do.call", "match.fun", "get", "get0", "mget", "getFunction", "eval", "parse", "str2lang"})
#: Names that an R session calls by itself when they are found in the workspace.
HOOKS: Final = frozenset({".First", ".First.sys", ".Last", ".onLoad", ".onAttach", ".onUnload", ".Last.lib"})
#: Functions that people type after loading a model; a binding of that name takes their place.
MASKED: Final = frozenset(
    {"print", "predict", "summary", "plot", "library", "require", "q", "quit", "ls", "c", "list", "data.frame", "load"}
    | {"readRDS", "source", "eval", "format", "cat", "str", "head", "tail", "names", "length", "rm", "options"}
)


@cache
def _table() -> dict[str, str]:
    return {name: does for does, names in words.sections("r").items() for name in names}


def does(name: str) -> str | None:
    """What a function does, as the end of a sentence; ``None`` for arithmetic and data handling."""
    return _table().get(name)


def reaches(name: str) -> bool:
    """Whether it runs commands or native code, or uses the network: nothing a model needs for its own work."""
    return _table().get(name) in _REACHING
