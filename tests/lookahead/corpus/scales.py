"""Normalisation, ranking and extremes: what a value is measured against."""

from __future__ import annotations

import numpy as np
import polars as pl

from lookahead.corpus.book import BarByBar, Column, Signals, clean, leaks

close, high, low = pl.col("close"), pl.col("high"), pl.col("low")


@leaks("normalisation")
class ZScoreOfTheWhole(Column):
    def value(self, data):
        return (close - close.mean()) / close.std()


@leaks("normalisation")
class MinMaxOfTheWhole(Column):
    def value(self, data):
        return (close - low.min()) / (high.max() - low.min())


@leaks("normalisation")
class ShareOfAllVolume(Column):
    def value(self, data):
        return pl.col("volume").cum_sum() / pl.col("volume").sum()


@leaks("normalisation")
class RobustScale(Column):
    def value(self, data):
        values = np.log(data["close"].to_numpy())
        middle = np.median(values)
        return (values - middle) / np.median(np.abs(values - middle))


@leaks("normalisation")
class DetrendedByALine(Column):
    def value(self, data):
        rows = np.arange(len(data))
        return data["close"].to_numpy() - np.polyval(np.polyfit(rows, data["close"].to_numpy(), 1), rows)


@leaks("normalisation")
class ClippedAtThePercentile(Column):
    """Most values are what they are; only the threshold knows."""

    def value(self, data):
        change = close.pct_change()
        return change.clip(upper_bound=change.quantile(0.95))


@leaks("normalisation")
class MeanOfTheDay(Column):
    """The day is not over."""

    def value(self, data):
        return close / close.mean().over(pl.col("timestamp").dt.date())


@leaks("normalisation")
class Demeaned(Signals):
    def sides(self, data):
        return close < close.mean(), close > close.mean() * 1.02


@clean("normalisation")
class ZScoreOfTheWindow(Column):
    def value(self, data):
        return (close - close.rolling_mean(48)) / close.rolling_std(48)


@clean("normalisation")
class MinMaxSoFar(Column):
    def value(self, data):
        return (close - low.cum_min()) / (high.cum_max() - low.cum_min())


@clean("normalisation")
class AgainstTheFirstClose(Column):
    def value(self, data):
        return close / close.first()


@clean("normalisation")
class MeanOfTheDaySoFar(Column):
    def value(self, data):
        day = pl.col("timestamp").dt.date()
        return close / (close.cum_sum().over(day) / close.cum_count().over(day))


@clean("normalisation")
class ScaledByFixedNumbers(Column):
    def value(self, data):
        return (close - 2_000.0) / 150.0


@clean("normalisation")
class VolumeAgainstItsAverage(Signals):
    def sides(self, data):
        busy = pl.col("volume") > 1.5 * pl.col("volume").rolling_mean(24)
        return busy & (close > pl.col("open")), busy & (close < pl.col("open"))


@leaks("ranking")
class RankInTheWhole(Column):
    def value(self, data):
        return close.rank() / pl.len()


@leaks("ranking")
class QuantileBuckets(Column):
    def value(self, data):
        values = data["close"].to_numpy()
        return np.digitize(values, np.quantile(values, [0.2, 0.4, 0.6, 0.8])).astype(float)


@leaks("ranking")
class TopTenVolumes(Signals):
    def sides(self, data):
        return pl.col("volume") >= pl.col("volume").top_k(10).min(), pl.lit(value=False)


@leaks("ranking")
class SortedByPrice(Column):
    """Sorted, shifted, and put back in order: the neighbour may be of any time."""

    def value(self, data):
        order = np.argsort(data["close"].to_numpy())
        below = np.empty(len(order))
        below[order] = np.roll(data["close"].to_numpy()[order], 1)
        return below


@leaks("ranking")
class Equalised(Column):
    def value(self, data):
        values = data["close"].to_numpy()
        return np.searchsorted(np.sort(values), values) / len(values)


@clean("ranking")
class RankInTheWindow(Column):
    def value(self, data):
        def share(window: pl.Series) -> float:
            return float((window <= window[-1]).mean() or 0.0)

        return close.rolling_map(share, window_size=20)


@clean("ranking")
class FixedBuckets(Column):
    def value(self, data):
        return np.digitize(data["close"].to_numpy(), [1_900.0, 2_000.0, 2_100.0]).astype(float)


@clean("ranking")
class RankSoFar(Column):
    def value(self, data):
        values = data["close"].to_numpy()
        return np.array([np.mean(values[: row + 1] <= values[row]) for row in range(len(values))])


@clean("ranking")
class SortedByTime(Column):
    """Sorting twice the same way changes nothing."""

    def value(self, data):
        return data.sort("timestamp")["close"].pct_change(2)


@clean("ranking")
class BestHourSoFar(BarByBar):
    """Buys in the hour of the day that has risen most so far."""

    def side(self, data):
        rises = data.select(hour=pl.col("timestamp").dt.hour(), rise=close - pl.col("open"))
        best = rises.group_by("hour", maintain_order=True).agg(pl.col("rise").sum()).sort("rise", "hour")
        return 0.5 if len(data) > 72 and best["hour"][-1] == rises["hour"][-1] else 0.0


@leaks("extremes")
class PivotHighs(Column):
    """A high is a pivot only once the bars behind it are lower."""

    def value(self, data):
        return (high == high.rolling_max(7, center=True)).cast(pl.Float64)


@leaks("extremes")
class Fractals(Signals):
    def sides(self, data):
        bottom = (low < low.shift(1)) & (low < low.shift(2)) & (low < low.shift(-1)) & (low < low.shift(-2))
        top = (
            (high > high.shift(1))
            & (high > high.shift(2))
            & (high > high.shift(-1))
            & (high > high.shift(-2))
        )
        return bottom, top


@leaks("extremes")
class HighestOfAll(Column):
    def value(self, data):
        return close / high.max() - 1


@leaks("extremes")
class ZigZag(Column):
    """Legs are drawn back to the turning point."""

    def value(self, data):
        values = data["close"].to_numpy()
        leg, side, last = np.zeros(len(values)), 1, 0
        for row in range(1, len(values)):
            if side * (values[row] - values[last]) > 0:
                last = row
            elif side * (values[last] - values[row]) > 0.02 * values[last]:
                leg[last : row + 1] = -side
                side, last = -side, row
        return leg


@leaks("extremes")
class FibonacciOfTheWholeMove(Column):
    def value(self, data):
        return close - (low.min() + 0.618 * (high.max() - low.min()))


@leaks("extremes")
class SupportFromAHistogram(Column):
    """Volume by price of the whole history."""

    def value(self, data):
        counts, edges = np.histogram(data["close"], bins=20, weights=data["volume"])
        return data["close"].to_numpy() - edges[int(np.argmax(counts))]


@leaks("extremes")
class DrawdownToCome(Column):
    def value(self, data):
        return close.reverse().cum_min().reverse() / close - 1


@clean("extremes")
class ConfirmedPivots(Column):
    """The pivot is told three bars later."""

    def value(self, data):
        pivot = high == high.rolling_max(7, center=True)
        return pivot.shift(3).fill_null(value=False).cast(pl.Float64)


@clean("extremes")
class ConfirmedFractals(Signals):
    def sides(self, data):
        middle = low.shift(2)
        bottom = (middle < low.shift(3)) & (middle < low.shift(4)) & (middle < low.shift(1)) & (middle < low)
        return bottom, high < high.shift(1) * 0.99


@clean("extremes")
class HighestSoFar(Column):
    def value(self, data):
        return close / high.cum_max() - 1


@clean("extremes")
class ConfirmedZigZag(Column):
    """The leg changes on the bar that confirms it."""

    def value(self, data):
        values = data["close"].to_numpy()
        leg, side, last = np.ones(len(values)), 1, 0
        for row in range(1, len(values)):
            if side * (values[row] - values[last]) > 0:
                last = row
            elif side * (values[last] - values[row]) > 0.02 * values[last]:
                side, last = -side, row
            leg[row] = side
        return leg


@clean("extremes")
class DonchianBreakout(Signals):
    def sides(self, data):
        return close > high.shift(1).rolling_max(20), close < low.shift(1).rolling_min(20)


@clean("extremes")
class BarsSinceTheHigh(Column):
    def value(self, data):
        row = pl.int_range(pl.len())
        return (row - pl.when(high == high.cum_max()).then(row).forward_fill()).cast(pl.Float64)
