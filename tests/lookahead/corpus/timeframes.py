"""Coarser bars, and data of other origin joined by time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from lookahead.corpus.book import CANDLES, ROWS, BarByBar, Column, Signals, clean, leaks, trade
from spark_stacker.data import resample, synthesise

close, time = pl.col("close"), pl.col("timestamp")
FOUR_HOURS = time.dt.truncate("4h")
BITCOIN = synthesise("bull", interval="1h", bars=ROWS, seed=8, start="2024-01-01").frame
BITCOIN_DAYS = resample(BITCOIN, "1h", "1d").frame
RATES = pl.DataFrame(
    {
        "timestamp": CANDLES["timestamp"].gather_every(8),
        "rate": np.random.default_rng(3).normal(0, 1e-4, len(CANDLES["timestamp"].gather_every(8))),
    }
)
HEADLINES = {moment: float(np.sin(place)) for place, moment in enumerate(RATES["timestamp"])}


def coarse(data: pl.DataFrame, every: str) -> pl.DataFrame:
    return data.group_by_dynamic("timestamp", every=every).agg(
        pl.col("open").first().alias("first"),
        pl.col("high").max().alias("top"),
        pl.col("low").min().alias("bottom"),
        close.last().alias("last"),
    )


@leaks("timeframe")
class FourHourCloseWhileItForms(Column):
    def value(self, data):
        return close.last().over(FOUR_HOURS)


@leaks("timeframe")
class JoinedAsOfTheOpen(Column):
    """The bar of four hours is stamped with its open, so a join by time finds it before it closes."""

    def value(self, data):
        return data.join_asof(coarse(data, "4h"), on="timestamp")["last"]


@leaks("timeframe")
class HighOfTheDay(Column):
    def value(self, data):
        return close / pl.col("high").max().over(time.dt.date())


@leaks("timeframe")
class AverageOfFormingDays(Column):
    def value(self, data):
        days = coarse(data, "1d").with_columns(mean=pl.col("last").rolling_mean(3))
        return data.join_asof(days.select("timestamp", "mean"), on="timestamp")["mean"]


@leaks("timeframe")
class PandasResampled(Column):
    def value(self, data):
        series = data.select("timestamp", "close").to_pandas().set_index("timestamp")["close"]
        return series.resample("4h").last().reindex(series.index, method="ffill").to_numpy()


@leaks("timeframe")
class WeekOfTheYearProfile(Column):
    """The average course of a week, of all weeks."""

    def value(self, data):
        return close.pct_change().mean().over(time.dt.weekday(), time.dt.hour())


@leaks("timeframe")
class RisingFourHours(Signals):
    def sides(self, data):
        rising = close.last().over(FOUR_HOURS) > pl.col("open").first().over(FOUR_HOURS)
        return rising, ~rising


@clean("timeframe")
class LastClosedFourHours(Column):
    def value(self, data):
        closed = coarse(data, "4h").with_columns(time + timedelta(hours=4))
        opened = data.with_columns(time + timedelta(hours=1))
        return opened.join_asof(closed, on="timestamp")["last"]


@clean("timeframe")
class DayBefore(Column):
    def value(self, data):
        days = coarse(data, "1d").with_columns(pl.col("top", "bottom", "last").shift(1))
        return data.join_asof(days, on="timestamp")["top"]


@clean("timeframe")
class FourHoursSoFar(Column):
    def value(self, data):
        return close / pl.col("open").first().over(FOUR_HOURS) - 1


@clean("timeframe")
class ResampledByTheLibrary(Column):
    def value(self, data):
        if len(data) < 8:
            return pl.lit(None, pl.Float64)
        days = resample(data, "1h", "4h").frame
        closed = days.select(time + timedelta(hours=4), last="close")
        return data.with_columns(time + timedelta(hours=1)).join_asof(closed, on="timestamp")["last"]


@clean("timeframe")
class PandasResampledAndShifted(Column):
    def value(self, data):
        series = data.select("timestamp", "close").to_pandas().set_index("timestamp")["close"]
        return series.resample("4h").last().shift(1).reindex(series.index, method="ffill").to_numpy()


@clean("timeframe")
class WeekProfileSoFar(Column):
    def value(self, data):
        change = close.pct_change().fill_null(0.0)
        hour = time.dt.hour()
        return change.cum_sum().over(hour) / change.cum_count().over(hour)


@clean("timeframe")
class OpeningRange(BarByBar):
    """Trades the break of the first six hours of the day."""

    def side(self, data):
        today = data.filter(time.dt.date() == data["timestamp"].dt.date()[-1])
        if len(today) <= 6:
            return 0.0
        first, now = today.head(6), today["close"][-1]
        return 0.6 * ((now > first["high"].max()) - (now < first["low"].min()))


# Data that come from elsewhere


@leaks("external data")
class BitcoinOneBarOn(Column):
    def value(self, data):
        other = BITCOIN.select("timestamp", bitcoin=close.shift(-1))
        return data.join(other, on="timestamp", how="left")["bitcoin"]


@leaks("external data")
class BitcoinOfToday(Column):
    """The daily bar of the day that is not over."""

    def value(self, data):
        days = BITCOIN_DAYS.select("timestamp", bitcoin="close")
        return data.join_asof(days, on="timestamp")["bitcoin"]


@leaks("external data")
class NearestRate(Column):
    """Joined with the nearest in time, which may be to come."""

    def value(self, data):
        return data.join_asof(RATES, on="timestamp", strategy="nearest")["rate"]


@leaks("external data")
class NextRate(Column):
    def value(self, data):
        return data.join_asof(RATES, on="timestamp", strategy="forward")["rate"]


@leaks("external data")
class AgainstTheMeanRate(Column):
    def value(self, data):
        return data.join_asof(RATES, on="timestamp")["rate"] - RATES["rate"].mean()


@leaks("external data")
def reads_tomorrows_headline(data, simulation, params):
    now = data.to_frame()["timestamp"][-1]
    trade(simulation, HEADLINES.get(now.replace(minute=0) + timedelta(hours=8), 0.0))


@leaks("external data")
def follows_the_last_bitcoin_close(data, simulation, params):
    trade(simulation, BITCOIN["close"][-1] - BITCOIN["close"][len(data) - 1])


@clean("external data")
class BitcoinBeside(Column):
    """The bar of the same hour has closed at the same time."""

    def value(self, data):
        other = BITCOIN.select("timestamp", bitcoin="close")
        return data.join(other, on="timestamp", how="left")["bitcoin"] / data["close"]


@clean("external data")
class BitcoinOfYesterday(Column):
    def value(self, data):
        days = BITCOIN_DAYS.select(time + timedelta(days=1), bitcoin="close")
        return data.with_columns(time + timedelta(hours=1)).join_asof(days, on="timestamp")["bitcoin"]


@clean("external data")
class LatestRate(Column):
    def value(self, data):
        return data.join_asof(RATES, on="timestamp")["rate"]


@clean("external data")
class RateAgainstItsPast(Column):
    def value(self, data):
        rates = RATES.with_columns(gap=pl.col("rate") - pl.col("rate").rolling_mean(5))
        return data.join_asof(rates, on="timestamp")["gap"]


@clean("external data")
def reads_the_last_headline(data, simulation, params):
    now = data.to_frame()["timestamp"][-1]
    trade(simulation, HEADLINES.get(now - timedelta(hours=now.hour % 8), 0.0))


@clean("external data")
def compares_with_bitcoin(data, simulation, params):
    row = len(data) - 1
    if row >= 24:
        own = data["close"][-1] / data["close"][-24]
        trade(simulation, own - BITCOIN["close"][row] / BITCOIN["close"][row - 23])
