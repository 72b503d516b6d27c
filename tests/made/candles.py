"""Minute candles drawn at random, as tuples of open time, open, high, low, close and volume."""

from __future__ import annotations

import numpy as np

from spark_stacker import _core

MINUTE_NS = 60_000_000_000

Candle = tuple[int, float, float, float, float, float]


def random_bars(*, bars: int, seed: int, volatility: float = 0.01, quiet: bool = False) -> list[Candle]:
    """A random walk from 100 with gaps between bars; ``quiet``: some bars without volume."""
    rng = np.random.default_rng(seed)
    candles = []
    last = 100.0
    for bar in range(bars):
        open_ = last * float(np.exp(rng.normal(0.0, volatility / 3)))
        close = open_ * float(np.exp(rng.normal(0.0, volatility)))
        high = max(open_, close) * (1.0 + float(rng.exponential(volatility / 2)))
        low = min(open_, close) * (1.0 - float(rng.uniform(0.0, volatility)))
        volume = 0.0 if quiet and rng.random() < 0.15 else float(rng.uniform(10.0, 1_000.0))
        candles.append((bar * MINUTE_NS, open_, high, low, close, volume))
        last = close
    return candles


def bars_of(candles: list[Candle], interval_ns: int = MINUTE_NS) -> _core.Bars:
    """Candles in the core."""
    times, *columns = zip(*candles, strict=True)
    open_, high, low, close, volume = (np.array(column, dtype=np.float64) for column in columns)
    return _core.Bars(
        np.array(times, dtype=np.int64), open_, high, low, close, volume, interval_ns=interval_ns
    )


def path(*prices: float, volume: float = 1_000.0) -> list[Candle]:
    """One candle a price: each opens where the last closed, without shadows."""
    before = (prices[0], *prices)
    return [
        (bar * MINUTE_NS, open_, max(open_, close), min(open_, close), close, volume)
        for bar, (open_, close) in enumerate(zip(before, prices, strict=False))
    ]
