"""Lists of names, one file for each format beside this module: words between white space, ``#`` starts a comment.

A line ``[domain]`` starts a section; names before the first one belong to the section named by the empty text.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent


@cache
def sections(name: str) -> dict[str, frozenset[str]]:
    """Section → names of the list ``name``."""
    found: dict[str, set[str]] = {"": set()}
    current = found[""]
    for line in (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("[") and text.endswith("]"):
            current = found.setdefault(text[1:-1], set())
        else:
            current.update(text.split())
    return {section: frozenset(names) for section, names in found.items()}


@cache
def names(name: str) -> frozenset[str]:
    """All names of the list ``name``, whatever their section."""
    return frozenset[str]().union(*sections(name).values())
