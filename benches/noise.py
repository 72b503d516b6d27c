"""Histories with a known amount of structure: none at all, or trends of a known strength."""

from __future__ import annotations

import numpy as np

from market import HOUR_NS, Candles

VOLATILITY = 0.005
"""Standard deviation of a bar's move."""
TREND_BARS = 50
"""Mean length of a planted trend."""


def trending_walk(bars: int, *, seed: int, strength: float) -> Candles:
    """A random walk whose drift, ±``strength`` of its volatility a bar, turns at random: no trend at zero.

    The moves are independent and alike where ``strength`` is zero, so that their order says nothing.
    """
    rng = np.random.default_rng(seed)
    moves = rng.normal(0.0, VOLATILITY, bars)
    turns = rng.random(bars) < 1 / TREND_BARS
    moves += strength * VOLATILITY * (1.0 - 2.0 * (np.cumsum(turns) % 2))
    close = 100.0 * np.exp(np.cumsum(moves))
    open_ = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0.0, 0.1 * VOLATILITY, bars))
    return Candles(
        np.arange(bars, dtype=np.int64) * HOUR_NS,
        open_,
        np.maximum(open_, close) * 1.001,
        np.minimum(open_, close) * 0.999,
        close,
        np.full(bars, 1_000.0),
    )
