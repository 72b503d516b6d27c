"""What code remembers: on itself, in caches, in globals, and what it draws at random."""

from __future__ import annotations

import functools
import random
import time

import numpy as np
import polars as pl

from lookahead.corpus.book import CANDLES, BarByBar, Column, clean, leaks, trade, unstable

close = pl.col("close")
SEEN: dict[str, float] = {}
FRAMES: list[pl.DataFrame] = []


@leaks("state on self")
class RemembersTheFrame(BarByBar):
    """Keeps what ``calculate`` was given and reads the next bar from it."""

    def calculate(self, data):
        self.whole = data
        return data

    def side(self, data):
        later = self.whole["close"][len(data) : len(data) + 1]
        return 0.5 * (later[0] > data["close"][-1]) if len(later) else 0.0


@leaks("state on self")
class RemembersAThreshold(BarByBar):
    def calculate(self, data):
        self.threshold = float(data["close"].quantile(0.8))
        return data

    def side(self, data):
        return -0.5 if data["close"][-1] > self.threshold else 0.0


@leaks("state on self")
class RemembersTheLength(BarByBar):
    """Closes shortly before the data end."""

    def calculate(self, data):
        self.rows = len(data)
        return data

    def side(self, data):
        return -0.9 if self.rows - len(data) < 3 else 0.3 * (data["close"][-1] > data["open"][-1])


@leaks("state on self")
class FitsWhenFirstCalled(Column):
    """Cached on itself: the same object would show nothing when asked again of a part."""

    fitted = None

    def value(self, data):
        if self.fitted is None:
            self.fitted = float(data["close"].mean())
        return close - self.fitted


@leaks("state on self", candles=CANDLES)
class FrameAsParameter(Column):
    """Handed the candles when made."""

    def value(self, data):
        later = self.params["candles"].select("timestamp", value=close.shift(-1))
        return data.join(later, on="timestamp", how="left")["value"]


@clean("state on self")
class CoolsDown(BarByBar):
    """Ten bars between signals."""

    last = -10

    def side(self, data):
        if len(data) - self.last < 10 or data["close"][-1] < data["close"][0]:
            return 0.0
        self.last = len(data)
        return 0.7


@clean("state on self")
class RunningMean(BarByBar):
    def calculate(self, data):
        self.mean = float(data["close"][0])
        return data

    def side(self, data):
        self.mean += 0.1 * (data["close"][-1] - self.mean)
        return 0.5 if data["close"][-1] > self.mean else -0.5


@clean("state on self")
class SeededOnItself(Column):
    def __init__(self, name, params=None):
        super().__init__(name, params)
        self.rng = np.random.default_rng(4)

    def value(self, data):
        return close * (1 + 0.001 * pl.Series(self.rng.normal(size=len(data))))


@clean("state on self", period=12)
class ReadsItsParameters(Column):
    def value(self, data):
        return close.rolling_max(self.params["period"])


@clean("state on self")
class CountsItsCalls(Column):
    """Its own calls only: each run begins anew."""

    calls = 0

    def value(self, data):
        self.calls += 1
        return close * self.calls


@leaks("cache")
class MeanInAGlobal(Column):
    """The first frame seen sets it for good."""

    def value(self, data):
        SEEN.setdefault("mean", float(data["close"].mean()))
        return close / SEEN["mean"]


@leaks("cache")
class CacheOnTheClass(Column):
    cache: dict = {}  # noqa: RUF012 - the mistake shown

    def value(self, data):
        key = self.params.get("period", 5)
        if key not in self.cache or len(self.cache[key]) < len(data):
            self.cache[key] = data["close"].reverse().rolling_mean(key).reverse()
        return self.cache[key].head(len(data))


@functools.lru_cache(maxsize=4)
def deviation_of(values: tuple[float, ...]) -> float:
    return float(np.std(values))


@leaks("cache")
class MemoisedDeviation(Column):
    def value(self, data):
        return close / deviation_of(tuple(data["close"]))


@leaks("cache")
class KeepsFramesInAGlobal(BarByBar):
    def calculate(self, data):
        FRAMES.append(data)
        return data

    def side(self, data):
        return 0.5 if max(len(frame) for frame in FRAMES) > len(data) + 5 else 0.0


@clean("cache")
class CachedByRow(BarByBar):
    """Keyed by the time of the bar: what is kept belongs to it."""

    def side(self, data):
        key = f"{data['timestamp'][-1]}"
        if key not in SEEN:
            SEEN[key] = float(data["close"].tail(5).mean())
        return 0.5 if data["close"][-1] > SEEN[key] else 0.0


@functools.cache
def weights_of(period: int) -> np.ndarray:
    return np.arange(1, period + 1) / (period * (period + 1) / 2)


@clean("cache")
class MemoisedWeights(Column):
    def value(self, data):
        return np.convolve(data["close"].to_numpy(), weights_of(6)[::-1])[: len(data)]


@clean("cache")
class KeepsPrefixesInAGlobal(BarByBar):
    def side(self, data):
        FRAMES.append(data)
        return 0.3 if len(FRAMES) > 3 and FRAMES[-1]["close"][-1] > FRAMES[-3]["close"][-1] else 0.0


@unstable("randomness")
class UnseededNoise(Column):
    def value(self, data):
        return close * (1 + 0.001 * np.random.default_rng().normal(size=len(data)))


@unstable("randomness")
class FlipsACoin(BarByBar):
    def side(self, data):
        return random.choice([-0.5, 0.0, 0.5])


@unstable("randomness")
def trades_by_the_clock(data, simulation, params):
    if len(data) % 7 == 0:
        trade(simulation, time.perf_counter_ns() % 2 - 0.5)


@unstable("randomness")
class GlobalNumpySeed(Column):
    def value(self, data):
        return pl.Series(np.random.rand(len(data)))
