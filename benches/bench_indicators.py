"""Indicator functions against TA-Lib: NumPy in and out, both in one process, call by call in turn.

``python benches/bench_indicators.py [rows] [rounds]``. Values are shown equal first. A ratio is the median of
our time over TA-Lib's in the same round, so a machine that slows down slows both. Ours take columns this
long on all processors, as they do for everybody; on one: ``taskset -c 0 python benches/bench_indicators.py``.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import talib

from spark_stacker import indicators as ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Lines = Array | tuple[NDArray[np.float64 | np.int32], ...]


@dataclass(frozen=True, slots=True)
class Market:
    high: Array
    low: Array
    close: Array
    volume: Array


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    target: float
    mine: Callable[[Market], Lines]
    theirs: Callable[[Market], Lines]


CASES = [
    Case("SMA 20", 0.6, lambda m: ours.sma(m.close, 20), lambda m: talib.SMA(m.close, 20)),
    Case("SMA 200", 0.6, lambda m: ours.sma(m.close, 200), lambda m: talib.SMA(m.close, 200)),
    Case("EMA 20", 0.3, lambda m: ours.ema(m.close, 20), lambda m: talib.EMA(m.close, 20)),
    Case("RSI 14", 0.55, lambda m: ours.rsi(m.close, 14), lambda m: talib.RSI(m.close, 14)),
    Case("MACD 12 26 9", 0.45, lambda m: ours.macd(m.close), lambda m: talib.MACD(m.close, 12, 26, 9)),
    Case(
        "Bollinger 20",
        0.4,
        lambda m: ours.bollinger(m.close, 20, 2.0),
        lambda m: talib.BBANDS(m.close, 20, 2.0, 2.0),
    ),
    Case(
        "ATR 14",
        0.7,
        lambda m: ours.atr(m.high, m.low, m.close, 14),
        lambda m: talib.ATR(m.high, m.low, m.close, 14),
    ),
    Case(
        "SuperTrend 10 3",
        0.4,
        lambda m: ours.supertrend(m.high, m.low, m.close, 10, 3.0),
        lambda m: talib.SUPERTREND(m.high, m.low, m.close, 10, 3.0),
    ),
    Case("WMA 50", 0.8, lambda m: ours.wma(m.close, 50), lambda m: talib.WMA(m.close, 50)),
    Case("Hull 50", 0.6, lambda m: ours.hull(m.close, 50), lambda m: talib.HMA(m.close, 50)),
    Case(
        "Linear regression 50",
        0.7,
        lambda m: ours.linear_regression(m.close, 50),
        lambda m: talib.LINEARREG(m.close, 50),
    ),
    Case(
        "VWMA 20",
        1.0,
        lambda m: ours.vwma(m.close, m.volume, 20),
        lambda m: talib.VWMA(m.close, m.volume, 20),
    ),
    Case("RMA 14", 1.0, lambda m: ours.rma(m.close, 14), lambda m: talib.RMA(m.close, 14)),
    Case("TEMA 20", 1.0, lambda m: ours.tema(m.close, 20), lambda m: talib.TEMA(m.close, 20)),
    Case("T3 5", 1.0, lambda m: ours.t3(m.close, 5, 0.7), lambda m: talib.T3(m.close, 5, 0.7)),
]


def made_up_market(rows: int) -> Market:
    random = np.random.default_rng(1)
    close = 30_000.0 * np.exp(np.cumsum(random.normal(0.0, 1e-3, rows)))
    high = close * (1.0 + np.abs(random.normal(0.0, 5e-4, rows)))
    low = close * (1.0 - np.abs(random.normal(0.0, 5e-4, rows)))
    return Market(high, low, close, random.exponential(10.0, rows))


def worst_difference(case: Case, market: Market) -> float:
    """The largest difference, as a multiple of the tolerance 1e-9 max(|b|, 1e-3 price)."""
    mine, theirs = (
        lines if isinstance(lines, tuple) else (lines,) for lines in (case.mine(market), case.theirs(market))
    )
    return max(
        float(np.nanmax(np.abs(a - b) / (1e-9 * np.maximum(np.abs(b), 1e-3 * market.close))))
        for a, b in zip(mine, theirs, strict=True)
    )


def seconds(function: Callable[[Market], Lines], market: Market) -> float:
    start = time.perf_counter()
    lines = function(market)
    elapsed = time.perf_counter() - start
    del lines
    return elapsed


def main(rows: int = 1_000_000, rounds: int = 31) -> None:
    market = made_up_market(rows)
    processors = len(os.sched_getaffinity(0))
    print(
        f"TA-Lib {talib.__version__}, {rows:,} rows, {rounds} rounds, {processors} processors, ns per value"
    )
    print(f"{'':22}{'ours':>8}{'TA-Lib':>8}{'ratio':>8}{'wanted':>8}")
    for case in CASES:
        difference = worst_difference(case, market)
        if difference > 1.0:
            sys.exit(f"{case.name}: values differ by {difference:.3g} tolerances")
        pairs = [(seconds(case.mine, market), seconds(case.theirs, market)) for _ in range(rounds)]
        mine, theirs = (statistics.median(times) * 1e9 / rows for times in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{case.name:22}{mine:8.2f}{theirs:8.2f}{ratio:8.2f}{case.target:8.2f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
