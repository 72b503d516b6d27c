"""Indicators that users write in Python: signals bar by bar, failures told as theirs, no look-ahead."""

from __future__ import annotations

import polars as pl
import pytest

from spark_stacker.errors import StrategyError
from spark_stacker.indicators import BaseIndicator
from spark_stacker.models import Signal, SignalDirection

RISING = pl.DataFrame({"close": [float(i) for i in range(1, 41)]})


class Above(BaseIndicator):
    """Sells above a level and is neutral at it."""

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        return data.with_columns(distance=pl.col("close") - self.params["level"])

    def generate_signal(self, data: pl.DataFrame) -> Signal | None:
        distance = data["distance"][-1]
        if distance < 0:
            return None
        direction = SignalDirection.SELL if distance > 0 else SignalDirection.NEUTRAL
        return self.signal(data, direction, confidence=0.9, params={"distance": distance})


def test_signals_are_those_of_every_prefix() -> None:
    indicator = Above("above", {"level": 38.0})
    signals = indicator.signals(RISING)
    assert signals.schema == {"direction": pl.Int8, "confidence": pl.Float64}
    assert signals["direction"].to_list() == [0] * 38 + [-1, -1]
    assert signals["confidence"].to_list() == [0.0] * 38 + [0.9, 0.9]
    for row in range(40):
        _, signal = indicator.process(RISING.head(row + 1))
        direction = {None: 0, SignalDirection.NEUTRAL: 0, SignalDirection.SELL: -1}[
            signal and signal.direction
        ]
        assert direction == signals["direction"][row]


def test_an_empty_frame_has_no_signals() -> None:
    assert Above("above", {"level": 1.0}).signals(RISING.clear()).is_empty()


def test_a_failure_names_the_indicator_and_the_row() -> None:
    with pytest.raises(
        StrategyError, match=r"indicator 'above' failed in calculate, row 39: KeyError\('level'\)"
    ):
        Above("above").signals(RISING)

    class Late(Above):
        def generate_signal(self, data: pl.DataFrame) -> Signal | None:
            return None if len(data) < 20 else 1 / 0  # type: ignore[return-value]

    with pytest.raises(StrategyError, match="'late' failed in generate_signal, row 19: ZeroDivisionError"):
        Late("late", {"level": 1.0}).signals(RISING)


def test_something_else_than_a_signal_is_refused() -> None:
    class Wordy(Above):
        def generate_signal(self, data: pl.DataFrame) -> Signal | None:
            return "BUY"  # type: ignore[return-value]

    with pytest.raises(StrategyError, match="'wordy', row 0: must give a Signal or None, gave 'BUY'"):
        Wordy("wordy", {"level": 1.0}).signals(RISING)


def test_looking_ahead_is_refused() -> None:
    class Prophet(Above):
        def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
            return data.with_columns(distance=pl.col("close").max() - pl.col("close"))

    with pytest.raises(
        StrategyError, match=r"'prophet' looks ahead: column distance, row 11 is 0.0 .* and 28.0"
    ):
        Prophet("prophet").signals(RISING)


def test_a_price_replaced_by_a_later_one_is_looking_ahead() -> None:
    class Prophet(Above):
        def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
            return data.with_columns(pl.col("close").shift(-1))

    with pytest.raises(StrategyError, match="'prophet' looks ahead: column close, row 11"):
        Prophet("prophet").signals(RISING)


def test_a_confidence_out_of_range_names_the_indicator_and_the_row() -> None:
    class Sure(Above):
        def generate_signal(self, data: pl.DataFrame) -> Signal | None:
            return self.signal(data, SignalDirection.BUY, confidence=float("nan"))

    with pytest.raises(StrategyError, match="'sure' failed in generate_signal, row 0: confidence must be"):
        Sure("sure", {"level": 1.0}).signals(RISING)


def test_dropping_rows_is_refused() -> None:
    class Dropper(Above):
        def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
            return data.tail(-1)

    with pytest.raises(StrategyError, match="'dropper': calculate must keep all 40 rows, gave 39"):
        Dropper("dropper").signals(RISING)


def test_a_base_without_its_methods_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        BaseIndicator("base")  # type: ignore[abstract]
