"""The names inside PyTorch's zips, below the folder that holds everything, and what each of them is."""

from __future__ import annotations

import re
from typing import Final

#: Numbers only: storages, constants, the weights of exported programs.
_NUMBERS: Final = re.compile(
    r"(?:data|constants|tensors)/[0-9]+|data/(?:weights|constants)/(?:weight|tensor)_[0-9]+", re.A
)
#: Pickles that refer to storages beside them.
_PICKLES: Final = re.compile(r"(?:data|constants|bytecode|attributes)\.pkl", re.A)
_GRAPHS: Final = re.compile(r"serialized_exported_program\.json|models/[^/]+\.json", re.A)
_NATIVE: Final = (
    ".so",
    ".dll",
    ".dylib",
    ".o",
    ".a",
    ".cpp",
    ".cu",
    ".c",
    ".cubin",
    ".ptx",
    ".hsaco",
    ".pyd",
    ".fatbin",
)
#: What PyTorch itself writes besides.
_KNOWN: Final = re.compile(
    r"data\.pkl|constants\.pkl|bytecode\.pkl|attributes\.pkl|traced_inputs\.pkl|version|byteorder|model\.json|mobile_debug_handles\.pkl"
    r"|\.format_version|\.storage_alignment|\.data/(?:version|serialization_id)|code/.+|constants/[0-9]+|extra/.+",
    re.A,
)


def is_numbers(name: str) -> bool:
    """Whether the entry is a run of numbers."""
    return _NUMBERS.fullmatch(name) is not None


def is_pickle(name: str) -> bool:
    """Whether the entry is a pickle that refers to storages."""
    return _PICKLES.fullmatch(name) is not None


def is_graph(name: str) -> bool:
    """Whether the entry is an exported program's graph."""
    return _GRAPHS.fullmatch(name) is not None


def is_native(name: str) -> bool:
    """Whether the entry is native code, or source that is compiled to it."""
    return name.lower().endswith(_NATIVE) and not name.startswith("code/")


def folder_of(pickle: str) -> str:
    """Where the storages lie that a pickle refers to."""
    return {"constants.pkl": "constants/", "bytecode.pkl": "constants/"}.get(pickle, "data/")


def belongs(name: str) -> bool:
    """Whether PyTorch writes such an entry; a pickle among the extra files is not one that it would write."""
    return _KNOWN.fullmatch(name) is not None and not (name.startswith("extra/") and name.endswith(".pkl"))
