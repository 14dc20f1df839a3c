"""JSON is written in one way and read in one way."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core import jsontext
from assay.core.errors import StatementError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES.filter(lambda value: "\ud800" not in repr(value)))
def test_what_is_written_reads_back(value: jsontext.Json) -> None:
    """Parse after render is the identity, and rendering again gives the same bytes."""
    try:
        data = jsontext.dumps(value)
    except UnicodeEncodeError:
        return  # lone surrogates are not text
    assert jsontext.loads(data) == value
    assert jsontext.dumps(jsontext.loads(data)) == data


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_value_or_our_error(data: bytes) -> None:
    """No input escapes as another exception."""
    with suppress(StatementError):
        jsontext.loads(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a":1,"a":2}', "twice"),
        (b"NaN", "NaN"),
        (b"[1] x", "not valid JSON"),
        (b"[" * 100_000, "too deeply"),
        (b"[" * 80 + b"]" * 80, "deeper than"),
        (b"\xff", "not valid JSON"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(data: bytes, reason: str) -> None:
    """Duplicate keys, NaN, trailing data, absurd nesting, other encodings."""
    with pytest.raises(StatementError, match=reason):
        jsontext.loads(data)
