"""Wrong parameters and wrong frames are refused with a message that names them."""

from __future__ import annotations

import polars as pl
import pytest

from spark_stacker import _core
from spark_stacker.errors import DataError, ParameterError
from spark_stacker.indicators import IndicatorFactory, MovingAverageIndicator, RSIIndicator

PARAMETERS = [
    ("rsi", {"perod": 14}, 'unknown parameter of rsi "perod" (did you mean "period"?)'),
    ("rsi", {"period": 0}, "period must be a whole number from 2 to 1000000, was 0"),
    ("rsi", {"period": -3}, "period must be a whole number from 2 to 1000000, was -3"),
    ("rsi", {"period": 14.5}, "period must be a whole number from 2 to 1000000, was 14.5"),
    ("rsi", {"period": True}, "period must be a whole number from 2 to 1000000, was true"),
    ("rsi", {"period": "14"}, 'period must be a whole number from 2 to 1000000, was "14"'),
    ("rsi", {"period": None}, "period must be a number, a switch or a word, was None"),
    ("rsi", {"period": [14]}, "period must be a number, a switch or a word, was [14]"),
    ("rsi", {"period": 10**30}, "period must be a whole number from 2 to 1000000, was 10000000000000"),
    ("rsi", {"oversold": float("nan")}, "oversold must be a number above 0 and below 100, was NaN"),
    ("rsi", {"overbought": float("inf")}, "overbought must be a number above 0 and below 100, was inf"),
    ("rsi", {"oversold": 80}, "oversold must be below overbought (70), was 80"),
    ("rsi", {"trigger": "both"}, 'trigger must be one of level, cross, was "both"'),
    ("ma", {"fast_period": 30, "slow_period": 10}, "fast_period must be below slow_period (10), was 30"),
    ("ma", {"short_period": 30}, "fast_period must be below slow_period (30), was 30"),
    ("ma", {"short_period": 5, "fast_period": 6}, "fast_period must be given once"),
    ("ma", {"ma_type": 1}, "ma_type must be one of sma, ema, was 1"),
    ("macd", {"fast_period": 26}, "fast_period must be below slow_period (26), was 26"),
    ("bollinger", {"num_std_dev": 0}, "num_std_dev must be a number above 0 and below 100, was 0"),
    ("adaptive_supertrend", {"low_percentile": 0.9}, "low_percentile must be below medium_percentile"),
    ("adaptive_trend_finder", {"use_long_term": 1}, "use_long_term must be true or false, was 1"),
    (
        "ultimate_ma",
        {"ma_type": 9},
        "ma_type must be one of sma, ema, wma, hull, vwma, rma, tema, t3, or 1 to 8",
    ),
    (
        "ultimate_ma",
        {"source": "clse"},
        'source must be one of open, high, low, close, hl2, hlc3, ohlc4, was "clse"',
    ),
]


@pytest.mark.parametrize(("kind", "params", "message"), PARAMETERS)
def test_a_wrong_parameter_is_named(kind: str, params: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        IndicatorFactory.create_indicator("i", kind, params)
    assert str(caught.value).startswith(message)


def test_an_unknown_type_is_answered_with_the_closest() -> None:
    with pytest.raises(ParameterError, match='did you mean "bollinger"'):
        IndicatorFactory.create_indicator("i", "bolinger")
    with pytest.raises(ParameterError, match='did you mean "rsi"'):
        _core.Indicator("rsii", {})


FRAMES = [
    ({"open": [1.0]}, "column close is missing; the frame has open"),
    ({"close": ["1.0", "2.0"]}, "column close must be numbers, was String"),
    ({"close": [1.0, None]}, "column close, row 1: price must be finite and positive, was None"),
    ({"close": [1.0, float("nan")]}, "column close, row 1: price must be finite and positive, was nan"),
    ({"close": [float("inf")]}, "column close, row 0: price must be finite and positive, was inf"),
    ({"close": [1.0, 2.0, -1.0]}, "column close, row 2: price must be finite and positive, was -1.0"),
]


@pytest.mark.parametrize(("columns", "message"), FRAMES)
def test_a_wrong_frame_is_refused_with_its_place(columns: dict[str, list[object]], message: str) -> None:
    with pytest.raises(DataError) as caught:
        RSIIndicator("r").calculate(pl.DataFrame(columns))
    assert str(caught.value) == message


def test_a_column_that_is_not_read_may_be_missing_or_wrong() -> None:
    frame = pl.DataFrame({"close": [1.0, 2.0, 3.0], "high": [None, -1.0, 0.0]})
    assert RSIIndicator("r", {"period": 2}).calculate(frame)["rsi"].to_list() == [None, None, 100.0]
    with pytest.raises(DataError, match="column high, row 0"):
        IndicatorFactory.create_indicator("a", "adaptive_supertrend").calculate(frame.with_columns(low=0.5))


def test_volume_is_needed_where_it_is_read() -> None:
    frame = pl.DataFrame({"close": [1.0, 2.0]})
    with pytest.raises(DataError, match="column volume is missing"):
        IndicatorFactory.create_indicator("u", "ultimate_ma", {"ma_type": "vwma"}).calculate(frame)
    negative = frame.with_columns(volume=pl.Series([1.0, -1.0]))
    with pytest.raises(DataError, match="column volume, row 1: volume must be finite and not negative"):
        IndicatorFactory.create_indicator("u", "ultimate_ma", {"ma_type": "vwma"}).calculate(negative)


def test_something_that_is_no_frame_is_refused() -> None:
    with pytest.raises(DataError, match="data must be a frame"):
        RSIIndicator("r").calculate([1.0, 2.0])  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_too_few_rows_give_nulls_and_no_signal(rows: int) -> None:
    frame = pl.DataFrame({"close": [float(i + 1) for i in range(rows)]}, schema={"close": pl.Float64})
    processed, signal = MovingAverageIndicator("ma").process(frame)
    assert processed["fast_ma"].null_count() == rows
    assert signal is None


def test_a_stream_refuses_a_bad_candle_and_goes_on() -> None:
    stream = _core.Indicator("rsi", {"period": 2}).stream()
    stream.update(0, 1.0, 1.0, 1.0, 1.0, 1.0)
    with pytest.raises(DataError, match="column close, row 1"):
        stream.update(1, 1.0, 1.0, 1.0, float("nan"), 1.0)
    stream.update(1, 2.0, 2.0, 2.0, 2.0, 1.0)
    values, _ = stream.update(2, 3.0, 3.0, 3.0, 3.0, 1.0)
    assert values[0] == 100.0
