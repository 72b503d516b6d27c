"""Indicators as Polars expressions: the functions' values, null in warm-up."""

from __future__ import annotations

import doctest

import numpy as np
import polars as pl
import pytest

from spark_stacker.errors import DataError, ParameterError
from spark_stacker.indicators import functions, polars_namespace

ROWS = 120


@pytest.fixture
def frame() -> pl.DataFrame:
    random = np.random.default_rng(3)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.01, ROWS)))
    return pl.DataFrame(
        {
            "market": ["BTC", "ETH"] * (ROWS // 2),
            "high": close * 1.01,
            "low": close * 0.98,
            "close": close,
            "volume": random.exponential(5.0, ROWS),
        }
    )


def with_nulls(values: np.ndarray) -> pl.Series:
    return pl.Series(values, nan_to_null=True)


def test_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(polars_namespace).failed == 0


@pytest.mark.parametrize(
    "name",
    [
        "sma",
        "ema",
        "wma",
        "hull",
        "rma",
        "tema",
        "t3",
        "rsi",
        "linear_regression",
        "linear_regression_slope",
        "linear_regression_intercept",
    ],
)
def test_a_line_is_that_of_the_function(name: str, frame: pl.DataFrame) -> None:
    line = frame.select(getattr(pl.col("close").spark, name)(5))["close"]
    assert line.equals(with_nulls(getattr(functions, name)(frame["close"], 5)), null_equal=True)
    assert line.null_count() > 0
    assert not line.is_nan().any()


def test_several_columns_go_in_by_name_or_expression(frame: pl.DataFrame) -> None:
    result = frame.select(
        atr=pl.col("close").spark.atr("high", pl.col("low"), 7),
        vwma=pl.col("close").spark.vwma("volume", 7),
    )
    high, low, close, volume = (frame[name] for name in ("high", "low", "close", "volume"))
    assert result["atr"].equals(with_nulls(functions.atr(high, low, close, 7)), null_equal=True)
    assert result["vwma"].equals(with_nulls(functions.vwma(close, volume, 7)), null_equal=True)


def test_several_lines_come_as_a_struct(frame: pl.DataFrame) -> None:
    close = pl.col("close")
    result = frame.select(
        close.spark.macd(3, 6, 4).struct.unnest(),
        close.spark.bollinger(5).struct.unnest(),
        close.spark.supertrend("high", "low", 5).struct.unnest(),
    )
    expected = (
        *functions.macd(frame["close"], 3, 6, 4),
        *functions.bollinger(frame["close"], 5),
        *functions.supertrend(frame["high"], frame["low"], frame["close"], 5),
    )
    assert result.columns[:3] == ["macd", "macd_signal", "macd_histogram"]
    assert result.columns[3:] == ["bb_upper", "bb_middle", "bb_lower", "supertrend", "supertrend_direction"]
    for name, values in zip(result.columns, expected, strict=True):
        assert result[name].equals(with_nulls(values), null_equal=True)


def test_over_works_on_each_group_by_itself(frame: pl.DataFrame) -> None:
    result = frame.with_columns(
        rsi=pl.col("close").spark.rsi(5).over("market"),
        atr=pl.col("close").spark.atr("high", "low", 5).over("market"),
    )
    for _, group in result.group_by("market"):
        assert group["rsi"].equals(with_nulls(functions.rsi(group["close"], 5)), null_equal=True)
        expected = functions.atr(group["high"], group["low"], group["close"], 5)
        assert group["atr"].equals(with_nulls(expected), null_equal=True)


def test_chunks_are_one_column(frame: pl.DataFrame) -> None:
    chunked = pl.concat([frame[:50], frame[50:]], rechunk=False)
    expression = pl.col("close").spark.ema(9)
    assert chunked.select(expression).equals(frame.select(expression), null_equal=True)


def test_lazy_frames_know_the_types(frame: pl.DataFrame) -> None:
    lazy = frame.lazy().select(
        rsi=pl.col("close").spark.rsi(5),
        macd=pl.col("close").spark.macd(3, 6, 4),
    )
    assert lazy.collect_schema() == lazy.collect().schema


def test_leading_nulls_are_warm_up() -> None:
    frame = pl.DataFrame({"close": [None, 1.0, 3.0]})
    assert frame.select(pl.col("close").spark.sma(2))["close"].to_list() == [None, None, 2.0]


def test_errors_come_through(frame: pl.DataFrame) -> None:
    with pytest.raises(ParameterError, match="period must be at least 1, was 0"):
        frame.select(pl.col("close").spark.sma(0))
    holed = pl.DataFrame({"close": [1.0, None, 3.0]})
    with pytest.raises(DataError, match="row 1"):
        holed.select(pl.col("close").spark.sma(2))
