"""Indicators in a backtest: signals of those written in Python for the core, and everyone's columns for
functions and charts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from spark_stacker.data import resample
from spark_stacker.errors import StrategyError
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.builtin import BuiltinIndicator
from spark_stacker.indicators.causality import calculated, refuse_looking_ahead, signalled

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["added_columns", "indicator_columns", "signal_columns", "spread", "timeframe_candles"]


def timeframe_candles(frame: pl.DataFrame, interval: str, timeframe: str) -> pl.DataFrame:
    """The closed candles of ``timeframe``, made of those of ``interval``."""
    return frame if timeframe == interval else resample(frame, interval, timeframe).frame


def signal_columns(
    indicator: BaseIndicator, frame: pl.DataFrame
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Direction (+1, 0, −1) and confidence at the close of each row: one call of ``indicator.signals``."""
    given = signalled(indicator, frame)
    for column in ("direction", "confidence"):
        if column not in given.columns:
            raise StrategyError(f"indicator {indicator.name!r}: signals must return a column {column}")
    if type(indicator).signals is not BaseIndicator.signals:  # whose own answer is checked where it is made
        refuse_looking_ahead(indicator, frame, given.select("direction", "confidence"), signalled)
    try:
        directions = given["direction"].fill_null(0).to_numpy()
        confidences = given["confidence"].fill_null(0.0).cast(pl.Float64).to_numpy()
    except pl.exceptions.PolarsError as error:
        raise StrategyError(f"indicator {indicator.name!r}: signals: {error}") from error
    if not np.isin(directions, (-1, 0, 1)).all():
        raise StrategyError(f"indicator {indicator.name!r}: direction must be -1, 0 or 1")
    if not ((confidences >= 0) & (confidences <= 1)).all():
        raise StrategyError(f"indicator {indicator.name!r}: confidence must be between 0 and 1")
    return np.ascontiguousarray(directions, dtype=np.int8), np.ascontiguousarray(confidences)


def indicator_columns(indicator: BaseIndicator, frame: pl.DataFrame) -> pl.DataFrame:
    """The numeric columns that the indicator adds, one row a row of ``frame``; flags are 1 and 0."""
    processed = calculated(indicator, frame)
    if not isinstance(indicator, BuiltinIndicator):
        refuse_looking_ahead(indicator, frame, processed, calculated)
    return added_columns(frame, processed)


def added_columns(frame: pl.DataFrame, processed: pl.DataFrame) -> pl.DataFrame:
    """The numeric columns of ``processed`` that ``frame`` has not; flags are 1 and 0."""
    added = [processed[name] for name in processed.columns if name not in frame.columns]
    numeric = [column for column in added if column.dtype.is_numeric() or column.dtype == pl.Boolean]
    return pl.DataFrame([column.cast(pl.Float64) for column in numeric])


def spread(values: pl.DataFrame, closed: pl.Series, times: pl.Series, *, step_us: int) -> pl.DataFrame:
    """Values of a higher timeframe at each of ``times``: those of the last candle closed by the close of that
    bar.

    ``closed`` are the closes of the candles that ``values`` belong to, ``step_us`` the length of a bar at
    ``times``.
    """
    closes = times.dt.epoch("us").to_numpy() + step_us
    rows = np.searchsorted(closed.dt.epoch("us").to_numpy(), closes, side="right") - 1
    indices = pl.Series(rows).cast(pl.Int64).replace(-1, None)
    return values.select(pl.all().gather(indices))
