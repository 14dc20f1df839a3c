"""Text that came from an artifact, made fit to be shown, written and signed."""

from __future__ import annotations


def visible(text: str) -> str:
    """``text`` with an escape in place of each character that moves a cursor, hides, or turns the direction of writing.

    Line breaks are among them, so the result is one line.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def encodable(text: str) -> str:
    """``text`` with an escape in place of each lone surrogate (a byte that was no UTF-8), so that UTF-8 can hold it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
