"""Python functions that a pickle carries as bytecode: which names their code uses, and for what.

Every way to write a function down ends in the same few fields. The instructions are walked with the tables of each
Python they could be for, to tell ``eval(x)`` from ``model.eval()``; where no table fits, a name counts as both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from assay.scan.callables.harm import Harm, harm_of
from assay.scan.callables.python_modules import PYTHON


@dataclass(frozen=True, slots=True)
class Code:
    """One code object.

    :param name: the function's
    :param names: names of globals, attributes and modules
    :param texts: strings among its constants
    :param instructions: its bytecode
    :param complete: nothing of it was cut off or left unread
    """

    name: str
    names: tuple[str, ...]
    texts: tuple[str, ...] = ()
    instructions: bytes = b""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Uses:
    """What a code object's names are used for.

    :param globals: read, written or imported as a name of its own
    :param attributes: looked up on something
    :param sure: the instructions told them apart
    """

    globals: frozenset[str]
    attributes: frozenset[str]
    sure: bool


class _Table(NamedTuple):
    """Opcodes of one Python that take a name. ``halved``: the index is the argument's upper bits."""

    first: int
    extended: int
    globals: dict[int, int]
    attributes: dict[int, int]


def _old(*, method: bool = True, halved: int = 0) -> tuple[dict[int, int], dict[int, int]]:
    names = {90: 0, 91: 0, 97: 0, 98: 0, 101: 0, 108: 0, 116: halved}
    return names, {95: 0, 96: 0, 106: 0, 109: 0, **({160: 0} if method else {})}


#: Python 3.6 to 3.10, 3.11, 3.12 and 3.13; ``first`` is the RESUME that a newer one starts with, or 0.
_TABLES: Final = (
    _Table(0, 144, *_old()),
    _Table(151, 144, *_old(halved=1)),
    _Table(
        151,
        144,
        {90: 0, 91: 0, 97: 0, 98: 0, 101: 0, 108: 0, 116: 1, 175: 0},
        {95: 0, 96: 0, 106: 1, 109: 0, 141: 2},
    ),
    _Table(
        149,
        71,
        {67: 0, 66: 0, 75: 0, 91: 1, 92: 0, 90: 0, 113: 0, 114: 0},
        {63: 0, 74: 0, 82: 1, 93: 2, 108: 0},
    ),
)
#: Opcodes that may stand before RESUME.
_BEFORE_RESUME: Final = 16

#: Names by which code climbs out of what it was given.
_ESCAPES: Final = frozenset(
    (
        "__globals__",
        "__builtins__",
        "__subclasses__",
        "__bases__",
        "__base__",
        "__mro__",
        "__code__",
        "__closure__",
        "__import__",
        "__loader__",
        "__spec__",
        "f_globals",
        "f_locals",
        "f_builtins",
        "f_back",
        "gi_frame",
        "gi_code",
        "cr_frame",
        "ag_frame",
        "tb_frame",
        "func_globals",
        "__reduce__",
        "__reduce_ex__",
        "__getattribute__",
    )
)
#: Built-in functions that honest code uses all the time; alone they do no harm.
_ORDINARY: Final = frozenset((
    "super", "hasattr", "getattr", "setattr", "delattr", "vars", "dir", "locals", "map", "filter",
))  # fmt: skip
#: Modules that honest code imports for a path, a clock or a message; only their harmful functions count.
_COMMON: Final = frozenset((
    "os", "sys", "posixpath", "pathlib", "logging", "warnings", "json", "contextlib", "threading", "inspect",
    "weakref", "gc", "locale", "csv", "zlib", "queue", "configparser", "codecs", "errno", "heapq", "bisect",
    "selectors", "email", "signal", "platform", "concurrent", "multiprocessing", "asyncio", "xml", "hmac", "copyreg",
    "tempfile", "glob", "stat", "fnmatch", "mimetypes", "tracemalloc", "resource", "unittest", "doctest", "getpass",
    "numba", "sympy", "tensorflow", "keras", "torch", "matplotlib", "PIL", "cv2", "pyarrow", "polars", "h5py",
    "transformers", "lightgbm", "xgboost", "catboost", "spacy", "gensim", "nltk", "srsly", "sklearn", "joblib",
    "safetensors", "onnx", "onnxruntime", "datasets", "peft", "diffusers", "fsspec", "sqlalchemy", "skimage",
    "librosa", "jinja2", "ray", "dask", "gradio", "streamlit", "flask", "django", "tornado", "mlflow", "wandb",
    "google", "sagemaker", "_thread",
))  # fmt: skip
#: What honest code does with the modules that every script imports.
_HARMLESS_ATTRIBUTES: Final = frozenset(("path", "sep", "linesep", "devnull", "PathLike", "fspath", "getcwd"))
#: Written as a text, for ``getattr``.
_TELLING: Final = frozenset((
    "system", "popen", "eval", "exec", "execfile", "__import__", "compile", "subprocess", "check_output",
))  # fmt: skip
_WORST: Final = (
    Harm.COMMAND, Harm.CODE, Harm.NATIVE, Harm.LOAD, Harm.IMPORT, Harm.REACH, Harm.TAMPER, Harm.NETWORK, Harm.FILE,
    Harm.PROCESS, Harm.CALLER,
)  # fmt: skip


def uses(code: Code) -> Uses:
    """What the names of a code object are used for, under every Python whose instructions fit."""
    found: set[str] = set()
    attributes: set[str] = set()
    sure = False
    for table in _TABLES:
        walked = _walk(code, table)
        if walked is not None:
            sure = True
            found |= walked[0]
            attributes |= walked[1]
    if not sure or not code.complete:
        found |= set(code.names)
        attributes |= set(code.names)
    return Uses(frozenset(found), frozenset(attributes), sure and code.complete)


def _walk(code: Code, table: _Table) -> tuple[set[str], set[str]] | None:
    data = code.instructions
    opcodes = data[::2]
    if len(data) % 2 or not data or (table.first and table.first not in opcodes[:_BEFORE_RESUME]):
        return None
    if not table.first and opcodes[0] in (149, 151, 128):
        return None
    found: tuple[set[str], set[str]] = (set(), set())
    high = 0
    for opcode, low in zip(opcodes, data[1::2], strict=True):
        argument = high | low
        if opcode == table.extended:
            high = (argument << 8) & 0xFFFFFF
            continue
        high = 0
        for kind, shifts in ((0, table.globals), (1, table.attributes)):
            if opcode in shifts:
                index = argument >> shifts[opcode]
                if index >= len(code.names):
                    return None
                found[kind].add(code.names[index])
    # A name that no instruction uses would be there for nothing.
    return found if found[0] | found[1] >= set(code.names) else None


@dataclass(slots=True)
class Verdict:
    """What a code object could do, by its names.

    :param reaches: dotted names and what each does, the worst first
    """

    reaches: list[tuple[str, Harm]] = field(default_factory=list)
    sure: bool = True


def is_common(module: str) -> bool:
    """Whether honest functions import this module of Python's own, so that only what they call in it counts.

    What has a dot may be a function: dill looks the last part up in what lies before it.
    """
    return module in _COMMON & PYTHON


def aliased(code: Code, module: str, *, anywhere: bool) -> Iterator[tuple[str, Harm]]:
    """What code that does not name an imported module could do with it under another name.

    :param anywhere: no function names the module; else only what cannot be mistaken for a method counts
    """
    used = uses(code)
    if module in used.globals or module.rpartition(".")[2] in used.globals:
        return
    for attribute in sorted(used.attributes - _HARMLESS_ATTRIBUTES):
        harm = harm_of(f"{module}.{attribute}")
        if harm is None or harm is harm_of(f"{module}.*"):
            continue
        if anywhere or harm in (Harm.COMMAND, Harm.NATIVE):
            yield f"{module}.{attribute}", harm


def judge(code: Code) -> Verdict:
    """What the names that a code object uses are known to do."""
    used = uses(code)
    found = dict(_harms(used, code.texts))
    order = {harm: place for place, harm in enumerate(_WORST)}
    return Verdict(sorted(found.items(), key=lambda each: (order[each[1]], each[0])), used.sure)


def _harms(used: Uses, texts: tuple[str, ...]) -> Iterator[tuple[str, Harm]]:
    for name in used.attributes & _ESCAPES | used.globals & _ESCAPES:
        yield name, Harm.REACH
    for name in used.globals:
        if name not in _ORDINARY and (harm := harm_of(f"builtins.{name}")):
            yield name, harm
        module = name.lstrip("_") if name.lstrip("_").partition(".")[0] in PYTHON else name
        top = module.partition(".")[0]
        for attribute in used.attributes - _HARMLESS_ATTRIBUTES:
            harm = harm_of(f"{module}.{attribute}")
            # A whole module's harm is not an attribute's: `os.mean` is no name.
            if harm is not None and harm_of(f"{module}.*") is not harm:
                yield f"{module}.{attribute}", harm
            elif harm is not None and module != top and top not in _COMMON:
                yield module, harm
        if top not in _COMMON and (harm := harm_of(f"{module}.*")) and (top in PYTHON or "." in name or len(top) > 3):
            yield module, harm
    if "getattr" in used.globals or "__import__" in used.globals or "import_module" in used.attributes:
        for text in set(texts) & _TELLING:
            yield text, Harm.REACH
