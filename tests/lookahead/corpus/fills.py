"""Filling what is missing, and the ends of a column."""

from __future__ import annotations

import numpy as np
import polars as pl

from lookahead.corpus.book import Column, clean, leaks

close = pl.col("close")
SPARSE = pl.when(pl.col("timestamp").dt.hour() % 6 == 0).then(close)
"""A price every six hours."""


@leaks("fill")
class BackwardFill(Column):
    def value(self, data):
        return SPARSE.fill_null(strategy="backward")


@leaks("fill")
class WarmUpFilledBackward(Column):
    """Only the first rows are wrong."""

    def value(self, data):
        return close.rolling_mean(20).fill_null(strategy="backward")


@leaks("fill")
class Interpolated(Column):
    def value(self, data):
        return SPARSE.interpolate()


@leaks("fill")
class InterpolatedWithNumpy(Column):
    def value(self, data):
        values, rows = data["close"].to_numpy(), np.arange(len(data))
        return np.interp(rows, rows[::5], values[::5])


@leaks("fill")
class FilledWithTheMean(Column):
    def value(self, data):
        return SPARSE.fill_null(strategy="mean")


@leaks("fill")
class FilledWithTheLastOfAll(Column):
    def value(self, data):
        return close.pct_change(24).fill_null(close.last() / close.first() - 1)


@leaks("fill")
class PandasBackwardFill(Column):
    def value(self, data):
        series = data["close"].to_pandas()
        return series.where(series.index % 4 == 0).bfill().to_numpy()


@leaks("fill")
class ForwardThenBackward(Column):
    """Only the rows before the first value are wrong."""

    def value(self, data):
        late = pl.when(pl.int_range(pl.len()) % 50 == 40).then(close)
        return late.forward_fill().backward_fill()


@clean("fill")
class ForwardFill(Column):
    def value(self, data):
        return SPARSE.fill_null(strategy="forward")


@clean("fill")
class FilledWithAConstant(Column):
    def value(self, data):
        return SPARSE.fill_null(0.0)


@clean("fill")
class WarmUpFilledWithThePrice(Column):
    def value(self, data):
        return pl.coalesce(close.rolling_mean(20), close)


@clean("fill")
class FilledWithTheMeanSoFar(Column):
    def value(self, data):
        return SPARSE.fill_null(close.cum_sum() / pl.int_range(1, pl.len() + 1))


@clean("fill")
class ForwardFillInPandas(Column):
    def value(self, data):
        series = data["close"].to_pandas()
        return series.where(series.index % 4 == 0).ffill().to_numpy()


@clean("fill")
class HeldSinceTheLastCrossing(Column):
    def value(self, data):
        crossed = (close > close.rolling_mean(9)) != (close > close.rolling_mean(9)).shift(1)
        return pl.when(crossed).then(close).forward_fill()
