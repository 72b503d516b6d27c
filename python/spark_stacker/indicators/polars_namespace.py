"""Indicators as Polars expressions: importing this module adds ``.spark`` to every expression.

>>> import polars as pl
>>> import spark_stacker.indicators.polars_namespace
>>> frame = pl.DataFrame({"close": [1.0, 2.0, 3.0, 6.0]})
>>> frame.select(pl.col("close").spark.sma(2))["close"].to_list()
[None, 1.5, 2.5, 4.5]

Rows without a value yet are null. A null or NaN in the input counts as warm-up before the first number and is
a :class:`~spark_stacker.errors.DataError` after it. Indicators of several lines give a struct: take it apart
with ``.struct.unnest()``. Each works on its whole group, in ``.over`` as well, and on frames of many chunks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from spark_stacker.indicators import functions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["SparkExpressions"]

Column: TypeAlias = str | pl.Expr


@pl.api.register_expr_namespace("spark")
class SparkExpressions:
    """Indicators of an expression, the close where bars are asked for; parameters as in the functions."""

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def sma(self, period: int) -> pl.Expr:
        """Simple moving average."""
        return self._line(lambda values: functions.sma(values, period))

    def ema(self, period: int) -> pl.Expr:
        """Exponential moving average."""
        return self._line(lambda values: functions.ema(values, period))

    def wma(self, period: int) -> pl.Expr:
        """Weighted moving average."""
        return self._line(lambda values: functions.wma(values, period))

    def hull(self, period: int) -> pl.Expr:
        """Hull moving average."""
        return self._line(lambda values: functions.hull(values, period))

    def vwma(self, volume: Column, period: int) -> pl.Expr:
        """Volume-weighted moving average; null where the window has no volume."""
        return self._line(lambda close, volume: functions.vwma(close, volume, period), volume)

    def rma(self, period: int) -> pl.Expr:
        """Wilder's moving average."""
        return self._line(lambda values: functions.rma(values, period))

    def tema(self, period: int) -> pl.Expr:
        """Triple exponential moving average."""
        return self._line(lambda values: functions.tema(values, period))

    def t3(self, period: int, factor: float = 0.7) -> pl.Expr:
        """Tillson's T3."""
        return self._line(lambda values: functions.t3(values, period, factor))

    def rsi(self, period: int = 14) -> pl.Expr:
        """Wilder's relative strength index."""
        return self._line(lambda close: functions.rsi(close, period))

    def macd(self, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9) -> pl.Expr:
        """Struct of ``macd``, ``macd_signal`` and ``macd_histogram``."""
        return self._lines(
            ["macd", "macd_signal", "macd_histogram"],
            lambda close: functions.macd(close, fast_period, slow_period, signal_period),
        )

    def bollinger(self, period: int = 20, std_dev: float = 2.0) -> pl.Expr:
        """Struct of ``bb_upper``, ``bb_middle`` and ``bb_lower``."""
        return self._lines(
            ["bb_upper", "bb_middle", "bb_lower"],
            lambda close: functions.bollinger(close, period, std_dev),
        )

    def atr(self, high: Column, low: Column, period: int = 14) -> pl.Expr:
        """Average true range."""
        return self._line(lambda close, high, low: functions.atr(high, low, close, period), high, low)

    def supertrend(self, high: Column, low: Column, period: int = 10, multiplier: float = 3.0) -> pl.Expr:
        """Struct of ``supertrend`` and ``supertrend_direction`` (1 up, -1 down)."""
        return self._lines(
            ["supertrend", "supertrend_direction"],
            lambda close, high, low: functions.supertrend(high, low, close, period, multiplier),
            high,
            low,
        )

    def linear_regression(self, period: int = 14) -> pl.Expr:
        """Least-squares line: its value at the newest row."""
        return self._line(lambda values: functions.linear_regression(values, period))

    def linear_regression_slope(self, period: int = 14) -> pl.Expr:
        """Least-squares line: its change in one row."""
        return self._line(lambda values: functions.linear_regression_slope(values, period))

    def linear_regression_intercept(self, period: int = 14) -> pl.Expr:
        """Least-squares line: its value at the oldest row of the window."""
        return self._line(lambda values: functions.linear_regression_intercept(values, period))

    def _line(self, function: Callable[..., Array], *others: Column) -> pl.Expr:
        def compute(columns: Sequence[pl.Series]) -> pl.Series:
            values = function(*(column.to_numpy() for column in columns))
            return pl.Series(columns[0].name, values, nan_to_null=True)

        return pl.map_batches([self._expr, *_columns(others)], compute, return_dtype=pl.Float64)

    def _lines(
        self, names: Sequence[str], function: Callable[..., tuple[Array, ...]], *others: Column
    ) -> pl.Expr:
        def compute(columns: Sequence[pl.Series]) -> pl.Series:
            lines = function(*(column.to_numpy() for column in columns))
            fields = [pl.Series(n, line, nan_to_null=True) for n, line in zip(names, lines, strict=True)]
            return pl.DataFrame(fields).to_struct(columns[0].name)

        dtype = pl.Struct(dict.fromkeys(names, pl.Float64))
        return pl.map_batches([self._expr, *_columns(others)], compute, return_dtype=dtype)


def _columns(others: Sequence[Column]) -> list[pl.Expr]:
    return [pl.col(other) if isinstance(other, str) else other for other in others]
