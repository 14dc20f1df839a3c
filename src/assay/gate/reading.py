"""Typed values out of a policy's TOML; every refusal names its place and how to write it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Final

from assay.core.errors import PolicyError
from assay.gate.words import shown

#: The longest name that a policy may give to a stage, an identity or itself, in characters.
MAX_NAME: Final = 200
MAX_DAYS: Final = 36_500
#: The longest list; finding doubles takes time quadratic in it.
MAX_ITEMS: Final = 256
#: How much of an unknown key is compared with the known ones; comparing takes time quadratic in the length.
_COMPARED: Final = 64

_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a table"),
    (datetime, "a date"),
    (date, "a date"),
    (time, "a time"),
)


def kind(value: object) -> str:
    """What ``value`` is in TOML's terms, for people."""
    return next((words for known, words in _KINDS if isinstance(value, known)), "something else")


def table(value: object, where: str) -> dict[str, object]:
    """A table with at least one key."""
    if not isinstance(value, dict):
        raise PolicyError(
            f"this must be a table, not {kind(value)}", where=where, remedy="Write it as { key = value }."
        )
    if not value:
        raise PolicyError(
            "this table demands nothing",
            where=where,
            remedy="State at least one requirement; an empty one never holds.",
        )
    return value


def items(value: object, where: str, *, example: str) -> list[object]:
    """A list with at least one item, none of them twice."""
    if not isinstance(value, list):
        raise PolicyError(f"this must be a list, not {kind(value)}", where=where, remedy=f"Write it like {example}.")
    if not value:
        raise PolicyError("this list is empty", where=where, remedy=f"Write it like {example}, or leave the line out.")
    if len(value) > MAX_ITEMS:
        raise PolicyError(f"this list has more than {MAX_ITEMS} items", where=where, remedy="Shorten it.")
    for index, item in enumerate(value):
        # ``1 == True`` in Python, so a type is part of what an item is.
        if any(type(item) is type(other) and item == other for other in value[:index]):
            raise PolicyError(
                "this stands twice in one list", where=f"{where}[{index}]", remedy="Remove one of the two."
            )
    return value


def text(value: object, where: str) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise PolicyError(f"this must be text, not {kind(value)}", where=where, remedy="Put it in double quotes.")
    return value


def name(value: object, where: str) -> str:
    """A name that can be shown to people as it is: printable, no outer spaces, at most :data:`MAX_NAME` characters."""
    found = text(value, where)
    if not found or found != found.strip() or len(found) > MAX_NAME or not found.isprintable():
        raise PolicyError(
            f"{shown(found)} is no usable name",
            where=where,
            remedy=f"Use 1 to {MAX_NAME} printable characters without spaces around them.",
        )
    return found


def names(value: object, where: str, *, example: str) -> tuple[str, ...]:
    """One name or more, each once, in the order they were written."""
    return tuple(name(item, f"{where}[{index}]") for index, item in enumerate(items(value, where, example=example)))


def switch(value: object, where: str) -> bool:
    """``true``; ``false`` is refused, because it would read as a demand and be none."""
    if value is not True:
        found = "false" if value is False else kind(value)
        raise PolicyError(
            f"this must be true, not {found}",
            where=where,
            remedy="Write true, or leave the line out to demand nothing.",
        )
    return True


def word(value: object, where: str, choices: Sequence[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str):
        raise PolicyError(f"this must be text, not {kind(value)}", where=where, remedy=f"Write {either(choices)}.")
    if value not in choices:
        raise PolicyError(f"{shown(value)} is not known here", where=where, remedy=f"Write {either(choices)}.")
    return value


def days(value: object, where: str) -> timedelta:
    """A positive, finite number of days, up to :data:`MAX_DAYS`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PolicyError(
            f"this must be a number of days, not {kind(value)}", where=where, remedy="Write it like 30 or 0.5."
        )
    if not 0 < value <= MAX_DAYS:  # neither NaN nor an infinity lies between
        raise PolicyError(
            "this number of days cannot be used", where=where, remedy=f"Use more than 0, up to {MAX_DAYS}."
        )
    return timedelta(days=value)


def unknown_key(key: str, where: str, known: Iterable[str]) -> PolicyError:
    """The error for a key that nobody reads, with the nearest one that is read."""
    listed = tuple(known)
    near = get_close_matches(key[:_COMPARED], listed, n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(listed)}."
    return PolicyError(f"the key {shown(key)} is not known", where=where, remedy=remedy)


def either(choices: Sequence[str]) -> str:
    """``"a" or "b"``, as one writes them in TOML."""
    return " or ".join(f'"{choice}"' for choice in choices)
