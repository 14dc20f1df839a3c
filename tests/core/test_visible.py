"""Text from an artifact cannot deceive where it is shown, and can be written where it is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.core.visible import encodable, visible

_any = st.text(st.characters(exclude_categories=()))


@given(_any)
def test_whatever_it_was_it_is_one_printable_line(text: str) -> None:
    """And what was printable stays as it is."""
    assert visible(text).isprintable()
    if text.isprintable():
        assert visible(text) == text


@given(_any)
def test_whatever_it_was_utf_8_can_hold_it(text: str) -> None:
    """Only lone surrogates are changed."""
    encodable(text).encode()
    if not any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        assert encodable(text) == text


def test_escapes_name_the_character() -> None:
    """A reader can tell what stood there."""
    assert visible("a\x1b[2J\u202eb\udcff\n") == r"a\x1b[2J\u202eb\udcff\n"
