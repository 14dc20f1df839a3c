"""What a file's ending promises: nothing, or one of the formats that are published under it."""

from __future__ import annotations

from functools import cache
from typing import Final

from assay.formats.catalogue import SIGNATURES

_PROGRAMS: Final = ("assay.formats.program.program", "assay.formats.program.bytecode")
_TEXTS: Final = ("assay.formats.repository.", "assay.formats.program.script")


def ending(name: str) -> str:
    """A name's lower-case ending with its dot; none when it is a version (``python3.11``) or the whole name."""
    stem, dot, last = name.lower().rpartition(".")
    return f".{last}" if stem and dot and not last.isdigit() else ""


@cache
def promises_no_program(suffix: str) -> bool:
    """Whether files of this ending are known to be something else than a program."""
    rooms = _rooms(suffix)
    return bool(rooms) and not any(room.startswith(_PROGRAMS) for room in rooms)


@cache
def promises_no_text(suffix: str) -> bool:
    """Whether files of this ending are known to be neither a program nor a text, where a script may stand."""
    return promises_no_program(suffix) and not any(room.startswith(_TEXTS) for room in _rooms(suffix))


def _rooms(suffix: str) -> frozenset[str]:
    return frozenset(signature.module for signature in SIGNATURES if suffix in signature.suffixes)
