"""One backtest of a crossing of averages, against raptorbt and vectorbt.

Everything that a user asks for is inside the time: from the configuration through indicators, signals,
fills and fees to metrics, equity curve and trades. The peers compute their averages and signals their
natural way; for equal results vectorbt fills at the next open by entries shifted by one bar, and raptorbt
by ``next_bar_open``. Ours is timed twice: from the plan to columns as the core gives them, and through
`BacktestEngine` to Polars frames.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from market import BALANCE, FAST, FEE_RATE, SLOW, Candles, cross_plan, engine, random_walk, run_core, settings
from measure import interleaved, median, paired_ratio, require_release, table
from serial_chain import TARGET_MACHINE_NS, addition_ns

warnings.simplefilter("ignore")
import pandas as pd  # noqa: E402
import raptorbt  # noqa: E402
import vectorbt  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL_BARS = 8_760
BARS = {SMALL_BARS: 41, 100_000: 15, 1_000_000: 7}  # bars: rounds
SMALL_CALL_US = 80.0
WANTED = {"raptorbt": "≥ 8", "vectorbt": "≥ 10"}
Headline = tuple[float, float]  # total return, Sharpe ratio


def ours(candles: Candles) -> Callable[[], Headline]:
    bars, plan = candles.bars(), cross_plan()

    def call() -> Headline:
        metrics, _, _ = run_core(plan, bars)
        return metrics["total_return"], metrics["sharpe_ratio"]

    return call


def ours_in_frames(candles: Candles) -> Callable[[], Headline]:
    prepared = engine(candles.bars()).prepare(settings())

    def call() -> Headline:
        result = prepared.run()
        metrics, _, _ = result.metrics, result.equity_curve, result.trades
        total_return, sharpe = metrics["total_return"], metrics["sharpe_ratio"]
        assert total_return is not None
        assert sharpe is not None
        return total_return, sharpe

    return call


def with_raptorbt(candles: Candles) -> Callable[[], Headline]:
    config = raptorbt.BacktestConfig(
        initial_capital=BALANCE,
        fees=FEE_RATE,
        slippage=0.0,
        fill_timing="next_bar_open",
        periods_per_year=8760.0,
    )

    def call() -> Headline:
        fast, slow = raptorbt.sma(candles.close, FAST), raptorbt.sma(candles.close, SLOW)
        above = fast > slow
        known = ~np.isnan(slow[:-1])
        entries, exits = np.zeros_like(above), np.zeros_like(above)
        entries[1:] = above[1:] & ~above[:-1] & known
        exits[1:] = ~above[1:] & above[:-1] & known
        result = raptorbt.run_single_backtest(
            timestamps=candles.time_ns,
            open=candles.open,
            high=candles.high,
            low=candles.low,
            close=candles.close,
            volume=candles.volume,
            entries=entries,
            exits=exits,
            direction=1,
            weight=1.0,
            symbol="ETH-USD",
            config=config,
        )
        result.equity_curve()
        result.trades()
        return result.metrics.total_return_pct / 100.0, result.metrics.sharpe_ratio

    return call


def with_vectorbt(candles: Candles) -> Callable[[], Headline]:
    index = pd.to_datetime(candles.time_ns)
    close, open_ = pd.Series(candles.close, index=index), pd.Series(candles.open, index=index)

    def call() -> Headline:
        fast, slow = vectorbt.MA.run(close, FAST), vectorbt.MA.run(close, SLOW)
        entries = fast.ma_crossed_above(slow).shift(1, fill_value=False)
        exits = fast.ma_crossed_below(slow).shift(1, fill_value=False)
        portfolio = vectorbt.Portfolio.from_signals(
            close, entries, exits, price=open_, init_cash=BALANCE, fees=FEE_RATE, freq="1h"
        )
        metrics = portfolio.total_return(), portfolio.sharpe_ratio()
        portfolio.max_drawdown(), portfolio.sortino_ratio(), portfolio.calmar_ratio()
        portfolio.value()
        portfolio.trades.records  # noqa: B018
        return metrics

    return call


def check_equal(results: dict[str, Headline]) -> None:
    expected = results["ours"]
    for name, got in results.items():
        difference = max(abs(g / e - 1.0) for g, e in zip(got, expected, strict=True))
        print(f"  {name:9} total return {got[0]:.12f}  Sharpe {got[1]:.12f}  off by {difference:.1e}")
        if difference > 1e-10:
            sys.exit(f"{name} has another result: there is nothing to compare")


def main() -> None:
    require_release()
    rows: list[tuple[str, ...]] = []
    for bars, rounds in BARS.items():
        candles = random_walk(bars)
        calls: dict[str, Callable[[], Any]] = {
            "ours": ours(candles),
            "in frames": ours_in_frames(candles),
            "raptorbt": with_raptorbt(candles),
            "vectorbt": with_vectorbt(candles),
        }
        print(f"{bars:,} bars")
        check_equal({name: call() for name, call in calls.items()})
        few = max(1, 200_000 // bars)
        own = calls.pop("ours")
        for name, call in calls.items():
            # One at a time, A B A B: what a third leaves in the caches would count against the next.
            repeat = {"ours": few, name: 1 if name == "vectorbt" else few}
            seconds = interleaved({"ours": own, name: call}, rounds=rounds, repeat=repeat)
            own_us, their_us = (median(seconds[key]) * 1e6 for key in ("ours", name))
            if name == "in frames":
                rows.append(
                    (
                        f"{bars:,}",
                        "ours",
                        f"{own_us:,.1f} µs",
                        f"{own_us * 1e3 / bars:.2f} ns a bar",
                        _limit(bars),
                    )
                )
            ratio = paired_ratio(seconds[name], seconds["ours"])
            rows.append(("", name, f"{their_us:,.1f} µs", f"{ratio:.1f} times ours", WANTED.get(name, "")))
    print()
    print(table(("bars", "", "whole call", "", "wanted"), rows))


def _limit(bars: int) -> str:
    if bars != SMALL_BARS:
        return ""
    addition = addition_ns()
    limit_us = SMALL_CALL_US * addition / TARGET_MACHINE_NS
    yardstick = f"where an addition takes {TARGET_MACHINE_NS} ns, here {addition:.2f}"
    return f"≤ {limit_us:.0f} µs: {SMALL_CALL_US:.0f} µs {yardstick}"


if __name__ == "__main__":
    main()
