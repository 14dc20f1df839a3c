"""Demands on metrics."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.threshold import Threshold, parse_threshold


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("auc >= 0.8", 0.8, True),
        ("auc > 0.8", 0.8, False),
        ("loss<=1e-3", 0.0005, True),
        ("n == 3", 3, True),
        ("gap < -0.5", -0.6, True),
        ("auc >= 0.8", math.nan, False),
        ("auc < 0.8", math.nan, False),
    ],
)
def test_a_demand_holds_or_not(text: str, value: float, holds: bool) -> None:
    """NaN satisfies nothing."""
    assert parse_threshold(text).holds(value) is holds


@given(st.text(max_size=30))
def test_any_text_ends_in_a_demand_or_a_value_error(text: str) -> None:
    """And a demand that was read prints as one that reads the same."""
    try:
        demand = parse_threshold(text)
    except ValueError:
        return
    assert parse_threshold(str(demand)) == demand


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_bound_is_lost(bound: float) -> None:
    """What is written into a signed statement is the bound that was compared with."""
    assert parse_threshold(str(Threshold("auc", ">=", bound))).bound == bound


@pytest.mark.parametrize(
    "text", ["auc", "auc >= ", ">= 1", "auc => 1", "auc >= nan", "auc >= 1e999", "auc >= 1 or 1 > 0"]
)
def test_another_form_is_refused(text: str) -> None:
    """Only one comparison, with one finite number."""
    with pytest.raises(ValueError, match=r"demand|finite|convert"):
        parse_threshold(text)
