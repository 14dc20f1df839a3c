"""Graphs of exported programs, as JSON: the operators they call, and size expressions, which a loader evaluates.

``torch.export.load`` hands each ``expr_str`` to ``sympy.sympify``, which evaluates it as Python. Sizes need names,
numbers, a few functions and arithmetic; everything else is strange.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

_EXPRESSION: Final = re.compile(r'"expr_str"\s*:\s*"((?:[^"\\]|\\.)*)"')
_TARGET: Final = re.compile(r'"target"\s*:\s*"((?:[^"\\]|\\.)*)"')
_TOKENS: Final = re.compile(r"\s*(?:(?P<name>[A-Za-z]\w*)|[0-9]+(?:\.[0-9]+)?|\*\*|//|[<>=!]=|[-+*/%(),<>&|~])", re.A)
#: What sizes are made of: symbols (``s0``, ``u3``, ``zuf1``) and the functions that PyTorch writes them with.
_SYMBOL: Final = re.compile(r"[a-z]{1,4}[0-9]+|zoo|oo|nan|int_oo", re.A)
_FUNCTIONS: Final = frozenset({
    "Max", "Min", "Mod", "FloorDiv", "CleanDiv", "CeilDiv", "ModularIndexing", "PythonMod", "Piecewise", "ceiling",
    "floor", "Eq", "Ne", "Lt", "Le", "Gt", "Ge", "And", "Or", "Not", "Where", "Identity", "IntTrueDiv", "FloatTrueDiv",
    "ToFloat", "TruncToInt", "TruncToFloat", "CeilToInt", "FloorToInt", "RoundToInt", "RoundDecimal", "PowByNatural",
    "FloatPow", "LShift", "RShift", "Abs", "sqrt", "log2", "True", "False", "Integer", "Float", "Rational", "Symbol",
})  # fmt: skip


def strange_expressions(text: str) -> Iterator[str]:
    """Every size expression that is more than arithmetic, each once."""
    seen: set[str] = set()
    for found in _EXPRESSION.finditer(text):
        expression = _unescaped(found[1])
        if expression not in seen and not _is_arithmetic(expression):
            seen.add(expression)
            yield expression


def operators(text: str) -> Iterator[str]:
    """Every operator that the graph calls, each once."""
    yield from dict.fromkeys(_unescaped(found[1]) for found in _TARGET.finditer(text))


def _is_arithmetic(expression: str) -> bool:
    place = 0
    while place < len(expression.rstrip()):
        found = _TOKENS.match(expression, place)
        if found is None:
            return False
        name = found["name"]
        if name and name not in _FUNCTIONS and not _SYMBOL.fullmatch(name):
            return False
        place = found.end()
    return True


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
