"""How texts out of a file are shown in messages."""

from __future__ import annotations

from typing import Final

LENGTH: Final = 120


def shown(text: str, length: int = LENGTH) -> str:
    """The text in quotes, printable, in one line, cut where it gets long."""
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return f"'{plain if len(plain) <= length else plain[: length - 1] + '…'}'"
