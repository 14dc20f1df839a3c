"""Which names may stand in an artifact: those that mean the same file to every reader, system and person."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from assay.core.errors import RefusedPath

# Letters, marks, numbers, punctuation, symbols and spaces may stand. "Co" and "Cn" too: which characters are assigned
# depends on the interpreter's Unicode tables, and a verdict must not.
_REFUSED: Final = {
    "Cc": "a control character",
    "Cf": "an invisible or direction-changing character",
    "Cs": "bytes that are not UTF-8",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
# Several scripts and most emoji cannot be written without these two. Names that differ in nothing else collide.
_JOINERS: Final = {0x200C: None, 0x200D: None}
_RENAME: Final = "Rename it, or leave it out of the folder."


def check_names(names: Sequence[str], *, within: str) -> None:
    """Refuse the names of one folder when one is unsafe (:func:`check_name`) or two collide.

    Two names collide when they are equal after canonical normalisation, case folding and without joiners: on a system
    that ignores case or Unicode form, one would replace the other. Source: CVE-2021-21300 (Git, a checkout that
    collides by case).

    :param within: the folder that holds them, for the message
    :raises RefusedPath: naming the name, or both
    """
    together = "".join(names)
    plain = together.isascii()
    if not (plain and together.isprintable() and "\\" not in together):
        for name in names:
            check_name(name, within=within)
    if plain and len({name.lower() for name in names}) == len(names):
        return
    taken: dict[str, str] = {}
    for name in names:
        other = taken.setdefault(_folded(name), name)
        if other is not name:
            raise RefusedPath(
                f"the name collides with {other!a} where case or Unicode form is ignored: {name!a}",
                where=shown(f"{within}/{name}"),
                remedy="Rename one of them; elsewhere one would replace the other.",
            )


def check_name(name: str, *, within: str = "") -> None:
    """Refuse the name of a file or folder that could be read in two ways.

    Refused: control characters (line breaks among them), bidirectional controls and other invisible characters, line
    and paragraph separators, the backslash (a separator elsewhere, an escape in checksum files), bytes that are not
    UTF-8. Source: CVE-2021-42574 ("Trojan Source") for the bidirectional controls.

    :param within: the folder that holds it, for the message
    :raises RefusedPath: the name must not stand in an artifact
    """
    if name.isascii() and name.isprintable() and "\\" not in name:
        return
    reason = "a backslash" if "\\" in name else next(filter(None, map(_reason, name)), None)
    if reason is not None:
        path = f"{within}/{name}" if within else name
        raise RefusedPath(f"the name contains {reason}", where=shown(path), remedy=_RENAME)


def shown(path: str) -> str:
    """``path`` as it may be printed: itself, or escaped when a character could deceive a terminal or a reader."""
    return path if path.isprintable() else ascii(path)


def _reason(character: str) -> str | None:
    if ord(character) in _JOINERS:
        return None
    return _REFUSED.get(unicodedata.category(character))


def _folded(name: str) -> str:
    canonical = unicodedata.normalize("NFD", name.translate(_JOINERS))
    return unicodedata.normalize("NFC", canonical.casefold())
