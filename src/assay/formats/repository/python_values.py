"""What an expression of Python source stands for, as far as that can be seen without running it.

A value is a constant (``str``, ``bytes``, ``int``), :class:`Named` for something reached by name, :class:`Made` for
what some call gave, or ``None`` when nothing is known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from assay.formats.repository.python_constants import (
    DOWNLOADS,
    ORIGINS,
    Made,
    Named,
    Value,
    constant,
    is_secret_place,
    kept,
    named,
    origins,
)
from assay.formats.repository.python_folding import (
    collected,
    combined,
    decoded,
    filled,
    is_reversed,
    joined,
    mixed,
    text_method,
)
from assay.formats.repository.python_paths import JOINS, PATH, SITE, below, path_method

#: Expressions nested more deeply are not followed.
MAX_DEPTH: Final = 60


class Evaluator:
    """Says what expressions stand for, given what names stand for.

    :param lookup: what a plain name stands for
    """

    def __init__(self, lookup: Callable[[str], Value]) -> None:
        self._lookup = lookup
        #: What was worked out since :meth:`forget`, so that no part of an expression is worked out twice.
        self._known: dict[ast.expr, Value] = {}

    def forget(self) -> None:
        """Names may stand for something else from here on."""
        self._known.clear()

    def value(self, node: ast.expr | None, depth: int = 0) -> Value:
        """What an expression stands for."""
        if node is None or depth > MAX_DEPTH:
            return None
        if isinstance(node, ast.Name):
            return self._lookup(node.id)
        if node not in self._known:
            self._known[node] = self._value(node, depth)
        return self._known[node]

    def _value(self, node: ast.expr, depth: int) -> Value:  # noqa: PLR0911, PLR0912 - one branch for each expression
        match node:
            case ast.Constant(value=str() | bytes() | int() as written):
                return written
            case ast.Attribute(value=inner, attr=attr):
                return _attribute(self.value(inner, depth + 1), attr)
            case ast.Subscript(
                value=ast.List(elts=items) | ast.Tuple(elts=items), slice=ast.Constant(value=int() as at)
            ):
                return self.value(items[at], depth + 1) if 0 <= at < len(items) else None
            case ast.Subscript(value=inner, slice=index):
                return self._item(self.value(inner, depth + 1), index, depth)
            case ast.BinOp(left=left, op=ast.Mod(), right=ast.Tuple(elts=items)):
                return self._filled(self.value(left, depth + 1), [self.value(item, depth + 1) for item in items[:50]])
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return below([self.value(left, depth + 1), self.value(right, depth + 1)])
            case ast.BinOp(left=left, op=op, right=right):
                return combined(op, self.value(left, depth + 1), self.value(right, depth + 1))
            case ast.Call():
                return self._call(node, depth)
            case ast.JoinedStr(values=parts):
                return joined([self.value(part, depth + 1) for part in parts], "")
            case ast.FormattedValue(value=inner):
                return self.value(inner, depth + 1)
            case ast.NamedExpr(value=inner) | ast.Await(value=inner) | ast.Starred(value=inner):
                return self.value(inner, depth + 1)
            case ast.IfExp(body=one, orelse=other):
                return _either([self.value(one, depth + 1), self.value(other, depth + 1)])
            case ast.BoolOp(values=several):
                return _either([self.value(part, depth + 1) for part in several[:200]])
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                values = [self.value(item, depth + 1) for item in items[:200]]
                return collected(list(range(len(values))), values)
            case ast.Dict(keys=keys, values=items):
                known = [constant(self.value(key, depth + 1)) for key in keys[:200]]
                return collected([*known], [self.value(item, depth + 1) for item in items[:200]])
        return None

    def _filled(self, pattern: Value, values: list[Value]) -> Value:
        whole = constant(pattern)
        text = filled(whole, [constant(value) for value in values]) if isinstance(whole, str) else None
        return mixed([pattern, *values]) if text is None else kept(text, pattern, *values)

    def _item(self, whole: Value, index: ast.expr, depth: int) -> Value:  # noqa: PLR0911 - one branch for each whole
        if isinstance(index, ast.Slice):
            known = constant(whole)
            if isinstance(known, str | bytes) and is_reversed(index):
                return kept(known[::-1], whole)
            if isinstance(whole, Made) and whole.parts:
                return whole
            return Made("", origins(whole)) if origins(whole) else None
        key = constant(self.value(index, depth + 1))
        if isinstance(whole, Made) and whole.dotted.startswith(SITE):
            return whole
        if isinstance(whole, Made) and whole.parts:
            there = next((value for at, value in whole.parts if at == key), None)
            return whole.parts[0][1] if there is None and key is None else there
        if isinstance(whole, Made) and isinstance(key, str) and whole.dotted in ("builtins.globals", "builtins.locals"):
            return self._lookup(key)
        if isinstance(whole, Named) and isinstance(key, str):
            if whole.dotted == "sys.modules":
                return named(key)
            if whole.dotted.endswith(".__dict__"):
                return _attribute(Named(whole.dotted.removesuffix(".__dict__")), key)
            if whole.dotted == "builtins":
                return Named(f"builtins.{key}")
            if whole.dotted == "os.environ":
                return None
        return Made("", origins(whole)) if origins(whole) else None

    def _call(self, node: ast.Call, depth: int) -> Value:
        target = self.value(node.func, depth + 1)
        values = [self.value(argument, depth + 1) for argument in node.args[:20]]
        if isinstance(target, Named):
            return self._named_call(target.dotted, values, node, depth)
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func, values, depth)
        return None

    def _named_call(self, dotted: str, values: list[Value], node: ast.Call, depth: int) -> Value:  # noqa: PLR0911, PLR0912 - one branch for each function
        whole = values[0] if values else None
        first, second = [*map(constant, values), None, None][:2]
        if dotted == "builtins.getattr" and isinstance(second, str):
            return _attribute(whole, second)
        if dotted in ("builtins.__import__", "importlib.import_module", "importlib.__import__"):
            if isinstance(first, str):
                return named(first if dotted == "importlib.import_module" else first.partition(".")[0])
            return Made(dotted)
        if dotted == "sys.modules.get" and isinstance(first, str):
            return named(first)
        if dotted in PATH or dotted in JOINS:
            return below(values, dotted)
        if dotted == "builtins.vars" and isinstance(whole, Named):
            return Named(whole.dotted + ".__dict__")
        if dotted == "builtins.chr" and isinstance(first, int) and 0 <= first < 0x110000:
            return _sign(first)
        if dotted in ("builtins.str", "builtins.bytes", "builtins.bytearray") and isinstance(whole, str | bytes | Made):
            return whole
        if dotted == "builtins.bytes" and node.args:
            items = self.sequence(node.args[0], depth + 1)
            if items and all(isinstance(item, int) and 0 <= item < 256 for item in items):
                return Made(dotted, frozenset({"decoded"}), bytes(item for item in items if isinstance(item, int)))
            if isinstance(node.args[0], ast.ListComp | ast.GeneratorExp):
                return Made(dotted, frozenset({"decoded"}))
        folded = decoded(dotted, first, second)
        found = set[str]().union(
            *map(origins, values), *(origins(self.value(k.value, depth + 1)) for k in node.keywords)
        )
        if dotted in ORIGINS:
            found.add(ORIGINS[dotted])
        elif dotted.startswith(DOWNLOADS):
            found = {"downloaded"}
        elif dotted == "builtins.open" and is_secret_place(first):
            found = {"credentials"}
        return Made(dotted, frozenset(found), folded)

    def _method(self, node: ast.Call, function: ast.Attribute, values: list[Value], depth: int) -> Value:
        whole = self.value(function.value, depth + 1)
        known = constant(whole)
        if isinstance(whole, Made) and whole.dotted in PATH:
            return path_method(whole, function.attr, values)
        if isinstance(known, str | bytes):
            if function.attr == "join" and node.args and isinstance(known, str):
                items = self.sequence(node.args[0], depth + 1)
                if items is None and _makes_signs(node.args[0]):
                    return Made("", frozenset({"decoded"}))
                return joined(items, known) if items is not None else mixed([whole, *values])
            result = text_method(known, function.attr, [constant(value) for value in values])
            return mixed([whole, *values]) if result is None else kept(result, whole, *values)
        if isinstance(whole, Made):
            found = whole.origins.union(*map(origins, values))
            return Made(f"{whole.dotted}().{function.attr}" if whole.dotted else "", found)
        return mixed(values)

    def sequence(self, node: ast.expr, depth: int) -> list[Value] | None:
        """The items of a list or tuple that is written out, or of ``map(chr, [...])``."""
        if isinstance(node, ast.List | ast.Tuple) and len(node.elts) <= 100_000:
            return [self.value(item, depth + 1) for item in node.elts]
        match node:
            case ast.Call(func=ast.Name(id="map"), args=[ast.Name(id="chr"), inner]):
                items = self.sequence(inner, depth + 1)
                return None if items is None else [_sign(item) for item in items]
            case (
                ast.ListComp(elt=ast.Call(func=ast.Name(id="chr"), args=[ast.Name()]), generators=[one])
                | ast.GeneratorExp(elt=ast.Call(func=ast.Name(id="chr"), args=[ast.Name()]), generators=[one])
            ):
                items = self.sequence(one.iter, depth + 1)
                return None if items is None else [_sign(item) for item in items]
        return None


def _either(values: list[Value]) -> Value:
    """One of several, whichever it is: the one that is reached by name, if there is one."""
    reached = next((value for value in values if isinstance(value, Named)), None)
    return reached or next((value for value in values if value is not None), None)


def _makes_signs(node: ast.expr) -> bool:
    """Whether characters are worked out one by one, as ``chr(ord(c) ^ 7) for c in …`` does."""
    match node:
        case (
            ast.ListComp(elt=ast.Call(func=ast.Name(id="chr")))
            | ast.GeneratorExp(elt=ast.Call(func=ast.Name(id="chr")))
        ):
            return True
    return False


def _sign(number: Value) -> Value:
    """A character written as its number, as nobody writes text who wants it read."""
    if isinstance(number, int) and 0 <= number < 0x110000:
        return Made("", frozenset({"decoded"}), chr(number))
    return None


def _attribute(whole: Value, attr: str) -> Value:
    if isinstance(whole, Named):
        if attr == "__dict__" or not attr:
            return Named(whole.dotted + ".__dict__")
        if attr in ("__builtins__", "__builtin__"):
            return Named("builtins")
        return named(f"{whole.dotted}.{attr}") if len(whole.dotted) < 500 else None
    if isinstance(whole, Made):
        if whole.dotted.startswith(".") and "(" not in whole.dotted:
            return Named(f"{whole.dotted}.{attr}")  # a method of an instance of a class of this file
        return Made(whole.dotted, whole.origins)
    return None
