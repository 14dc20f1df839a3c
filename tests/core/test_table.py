"""TOML is read strictly: every key typed, none unknown."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import ConfigError
from assay.core.table import Table, read_table


def table(text: str) -> Table:
    return read_table(text.encode(), where="x.toml", error=ConfigError)


@pytest.mark.parametrize(
    ("text", "method", "reason"),
    [
        ("k = 1", "text", "must be text"),
        ("k = ''", "text", "not empty"),
        ("k = true", "integer", "whole number"),
        ("k = 1.5", "integer", "whole number"),
        ("k = ['a', 'a']", "texts", "twice"),
        ("k = 'a'", "texts", "list"),
        ("k = 1", "table", "table"),
        ("", "text", "missing"),
    ],
)
def test_a_wrong_type_names_the_key(text: str, method: str, reason: str) -> None:
    """The message says where it stood and what it should have been."""
    with pytest.raises(ConfigError, match=reason) as caught:
        getattr(table(text), method)("k")
    assert caught.value.where == "x.toml: k"


def test_an_unknown_key_suggests_the_nearest() -> None:
    """A typo does not silently switch a demand off."""
    found = table("inptus = []")
    found.texts("inputs")
    with pytest.raises(ConfigError, match="not known") as caught:
        found.close()
    assert "'inputs'" in caught.value.remedy


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_table_or_our_error(data: bytes) -> None:
    """TOML errors and encodings stay inside."""
    with suppress(ConfigError):
        read_table(data, where="x", error=ConfigError)


@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "[1]", "{a = 1}", "1979-05-27"])
def test_a_parameter_is_a_plain_finite_value(value: str) -> None:
    """Lists, tables, dates and numbers that JSON cannot hold are refused."""
    with pytest.raises(ConfigError):
        table(f"k = {value}").scalars()
