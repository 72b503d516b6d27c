"""Fitted models and labels: what a model has seen when it speaks."""

from __future__ import annotations

import numpy as np
import polars as pl

from lookahead.corpus.book import BarByBar, Column, Signals, clean, leaks, trade

close = pl.col("close")
TRAINED_UNTIL = 150


def features(values: np.ndarray) -> np.ndarray:
    """Three lagged returns and a constant; zeros where there are none."""
    change = np.diff(np.log(values), prepend=np.log(values[0]))
    padded = np.concatenate([np.zeros(2), change])
    lags = [padded[2 - lag : len(padded) - lag] for lag in range(3)]
    return np.column_stack([*lags, np.ones(len(values))])


def fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(x.T @ x + 1e-6 * np.eye(x.shape[1]), x.T @ y, rcond=None)[0]


@leaks("model")
class RegressionOfTheWhole(Column):
    def value(self, data):
        values = data["close"].to_numpy()
        x, y = features(values)[:-1], np.diff(np.log(values))
        return features(values) @ fitted(x, y)


@leaks("model")
class TrainedOnTheFirstShare(Column):
    """A split by share: which rows train depends on how many there are."""

    def value(self, data):
        values = data["close"].to_numpy()
        share = int(0.7 * len(values))
        return features(values) @ fitted(features(values)[:share], np.roll(features(values)[:share, 0], -1))


@leaks("model")
class PrincipalComponent(Column):
    def value(self, data):
        table = features(data["close"].to_numpy())[:, :3]
        _, _, axes = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
        return np.abs((table - table.mean(axis=0)) @ axes[0])


@leaks("model")
class VolatilityClusters(Column):
    """Three means of all the ranges."""

    def value(self, data):
        ranges = (data["high"] - data["low"]).to_numpy()
        centres = np.quantile(ranges, [0.2, 0.5, 0.8])
        for _ in range(10):
            nearest = np.abs(ranges[:, None] - centres).argmin(axis=1)
            centres = np.array(
                [ranges[nearest == k].mean() if (nearest == k).any() else centres[k] for k in range(3)]
            )
        return nearest.astype(float)


@leaks("model")
class SmoothedByKalmanFromBothSides(Column):
    """A filter forward, a smoother back."""

    def value(self, data):
        state = [float(data["close"][0])]
        for value in data["close"].to_list()[1:]:
            state.append(state[-1] + 0.3 * (value - state[-1]))
        for row in range(len(state) - 2, -1, -1):
            state[row] += 0.6 * (state[row + 1] - state[row])
        return np.array(state)


@leaks("model")
class Cycles(Column):
    """The strongest waves of the whole."""

    def value(self, data):
        waves = np.fft.rfft(data["close"].to_numpy())
        waves[12:] = 0
        return np.fft.irfft(waves, len(data))


@leaks("model")
class BestPeriodInHindsight(Signals):
    """Which average would have earned most?"""

    def sides(self, data):
        values = data["close"].to_numpy()
        profit = {}
        for period in (3, 5, 8, 13):
            above = values > np.convolve(values, np.ones(period) / period)[: len(values)]
            profit[period] = float(np.sum(above[:-1] * np.diff(values)))
        best = max(profit, key=lambda period: profit[period])
        return close > close.rolling_mean(best), close < close.rolling_mean(best)


@leaks("model")
class NeighboursOfAllTimes(Column):
    """The mean outcome of the most similar rows, later ones included."""

    def value(self, data):
        values = data["close"].to_numpy()
        change, outcome = features(values)[:, 0], np.append(np.diff(np.log(values)), 0.0)
        nearest = np.argsort(np.abs(change[:, None] - change), axis=1, kind="stable")[:, 1:6]
        return outcome[nearest].mean(axis=1)


@clean("model")
class TrainedOnFixedRows(Column):
    """Trained up to a row, silent until then."""

    def value(self, data):
        values = data["close"].to_numpy()
        if len(values) <= TRAINED_UNTIL:
            return np.full(len(values), np.nan)
        x, y = features(values)[: TRAINED_UNTIL - 1], np.diff(np.log(values[:TRAINED_UNTIL]))
        said = features(values) @ fitted(x, y)
        said[:TRAINED_UNTIL] = np.nan
        return said


@clean("model")
class RetrainedAsItGoes(Column):
    def value(self, data):
        values = data["close"].to_numpy()
        table, said = features(values), np.full(len(values), np.nan)
        for row in range(60, len(values)):
            if row % 30 == 0:
                model = fitted(table[: row - 1], table[1:row, 0])
            said[row] = table[row] @ model
        return said


@clean("model")
class RollingRegression(Column):
    def value(self, data):
        row = pl.int_range(pl.len()).cast(pl.Float64)
        return pl.rolling_corr(row, close, window_size=20)


@clean("model")
class OneSidedKalman(Column):
    def value(self, data):
        state, certainty, values = float(data["close"][0]), 1.0, []
        for value in data["close"].to_list():
            certainty += 0.1
            gain = certainty / (certainty + 4.0)
            state, certainty = state + gain * (value - state), (1 - gain) * certainty
            values.append(state)
        return np.array(values)


@clean("model")
class BestPeriodSoFar(BarByBar):
    def side(self, data):
        values = data["close"].to_numpy()[-60:]
        if len(values) < 60:
            return 0.0
        profit = {}
        for period in (3, 5, 8):
            above = values[period:-1] > np.convolve(values, np.ones(period) / period, "valid")[:-2]
            profit[period] = float(np.sum(above * np.diff(values)[period:]))
        best = max(profit, key=lambda period: profit[period])
        return 0.4 if values[-1] > values[-best:].mean() else -0.4


@clean("model")
class NeighboursOfThePast(Column):
    def value(self, data):
        values = data["close"].to_numpy()
        change, said = features(values)[:, 0], np.full(len(values), np.nan)
        for row in range(40, len(values)):
            nearest = np.argsort(np.abs(change[: row - 1] - change[row]), kind="stable")[:5]
            said[row] = change[nearest + 1].mean()
        return said


@clean("model", weights=(0.2, -0.5, 0.1, 0.0))
class WeightsFromElsewhere(Column):
    def value(self, data):
        values = features(data["close"].to_numpy())
        return values @ np.array(self.params["weights"])


@clean("model")
class SeededForest(Column):
    """Random splits, drawn from a seed: the same in every run."""

    def value(self, data):
        rng = np.random.default_rng(11)
        change = features(data["close"].to_numpy())[:, 0]
        return sum((change > rng.normal(0, 0.01)).astype(float) for _ in range(20)) / 20


# Labels


@leaks("label")
class TripleBarrier(Column):
    """What a position opened here will have reached first."""

    def value(self, data):
        values, label = data["close"].to_numpy(), []
        for row, entry in enumerate(values):
            path = values[row + 1 : row + 13] / entry - 1
            up, down = np.flatnonzero(path > 0.01), np.flatnonzero(path < -0.01)
            label.append(float(len(up) > 0 and (not len(down) or up[0] < down[0])))
        return np.array(label)


@leaks("label")
class LabelLeftInTheFrame(Column):
    """A column for training, left over in what the strategy reads."""

    def calculate(self, data):
        return data.with_columns(value=close.rolling_mean(5), target=(close.shift(-6) > close).cast(pl.Int8))


@leaks("label")
class TargetEncodedHour(Column):
    """The mean outcome of each hour of the day."""

    def value(self, data):
        return (close.shift(-1) / close - 1).mean().over(pl.col("timestamp").dt.hour())


@leaks("label")
class ProfitableSignalsOnly(Signals):
    """A crossing counts if it paid."""

    def sides(self, data):
        up = (close > close.rolling_mean(8)) & (close.shift(1) <= close.rolling_mean(8).shift(1))
        return up & (close.shift(-4) > close), pl.lit(value=False)


@leaks("label")
class SkipsTheCrash(Signals):
    """Sits out what would have lost most: the only trace is a signal that is not there."""

    def sides(self, data):
        up = close > close.shift(1)
        return up & ~(pl.col("low").shift(-1) < 0.99 * close).fill_null(value=False), ~up


@clean("label")
class LabelKnownLater(Column):
    """The outcome of a position opened six bars ago."""

    def value(self, data):
        return (close > close.shift(6)).cast(pl.Float64)


@clean("label")
class HourEncodedByThePast(Column):
    def value(self, data):
        change = close.pct_change().fill_null(0.0)
        hour = pl.col("timestamp").dt.hour()
        return (change.cum_sum() - change).over(hour) / change.cum_count().over(hour)


@clean("label")
class ConfirmedCrossings(Signals):
    def sides(self, data):
        above = close > close.rolling_mean(8)
        return above & above.shift(1) & ~above.shift(2), ~above & ~above.shift(1)


@clean("label")
def learns_from_its_trades(data, simulation, params):
    """Stops for a while after two losses, which it reads from the account."""
    lost = simulation.trade_history["profit"].tail(2).to_list() if len(data) % 6 == 0 else []
    if len(lost) == 2 and max(lost) < 0:
        return
    trade(simulation, data["close"][-1] - data["close"][0] if len(data) % 3 == 0 else 0)
