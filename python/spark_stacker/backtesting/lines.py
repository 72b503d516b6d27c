"""The lines that a chart draws over a market's candles: the columns of the indicators that traded it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from spark_stacker.backtesting.python_signals import indicator_columns, spread, timeframe_candles
from spark_stacker.data.times import interval_us

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.backtesting.histories import MarketHistory
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["DrawnIndicator", "draw_lines"]


@dataclass(frozen=True, slots=True)
class DrawnIndicator:
    """An indicator and the timeframe it sees."""

    indicator: BaseIndicator
    timeframe: str


def draw_lines(history: MarketHistory, indicators: Sequence[DrawnIndicator]) -> pl.DataFrame:
    """One column a line, ``indicator: column``, over the traded candles. Flags, only 0 and 1, are none."""
    columns: dict[str, pl.Series] = {}
    for drawn in indicators:
        name = drawn.indicator.name
        for line in _values(history, drawn).get_columns():
            if line.drop_nulls().is_in([0.0, 1.0]).all():
                continue
            columns.setdefault(f"{name}: {line.name}", line[history.first :])
    return pl.DataFrame(columns)


def _values(history: MarketHistory, drawn: DrawnIndicator) -> pl.DataFrame:
    candles = timeframe_candles(history.frame, history.interval, drawn.timeframe)
    values = indicator_columns(drawn.indicator, candles)
    if drawn.timeframe == history.interval:
        return values
    closed = candles["timestamp"] + timedelta(microseconds=interval_us(drawn.timeframe))
    return spread(values, closed, history.frame["timestamp"], step_us=interval_us(history.interval))
