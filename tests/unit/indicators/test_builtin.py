"""The built-in indicators on frames: columns, prefixes, frames of other libraries, signals and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from spark_stacker.indicators import (
    BollingerBandsIndicator,
    BollingerIndicator,
    MACDIndicator,
    MovingAverageIndicator,
    RSIIndicator,
    UltimateMAIndicator,
    sma,
)
from spark_stacker.models import SignalDirection


def test_columns_are_added_and_the_frame_is_kept(walk: pl.DataFrame) -> None:
    result = MACDIndicator("macd_eth").calculate(walk)
    assert result.columns == [
        *walk.columns,
        "macd",
        "macd_signal",
        "macd_histogram",
        "macd_crosses_above",
        "macd_crosses_below",
    ]
    assert result.select(walk.columns).equals(walk)


def test_values_are_those_of_the_plain_functions(walk: pl.DataFrame) -> None:
    result = MovingAverageIndicator("ma", {"fast_period": 5, "slow_period": 20}).calculate(walk)
    np.testing.assert_array_equal(result["slow_ma"].to_numpy(), sma(walk["close"].to_numpy(), 20))
    ratio = result["fast_ma"] / result["slow_ma"]
    assert result["ma_ratio"].equals(ratio, check_names=False)


def test_a_second_indicator_of_a_type_is_prefixed_by_its_name(walk: pl.DataFrame) -> None:
    quick, slow = RSIIndicator("quick", {"period": 5}), RSIIndicator("slow", {"period": 50})
    both = slow.calculate(quick.calculate(walk))
    assert both.columns[-4:] == ["rsi_overbought", "slow_rsi", "slow_rsi_oversold", "slow_rsi_overbought"]
    assert both["slow_rsi"].equals(slow.calculate(walk)["rsi"], check_names=False)
    for row in range(60, 600, 7):
        part = both.head(row)
        for indicator in (quick, slow):
            assert indicator.generate_signal(part) == indicator.process(walk.head(row))[1]


def test_arrow_frames_of_other_libraries_come_out_as_polars(walk: pl.DataFrame) -> None:
    expected = RSIIndicator("r").calculate(walk)["rsi"]
    indexed = pd.DataFrame(
        {"close": walk["close"].to_numpy()},
        index=pd.date_range("2024-01-01", periods=600, freq="h", tz="UTC"),
    )
    for frame in (indexed, pa.table({"close": walk["close"].to_numpy()}), walk.lazy()):
        result, _ = RSIIndicator("r").process(frame)  # type: ignore[arg-type]
        assert isinstance(result, pl.DataFrame)
        assert result["rsi"].equals(expected)
    assert RSIIndicator("r").calculate(indexed).schema["timestamp"] == pl.Datetime("us", "UTC")  # type: ignore[arg-type]


def test_prices_of_other_types_and_several_chunks_are_taken() -> None:
    whole = pl.DataFrame({"close": [1, 2, 3, 4]})
    pieces = pl.concat([whole.head(2), whole.tail(2)], rechunk=False)
    for frame in (whole, pieces, whole.cast(pl.Float32)):
        assert RSIIndicator("r", {"period": 2}).calculate(frame)["rsi"].to_list() == [
            None,
            None,
            100.0,
            100.0,
        ]


def falling(rows: int = 40) -> pl.DataFrame:
    """Hourly closes with times that carry no zone."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    times = pl.Series([start + timedelta(hours=i) for i in range(rows)]).dt.replace_time_zone(None)
    return pl.DataFrame({"timestamp": times, "close": [100.0 * 0.99**i for i in range(rows)]})


def test_the_signal_carries_close_of_the_bar_symbol_and_values() -> None:
    frame = falling().with_columns(symbol=pl.lit("ETH-USD"))
    processed, signal = RSIIndicator("rsi_14", {"period": 14}).process(frame)
    assert signal is not None
    assert signal.direction is SignalDirection.BUY
    assert signal.timestamp == datetime(2024, 1, 2, 16, tzinfo=UTC)
    assert signal.symbol == "ETH-USD"
    assert signal.indicator == "rsi_14"
    assert signal.params == {"rsi": processed["rsi"][-1], "trigger": "oversold"}


def test_a_time_in_another_zone_is_told_in_utc() -> None:
    frame = falling().with_columns(pl.col("timestamp").dt.replace_time_zone("Europe/Berlin"))
    _, signal = RSIIndicator("rsi_14").process(frame)
    assert signal is not None
    assert signal.timestamp == datetime(2024, 1, 2, 15, tzinfo=UTC)
    assert signal.timestamp.utcoffset() == timedelta(0)


def test_symbol_and_interval_may_be_set_on_the_indicator() -> None:
    indicator = RSIIndicator("rsi_14")
    indicator.symbol, indicator.interval = "BTC-USD", timedelta(minutes=15)
    signal = indicator.generate_signal(falling(1).with_columns(rsi=10.0))
    assert signal is not None
    assert signal.symbol == "BTC-USD"
    assert signal.timestamp == datetime(2024, 1, 1, 0, 15, tzinfo=UTC)


def test_without_times_the_signal_has_none() -> None:
    signal = RSIIndicator("rsi_14").generate_signal(pl.DataFrame({"rsi": [10.0]}))
    assert signal is not None
    assert signal.timestamp is None


def test_a_raw_frame_is_calculated_before_its_signal_is_read() -> None:
    signal = RSIIndicator("test_rsi", {"period": 14, "overbought": 70, "oversold": 30}).generate_signal(
        falling()
    )
    assert signal is not None
    assert signal.direction is SignalDirection.BUY


def test_parameters_are_resolved_and_those_given_kept() -> None:
    indicator = BollingerBandsIndicator("bb", {"num_std_dev": 3})
    assert indicator.params == {"num_std_dev": 3}
    assert indicator.parameters == {"period": 20, "std_dev": 3.0, "mean_reversion_threshold": 0.05}
    assert BollingerIndicator is BollingerBandsIndicator
    assert UltimateMAIndicator("u", {"ma_type": 4}).parameters["ma_type"] == "hull"
    assert repr(indicator) == "BollingerBandsIndicator('bb', {'num_std_dev': 3})"


def test_ultimate_ma_reads_its_source(walk: pl.DataFrame) -> None:
    result = UltimateMAIndicator("u", {"ma_type": "sma", "source": "hl2", "length": 5}).calculate(walk)
    middle = (walk["high"] + walk["low"]).to_numpy() / 2
    np.testing.assert_allclose(result["uma_line1"].to_numpy(), sma(middle, 5), rtol=1e-14)
    assert result["uma_line2"].null_count() == len(walk)
