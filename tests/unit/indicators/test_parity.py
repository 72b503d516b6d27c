"""Columns, streams, prefixes and frames of every type say the same."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made.walks import core_bars, random_walk
from spark_stacker import _core
from spark_stacker.indicators import IndicatorFactory

SHORT: dict[str, dict[str, object]] = {
    "rsi": {"period": 5, "trigger": "cross"},
    "macd": {"fast_period": 4, "slow_period": 9, "signal_period": 3},
    "bollinger": {"period": 10, "std_dev": 1.5},
    "ma": {"short_period": 3, "long_period": 8, "ma_type": "ema"},
    "adaptive_supertrend": {"training_length": 30, "factor": 1},
    "adaptive_trend_finder": {"dev_multiplier": 1.0, "source": "hlc3"},
    "ultimate_ma": {"ma_type": "hull", "length": 9, "use_second_ma": True, "ma_type2": 6, "length2": 20},
}
KINDS = list(SHORT)


def test_every_type_is_tried() -> None:
    assert [entry["type"] for entry in _core.indicator_catalog()] == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_stream_equals_columns_to_the_last_bit(kind: str, walk: pl.DataFrame) -> None:
    indicator = _core.Indicator(kind, SHORT[kind])
    bars = core_bars(walk)
    stream = indicator.stream()
    times = bars.open_time_ns
    columns = [bars.open, bars.high, bars.low, bars.close, bars.volume]
    steps = [stream.update(int(times[i]), *(float(c[i]) for c in columns)) for i in range(len(bars))]
    for place, (name, values) in enumerate(indicator.compute(bars).items()):
        streamed = np.array([step[0][place] for step in steps])
        np.testing.assert_array_equal(values.view(np.int64), streamed.view(np.int64), err_msg=name)
    found = [(row, *step[1][:2]) for row, step in enumerate(steps) if step[1] is not None]
    assert found == list(zip(*indicator.signals(bars), strict=True))
    assert found


@settings(max_examples=15, deadline=None)
@given(end=st.integers(0, 500), seed=st.integers(0, 5), kind=st.sampled_from(KINDS))
def test_later_bars_change_nothing(end: int, seed: int, kind: str) -> None:
    frame = random_walk(500, seed)
    indicator = IndicatorFactory.create_indicator("i", kind, SHORT[kind])
    assert indicator.calculate(frame).head(end).equals(indicator.calculate(frame.head(end)))
    assert indicator.signals(frame).head(end).equals(indicator.signals(frame.head(end)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_signal_read_from_the_frame_is_that_of_the_columns(kind: str, walk: pl.DataFrame) -> None:
    indicator = IndicatorFactory.create_indicator("i", kind, SHORT[kind])
    processed = indicator.calculate(walk)
    every = indicator.signals(walk)
    speaking = every.with_row_index().filter(pl.col("direction") != 0)["index"].to_list()
    assert len(speaking) > 3
    for row in {*speaking[-25:], *range(560, 600)}:
        signal = indicator.generate_signal(processed.head(row + 1))
        direction, confidence = every.row(row)
        if direction == 0:
            assert signal is None, row
        else:
            assert signal is not None, row
            assert signal.direction.value == {1: "BUY", -1: "SELL"}[direction]
            assert signal.confidence == confidence


@pytest.mark.parametrize("kind", KINDS)
def test_flags_mark_the_bars_with_signals(kind: str, walk: pl.DataFrame) -> None:
    indicator = IndicatorFactory.create_indicator("i", kind, SHORT[kind])
    flags = next(entry["flags"] for entry in _core.indicator_catalog() if entry["type"] == kind)
    processed = indicator.calculate(walk)
    assert all(processed.schema[flag] == pl.Boolean for flag in flags)  # type: ignore[attr-defined]
    flagged = processed.select(pl.any_horizontal(flags))[:, 0]  # type: ignore[arg-type]
    assert flagged.equals(indicator.signals(walk)["direction"] != 0, check_names=False)


@pytest.mark.parametrize("kind", KINDS)
def test_warm_up_is_null_and_nothing_after_it(kind: str, walk: pl.DataFrame) -> None:
    indicator = IndicatorFactory.create_indicator("i", kind, SHORT[kind])
    columns = next(entry["columns"] for entry in _core.indicator_catalog() if entry["type"] == kind)
    processed = indicator.calculate(walk).select(columns)  # type: ignore[arg-type]
    warm_up = indicator.warm_up  # type: ignore[attr-defined]
    assert processed.slice(warm_up).null_count().row(0) == (0,) * len(processed.columns)
    assert None in processed.row(warm_up - 1)
    assert not any(processed.select(pl.all().is_nan().any()).row(0))
