"""What a dotted name leads to: through whom it was reached, and whether Python itself owns it."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.pickle.values import Call, Global, Items, Result, Value
from assay.scan.callables.allowed import Use, canonical, look_up
from assay.scan.callables.harm import Harm, harm_of
from assay.scan.callables.python_modules import PYTHON

#: Modules that another module's attribute of that name can hardly be anything else than.
_UNMISTAKABLE: Final = frozenset((
    "os", "sys", "subprocess", "builtins", "importlib", "posix", "nt", "socket", "shutil", "ctypes", "marshal", "pty",
    "runpy", "imp", "pickle", "cPickle", "urllib", "requests", "multiprocessing", "threading", "tempfile",
    "webbrowser", "asyncio", "pdb", "codeop", "sysconfig",
))  # fmt: skip
#: Double-underscored names that lead on to nothing.
_HARMLESS: Final = frozenset(
    ("__newobj__", "__newobj_ex__", "__name__", "__version__", "__doc__", "__init__", "__import__")
)
#: What words in a name say.
_HINTS: Final = (
    (
        "runs something",
        frozenset(
            (
                "run",
                "exec",
                "execute",
                "eval",
                "system",
                "popen",
                "spawn",
                "shell",
                "cmd",
                "command",
                "proxy",
                "launch",
                "call",
            )
        ),
    ),
    ("loads something", frozenset(("load", "loads", "unpickle", "deserialize", "restore", "import", "loader"))),
    (
        "fetches or sends something",
        frozenset(("download", "fetch", "request", "url", "http", "connect", "send", "post", "upload")),
    ),
    (
        "reads or writes files",
        frozenset(("open", "read", "write", "save", "dump", "file", "path", "remove", "delete", "extract")),
    ),
)
_STEPS: Final = 8
#: Calls that give no text, whatever they are given.
_NEVER_TEXT: Final = frozenset(
    ("numpy.dtype", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
)


def is_python(dotted: str) -> bool:
    """Whether the name is in Python's own library."""
    return dotted.partition(".")[0] in PYTHON


def is_class_like(dotted: str) -> bool:
    """Whether the last part is written as classes are."""
    last = dotted.rpartition(".")[2].lstrip("_")
    return last[:1].isupper() and not last.isupper()


def reached(module: str, name: str) -> tuple[str, Harm] | None:
    """What a name reaches through another module or a double-underscored attribute, and what that does.

    ``random`` and ``_os.system`` give ``os.system``; ``numpy`` and ``__builtins__`` give themselves.
    """
    parts = name.split(".")
    for index, part in enumerate(parts):
        if part.startswith("__") and part.endswith("__") and part not in _HARMLESS:
            return f"{module}.{name}", Harm.REACH
        bare = part.lstrip("_")
        rest = ".".join([bare, *parts[index + 1 :]])
        if index == len(parts) - 1:
            if bare in _UNMISTAKABLE and (bare != part or module.partition(".")[0] != bare):
                return bare, harm_of(bare) or harm_of(f"{bare}.*") or Harm.REACH
        elif bare in PYTHON and (harm := harm_of(rest)):
            return rest, harm
    return None


def resolved(found: Value, steps: int = 0) -> str:  # noqa: PLR0911 - one case for each way
    """The dotted name a value stands for, followed through the usual ways of looking one up; empty when unknown."""
    if isinstance(found, Global):
        return canonical(found.dotted) if found.module else ""
    if not isinstance(found, Result) or steps >= _STEPS:
        return ""
    args = found.call.args
    match resolved(found.call.target, steps + 1), args:
        case "builtins.getattr", (holder, str(name), *_):
            start = resolved(holder, steps + 1)
            return f"{start}.{name}" if start else ""
        case (
            (
                "importlib.import_module"
                | "builtins.__import__"
                | "importlib.__import__"
                | "pydoc.locate"
                | "pydoc.safeimport"
            ),
            (
                str(name),
                *_,
            ),
        ):
            return name
        case "numpy.core._ufunc_reconstruct", (str(module), str(name)):
            return f"{module}.{name}"
        case "pkgutil.resolve_name", (str(name), *_):
            return name.replace(":", ".")
        case (("dill._dill._import_module" | "cloudpickle.cloudpickle.subimport"), (str(name), *_)):
            return name
        case "cloudpickle.cloudpickle._builtin_type", (str(name), *_):
            return f"types.{name}"
        case "dill._dill._load_type", (str(name), *_):
            return f"builtins.{name}" if name.islower() else f"types.{name}"
        case "functools.partial", (holder, *_):
            return resolved(holder, steps + 1)
    getter = found.call.target
    if isinstance(getter, Result) and args:
        match resolved(getter.call.target, steps + 1), getter.call.args:
            case (
                ("operator.attrgetter" | "operator.itemgetter"),
                (
                    str(name),
                    *_,
                ),
            ):
                start = resolved(args[0], steps + 1)
                return f"{start}.{name}" if start else ""
    return ""


def is_no_text(found: Value) -> bool:
    """Whether a value is a listed class, an instance of one or a container: Python's unpickler takes no such for a part
    of a name, and ends there.
    """
    match found:
        case Items() | int() | float() | bytes() | None:
            return True
        case Global():
            entry = look_up(found.module, found.name)
            return entry is not None and entry.use is Use.CLASS and is_class_like(found.dotted)
        case Result(call=Call(op="NEWOBJ" | "NEWOBJ_EX", target=Global() as made)):
            return made.module != "builtins" and look_up(made.module, made.name, new=True) is not None
        case Result(call=Call(target=Global() as made)):
            return made.dotted in _NEVER_TEXT
    return False


def is_hardly_text(found: Value) -> bool:
    """Whether a value is written as classes are, or made as their instances are."""
    match found:
        case Global():
            return is_class_like(found.dotted) and not is_python(found.dotted)
        case Result(call=Call(op="NEWOBJ" | "NEWOBJ_EX", target=Global() as made)):
            return not is_python(made.dotted)
    return False


def hint(dotted: str) -> str:
    """What a name that nobody has read says of itself: words that follow it; empty when it says nothing."""
    words = set(re.split(r"[._]+|(?<=[a-z])(?=[A-Z])", dotted.rpartition(".")[2]))
    words = {word.lower() for word in words}
    return next((f" and by its name {does}" for does, telling in _HINTS if words & telling), "")


def owner(found: Value) -> str:
    """The module in which the search for a value's name begins; empty when unknown."""
    for _ in range(_STEPS):
        if isinstance(found, Global):
            return found.module
        if not isinstance(found, Result):
            return ""
        found = found.call.args[0] if found.call.args else None
    return ""


def split(dotted: str, module: str) -> tuple[str, str]:
    """A dotted name as its module and its name in it; the last part alone is the name when the module is not known."""
    if module and dotted.startswith(module + "."):
        return module, dotted[len(module) + 1 :]
    before, _, last = dotted.rpartition(".")
    return before, last
