"""How values of a pickle are shown in messages: short, on one line, and without secrets."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.pickle.values import Global, Items, Opaque, Persistent, Result, Value

_LONGEST: Final = 60
_ITEMS: Final = 4
_DEPTH: Final = 3
_NESTED: Final = 8
#: User and password in an address; a word that names a secret and what follows it; a long run as tokens have it.
_SECRETS: Final = (
    (re.compile(r"(://)[^/@\s]+@"), r"\1…@"),
    (
        re.compile(r"(?i)((?:password|passwd|secret|token|api_?key|authorization|bearer)\S{0,3}[=:\s]\s*)[^\s'\"&]+"),
        r"\1…",
    ),
    (re.compile(r"(?=[A-Za-z+/_-]{0,40}[0-9])[A-Za-z0-9+_-]{24,}={0,2}"), "…"),
)
_BRACKETS: Final = {"list": ("[", "]"), "set": ("{", "}"), "frozenset": ("{", "}"), "dict": ("{", "}")}


def text(words: str, longest: int = _LONGEST) -> str:
    """Foreign text on one line, cut, with what looks like a secret taken out."""
    words = words[: 8 * longest]
    for pattern, replacement in _SECRETS:
        words = pattern.sub(replacement, words)
    words = "".join(each if each.isprintable() else "�" if each.strip() else " " for each in words)
    return words if len(words) <= longest else words[: longest - 1] + "…"


def value(shown: Value, depth: int = 0) -> str:  # noqa: PLR0911 - one case for each kind
    """A value as Python would write it, shortened."""
    match shown:
        case None | bool() | float():
            return repr(shown)
        case int():
            return repr(shown) if abs(shown) < 1 << 64 else "a huge number"
        case str():
            return "'" + text(shown) + "'"
        case bytes():
            return f"{len(shown):,} bytes" if len(shown) > _NESTED else repr(shown)
        case Global():
            return text(shown.dotted)
        case Result():
            return f"{callee(shown.call.target, depth + 1)}(…)"
        case Persistent():
            return "a persistent object"
        case Opaque():
            return f"a {shown.kind}"
        case Items():
            first, last = _BRACKETS.get(shown.kind, ("(", ")"))
            if depth >= _DEPTH:
                return f"{first}…{last}"
            parts = [value(item, depth + 1) for item in shown.items[: 2 * _ITEMS if shown.kind == "dict" else _ITEMS]]
            if shown.kind == "dict":
                parts = [f"{key}: {item}" for key, item in zip(parts[::2], parts[1::2], strict=False)]
            more = ["…"] * (shown.length > len(shown.items[:_ITEMS]))
            comma = "," * (shown.kind == "tuple" and shown.length == 1)
            return first + ", ".join([*parts, *more]) + comma + last


def callee(target: Value, depth: int = 0) -> str:
    """What is called, by its name where it has one."""
    if isinstance(target, Result) and depth >= _NESTED:
        return "…"
    return value(target, depth)


def arguments(args: tuple[Value, ...]) -> str:
    """Arguments in their brackets."""
    if len(args) == 1 and isinstance(args[0], Opaque):
        return "(…)"
    parts = [value(each) for each in args[:_ITEMS]]
    return "(" + ", ".join([*parts, *["…"] * (len(args) > _ITEMS)]) + ")"
