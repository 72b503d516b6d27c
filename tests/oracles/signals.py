"""Averages, RSI and their signals in plain Python; they share no code with the package."""

from __future__ import annotations

import itertools
from fractions import Fraction


def simple_average(values: list[float], period: int) -> list[float | None]:
    """Exact sums, so that two averages of the same prices compare as they should."""
    exact = [Fraction(value) for value in values]
    averages: list[float | None] = [None] * len(values)
    total = sum(exact[: period - 1], Fraction(0))
    for i in range(period - 1, len(values)):
        total += exact[i]
        averages[i] = float(total / period)
        total -= exact[i + 1 - period]
    return averages


def cross_signals(values: list[float], fast: int, slow: int) -> list[int]:
    """+1 where the fast average crosses above the slow one, -1 where it crosses below, else 0."""
    fast_line, slow_line = simple_average(values, fast), simple_average(values, slow)
    signals = [0] * len(values)
    for i in range(slow, len(values)):
        before = fast_line[i - 1] - slow_line[i - 1]
        now = fast_line[i] - slow_line[i]
        if before <= 0 < now:
            signals[i] = 1
        elif before >= 0 > now:
            signals[i] = -1
    return signals


def relative_strength(values: list[float], period: int) -> list[float | None]:
    """Wilder's RSI: first averages are means of the first ``period`` changes; 50 where nothing moved."""
    changes = [b - a for a, b in itertools.pairwise(values)]
    line: list[float | None] = [None] * len(values)
    gain = sum(max(change, 0.0) for change in changes[:period]) / period
    loss = sum(max(-change, 0.0) for change in changes[:period]) / period
    for i in range(period, len(values)):
        if i > period:
            gain = (gain * (period - 1) + max(changes[i - 1], 0.0)) / period
            loss = (loss * (period - 1) + max(-changes[i - 1], 0.0)) / period
        line[i] = 50.0 if gain + loss == 0 else 100.0 * gain / (gain + loss)
    return line


def zone_signals(values: list[float], period: int, oversold: float, overbought: float) -> list[int]:
    """+1 while the RSI is below ``oversold``, -1 while it is above ``overbought``."""
    line = relative_strength(values, period)
    return [0 if v is None else (v < oversold) - (v > overbought) for v in line]
