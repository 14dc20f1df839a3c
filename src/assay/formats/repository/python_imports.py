"""Which other files a Python file has run: what it imports, however that is written, and what of it is called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

#: Imports of one file that are kept.
MAX_IMPORTS: Final = 5_000
#: Stands for "it changes where modules are looked for".
ANYWHERE: Final = "*"
_IMPORTERS: Final = frozenset({"import_module", "__import__", "run_module", "find_spec", "exec_module", "safeimport"})
_RUNNERS: Final = frozenset({"run_path", "spec_from_file_location", "load_source", "SourceFileLoader", "execfile"})
#: Libraries that no model brings along; a file of such a name is not followed for what is called of it.
_LIBRARIES: Final = frozenset(
    (
        "builtins", "os", "sys", "typing", "math", "json", "re", "logging", "warnings", "collections", "functools",
        "itertools", "dataclasses", "pathlib", "abc", "copy", "random", "time", "enum", "contextlib", "inspect",
        "argparse", "subprocess", "shutil", "io", "torch", "numpy", "transformers", "tensorflow", "jax", "flax",
        "einops", "diffusers", "datasets", "pandas", "scipy", "sklearn", "PIL", "tqdm", "huggingface_hub", "keras",
        "setuptools", "pytest", "unittest", "get_ipython", "super", "requests", "socket", "urllib", "importlib",
    )
)  # fmt: skip
#: What a module beside this one is called by, inside of the names that are followed: ``.<.helper>.go``.
_RELATIVE: Final = re.compile(r"\.<(\.*[\w.]*)>\.([\w.]+)")


def relative(module: str, name: str) -> str:
    """The label of a name that is imported from beside."""
    return f".<{module}>.{name}"


def is_foreign(dotted: str) -> bool:
    """Whether a call of this name may be one of a file beside."""
    top, dot, _ = dotted.partition(".")
    return bool(dot) and top.isidentifier() and top not in _LIBRARIES


def called_of(label: str) -> str:
    """A call of a file beside as ``MODULE NAME``, the module with its dots; empty for a call within the file."""
    if found := _RELATIVE.match(label):
        return f"{found[1]} {found[2]}"
    if label.startswith(".") or not is_foreign(label):
        return ""
    module, _, name = label.rpartition(".")
    return f"{module} {name}"


def imports_of(tree: ast.Module) -> tuple[str, ...]:
    """Modules by their dotted names, with a dot for each level of a relative import; files by their paths."""
    return tuple(sorted({name for node in ast.walk(tree) for name in _named(node)})[:MAX_IMPORTS])


def _named(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=aliases):
            yield from (alias.name for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            base = "." * level + (module or "")
            if module:
                yield base
            if level:  # a name may be a module of its own; of another package's names none lies here
                yield from (f"{base}.{alias.name}" if module else f"{base}{alias.name}" for alias in aliases)
        case ast.Call(func=function, args=arguments):
            name = _last(function)
            texts = [each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if name in _IMPORTERS:
                yield from texts[:1]
            elif name in _RUNNERS:
                yield from (text for text in texts if text.endswith(".py"))
            elif name == "open":
                yield from (text for text in texts[:1] if text.endswith(".py"))
        case ast.Attribute(value=ast.Name(id="sys"), attr="path"):
            yield ANYWHERE


def _last(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
