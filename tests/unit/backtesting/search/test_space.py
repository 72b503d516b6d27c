"""Spaces: values without float error, sets and their numbers, mistakes that are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_stacker.backtesting.search import LogRange, Range, Space
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from decimal import Decimal


@pytest.mark.parametrize(
    ("given_range", "values"),
    [
        (Range(5, 20, 5), (5, 10, 15, 20)),
        (Range(0.1, 0.5, 0.1), (0.1, 0.2, 0.3, 0.4, 0.5)),
        (Range(0.1, 0.3, 0.1), (0.1, 0.2, 0.3)),
        (Range(1, 2, 0.3), (1.0, 1.3, 1.6, 1.9)),
        (Range(3, 3, 1), (3,)),
        (Range(-1, 1, 1), (-1, 0, 1)),
        (Range(0, 1e-9, 5e-10), (0.0, 5e-10, 1e-9)),
    ],
)
def test_a_range_has_every_value_once_and_exactly(given_range, values):
    assert given_range.values() == values
    assert [type(value) for value in given_range.values()] == [type(value) for value in values]


decimals = st.decimals(min_value=-1000, max_value=1000, places=3, allow_nan=False, allow_infinity=False)
steps = st.decimals(min_value="0.001", max_value=50, places=3, allow_nan=False, allow_infinity=False)


@given(decimals, steps, st.integers(min_value=0, max_value=300))
def test_a_range_is_the_exact_decimals_for_any_step(low: Decimal, step: Decimal, count: int):
    high = low + step * count
    values = Range(float(low), float(high), float(step)).values()
    assert values == tuple(float(low + step * place) for place in range(count + 1))


def test_a_log_range_keeps_its_ends():
    values = LogRange(0.001, 1000.0, 7).values()
    assert values == (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


@given(st.lists(st.integers(min_value=1, max_value=6), min_size=1, max_size=5), st.data())
def test_numbers_and_digits_are_one_to_one(radix, data):
    space = Space.of({f"p{place}": list(range(count)) for place, count in enumerate(radix)})
    number = data.draw(st.integers(min_value=0, max_value=space.size - 1))
    digits = space.digits([number])[0]
    assert space.number(digits) == number
    assert list(space.params(digits).values()) == digits.tolist()


def test_the_last_setting_changes_fastest():
    space = Space.of({"a": [1, 2], "b": [3, 4, 5]})
    assert space.frame(space.digits(range(6))).rows() == [(1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)]


def test_columns_have_the_type_of_their_values():
    space = Space.of({"whole": [1, 2], "off": [None, 2, 2.5], "word": ["any", "all"], "flag": [True, False]})
    assert space.frame(space.digits([0])).dtypes == [pl.Int64, pl.Float64, pl.String, pl.Boolean]


def test_numpy_values_are_plain_numbers():
    space = Space.of({"a": np.array([1, 2]), "b": [np.float64(0.5)], "c": range(3)})
    assert [axis.values for axis in space.axes] == [(1, 2), (0.5,), (0, 1, 2)]


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, "the space is empty"),
        ([], "must be a mapping"),
        ({"a": []}, "a: has no value"),
        ({"a": 5}, r"a: must be a list of values, \(min, max, step\)"),
        ({"a": [1, 1.0]}, "a: 1.0 is given twice"),
        ({"a": (1e16, 1e16 + 4, 0.5)}, r"a: 1e\+16 is given twice"),
        ({"a": LogRange(1, 1 + 1e-12, 4)}, "a: 1.0 is given twice"),
        ({"a": (5, 1, 1)}, "a: minimum must be at most maximum 1, was 5"),
        ({"a": (1, 5, 0)}, "a: step must be above 0, was 0"),
        ({"a": (1, 5, -1)}, "a: step must be above 0"),
        ({"a": (1, 2)}, r"a: a tuple is \(min, max, step\)"),
        ({"a": (1, 1e9, 1e-3)}, "a: step must leave at most"),
        ({"a": [float("nan")]}, "a: values must be finite"),
        ({"a": [1, "x"]}, "a: values must be of one kind, were of int, str"),
        ({"a": [[1]]}, "a: values must be numbers"),
        ({"": [1]}, "a setting must be named"),
        ({"a": LogRange(0, 1, 3)}, "a: minimum of a log range must be above 0"),
        ({"a": LogRange(2, 1, 3)}, "a: minimum must be below maximum"),
        ({"a": LogRange(1, 2, 1)}, "a: count must be a whole number from 2"),
    ],
)
def test_what_is_wrong_with_a_space_is_said(space, message):
    with pytest.raises(ParameterError, match=message):
        Space.of(space)
