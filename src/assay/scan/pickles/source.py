"""Python source inside a pickle: which names it uses."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from assay.formats.pickle.values import TEXT_KEPT
from assay.scan.pickles.carried import Code

_DEFINITIONS: Final = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Expr, ast.Assign, ast.AnnAssign)
#: Built-in functions whose names honest graphs use for their own values.
_BORROWED: Final = frozenset(("input", "map", "filter", "dir", "vars", "file", "license", "help"))
#: What every graph of torch names.
_USUAL: Final = frozenset(("torch", "forward", "self"))


@dataclass(frozen=True, slots=True)
class Source:
    """What a text says.

    :param code: its names, as if it was one function
    :param statements: it does more than import, define and assign
    """

    code: Code
    statements: bool


def read(text: str) -> Source | None:
    """The names in a text; ``None`` when it is none that anybody would run: no Python, or a word."""
    if not any(sign in text for sign in ("\n", "(", "import")):
        return None
    try:
        tree = ast.parse(text[:TEXT_KEPT])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    statements = any(not isinstance(each, _DEFINITIONS) for each in tree.body)
    return Source(_of_tree(tree, complete=len(text) < TEXT_KEPT), statements)


def _of_tree(tree: ast.AST, *, complete: bool) -> Code:
    names: set[str] = set()
    texts: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                names.add(name)
            case ast.Import(names=aliases):
                names.update(each.name for each in aliases)
            case ast.ImportFrom(module=str(module), names=aliases):
                names.update((module, *(each.name for each in aliases)))
            case ast.Constant(value=str(text)):
                texts.append(text)
    return Code("forward", tuple(sorted(names - _own(tree) - _USUAL)), tuple(texts), complete=complete)


def _own(tree: ast.AST) -> set[str]:
    """Names of arguments and variables that hide a built-in function."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                bound.add(name)
    return bound & _BORROWED
