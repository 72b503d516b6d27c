"""The plain functions: what they take, what they refuse, what they give."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import polars as pl
import pytest

from spark_stacker import indicators
from spark_stacker.errors import DataError, ParameterError
from spark_stacker.indicators import functions

CLOSE = np.array([3.0, 4.0, 2.0, 5.0, 7.0, 6.0, 8.0, 4.0])
OF_ONE_COLUMN = [
    "ema",
    "hull",
    "linear_regression",
    "linear_regression_intercept",
    "linear_regression_slope",
    "rma",
    "rsi",
    "sma",
    "t3",
    "tema",
    "wma",
]


def test_every_function_is_reached_from_the_package() -> None:
    for name in functions.__all__:
        assert getattr(indicators, name) is getattr(functions, name)


def test_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(functions).failed == 0


@pytest.mark.parametrize(
    "values",
    [
        list(CLOSE),
        pl.Series(CLOSE),
        pl.concat([pl.Series(CLOSE[:3]), pl.Series(CLOSE[3:])]),
        pd.Series(CLOSE),
        np.repeat(CLOSE, 2)[::2],
        CLOSE.astype(np.float32),
        CLOSE.astype(np.int64),
    ],
    ids=["list", "polars", "polars chunks", "pandas", "strided", "float32", "int64"],
)
@pytest.mark.parametrize("name", OF_ONE_COLUMN)
def test_any_column_of_numbers_gives_the_same(name: str, values: object) -> None:
    function = getattr(functions, name)
    np.testing.assert_array_equal(function(values, 2), function(CLOSE, 2))


def test_the_input_is_left_alone_and_may_be_read_only() -> None:
    close = CLOSE.copy()
    close.flags.writeable = False
    functions.macd(close, 2, 3, 2)
    np.testing.assert_array_equal(close, CLOSE)


def test_nulls_at_the_start_are_warm_up() -> None:
    result = functions.sma(pl.Series([None, None, 1.0, 3.0]), 2)
    np.testing.assert_array_equal(result, [np.nan, np.nan, np.nan, 2.0])


def test_indicators_chain() -> None:
    smoothed = functions.sma(functions.rsi(CLOSE, 3), 2)
    assert np.isnan(smoothed[:4]).all()
    assert not np.isnan(smoothed[4:]).any()


@pytest.mark.parametrize("name", OF_ONE_COLUMN)
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_too_few_rows_give_nan(name: str, rows: int) -> None:
    result = getattr(functions, name)(CLOSE[:rows], 7)
    assert len(result) == rows
    assert np.isnan(result).all()


@pytest.mark.parametrize("name", OF_ONE_COLUMN)
@pytest.mark.parametrize("period", [0, -3, True, 2.0, "2", None, 10**9, 2**70])
def test_a_bad_period_is_refused(name: str, period: object) -> None:
    with pytest.raises(ParameterError, match="period must be"):
        getattr(functions, name)(CLOSE, period)


@pytest.mark.parametrize("name", ["rsi", "hull", "linear_regression", "bollinger"])
def test_a_period_of_one_is_refused_where_it_means_nothing(name: str) -> None:
    with pytest.raises(ParameterError, match="period must be at least 2, was 1"):
        getattr(functions, name)(CLOSE, 1)


def test_fast_must_be_below_slow() -> None:
    with pytest.raises(ParameterError, match="fast_period must be less than slow_period, 12, was 26"):
        functions.macd(CLOSE, 26, 12, 9)


@pytest.mark.parametrize("factor", [float("nan"), float("inf"), -1.0, True, "wide", None])
def test_a_bad_factor_is_refused(factor: object) -> None:
    with pytest.raises(ParameterError, match="std_dev must be"):
        functions.bollinger(CLOSE, 2, factor)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="multiplier must be"):
        functions.supertrend(CLOSE, CLOSE, CLOSE, 2, factor)  # type: ignore[arg-type]


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(TypeError, match="timeperiod"):
        functions.rsi(CLOSE, timeperiod=14)  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [1, 700])
def test_a_hole_names_column_and_row(value: float, row: int) -> None:
    close = np.linspace(1.0, 2.0, 1500)
    close[row] = value
    with pytest.raises(DataError, match=rf"column close, row {row}: .*was (NaN|-?inf)"):
        functions.rsi(close, 14)


def test_an_infinity_in_the_first_row_is_refused() -> None:
    with pytest.raises(DataError, match="column values, row 0"):
        functions.sma([np.inf, 1.0, 2.0], 2)


@pytest.mark.parametrize("values", [["a", "b"], [[1.0, 2.0]], 5.0, [1.0, object()], [1 + 2j]])
def test_what_is_no_column_of_numbers_is_refused(values: object) -> None:
    with pytest.raises(DataError, match="column values"):
        functions.sma(values, 2)  # type: ignore[arg-type]


def test_columns_must_have_the_same_length() -> None:
    with pytest.raises(DataError, match="column low has 7 rows, expected 8"):
        functions.atr(CLOSE, CLOSE[1:], CLOSE, 2)
    with pytest.raises(DataError, match="column close has 8 rows, expected 7"):
        functions.supertrend(CLOSE[1:], CLOSE[1:], CLOSE, 2, 3.0)


def test_rsi_is_50_without_movement_and_at_its_ends_with_one_kind_of_it() -> None:
    assert functions.rsi(np.full(20, 7.0), 14)[-1] == 50.0
    assert functions.rsi(np.arange(20.0), 14)[-1] == 100.0
    assert functions.rsi(-np.arange(20.0), 14)[-1] == 0.0


def test_vwma_has_no_value_without_volume() -> None:
    result = functions.vwma(CLOSE, [1.0, 1.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0], 2)
    assert np.isnan(result).tolist() == [True, False, False, True, True, False, False, False]


def test_bands_have_no_width_where_nothing_moves() -> None:
    close = np.concatenate([[0.3, 123.4, 0.7], np.full(300, 0.1)])
    upper, middle, lower = functions.bollinger(close, 20, 2.0)
    assert upper[-1] == middle[-1] == lower[-1] == 0.1
