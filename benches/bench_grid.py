"""A grid of 5,000 crossings of averages on two threads, against raptorbt, vectorbt and a numba kernel.

Fast 5 to 54, slow 60 to 159. Inside the time: averages, signals, fills, fees and the metrics of every set.
The numba kernel is the one that one would write by hand for just this: averages computed once for all sets,
sets in parallel, one pass over the bars of each for return and Sharpe ratio. All results are shown equal
first, ours also to the full engine. Beside wall time stands the processor time of all threads, which a busy
machine disturbs less.
"""

from __future__ import annotations

import itertools
import sys
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from market import BALANCE, FEE_RATE, HOUR_NS, Candles, cross_plan, random_walk, run_core
from measure import interleaved, median, paired_ratio, require_release, table
from spark_stacker import _core

warnings.simplefilter("ignore")
import pandas as pd  # noqa: E402
import raptorbt  # noqa: E402
import vectorbt  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FAST, SLOW = range(5, 55), range(60, 160)
PAIRS = list(itertools.product(FAST, SLOW))
DIGITS = np.array([(f - FAST[0], s - SLOW[0]) for f, s in PAIRS], dtype=np.uint32)
FEW = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades")
THREADS = 2
BARS, MANY_BARS, GENETIC_BARS = 8_760, 100_000, 2_920
ROUNDS, PEER_ROUNDS = 15, 3
VECTORBT_CHUNK = 500
NUMBA_WAKE_SECONDS = 0.03
"""After which the threads of numba's OpenMP no longer turn on the spot for more work."""


def plan(*, rules: bool) -> dict[str, Any]:
    """All in and out; with ``rules`` both ways, with stops, targets, sizes by confidence and a hedge."""
    made = cross_plan()
    if rules:
        hedge = {"ratio": 0.2, "leverage": 2.0, "net_stop_loss_pct": None, "reduce_at_pct": None}
        made["strategies"][0] |= {
            "side": "both",
            "leverage": 2.0,
            "stop_loss_pct": 3.0,
            "take_profit_pct": 8.0,
            "hedge": hedge | {"reduce_by_pct": 50.0, "keep_on_reversal": False},
        }
        made["strategies"][0]["sizing"] |= {"equity_pct": 50.0, "scale_by_confidence": True}
    return made


def sweep(candles: Candles, *, rules: bool = False) -> _core.Sweep:
    axes: list[Any] = [
        ({"strategy": 0, "indicator": 0, "parameter": name, "setting": None}, list(periods))
        for name, periods in (("fast_period", FAST), ("slow_period", SLOW))
    ]
    return _core.Sweep(
        _core.Portfolio(plan(rules=rules)),
        [candles.bars()],
        start=[0],
        signals=[],
        funding=[None],
        mark=[None],
        axes=axes,
    )


def ours(made: _core.Sweep, metrics: tuple[str, ...] = FEW, threads: int = THREADS) -> NDArray[np.float64]:
    values, status, _ = made.evaluate(DIGITS, metrics, start_ns=None, end_ns=None, threads=threads)
    assert not status.any()
    return values


@numba.njit(cache=False)
def _average(close: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None:
    total = 0.0
    for i in range(close.size):
        total += close[i]
        if i >= period:
            total -= close[i - period]
        out[i] = total / period if i >= period - 1 else np.nan


@numba.njit(parallel=True)
def numba_grid(
    open_: NDArray[np.float64],
    close: NDArray[np.float64],
    fasts: NDArray[np.int64],
    slows: NDArray[np.int64],
    costs: tuple[float, float],
) -> NDArray[np.float64]:
    """Total return and Sharpe ratio of every pair; a decision fills at the next open."""
    balance, fee = costs
    bars = close.size
    periods = np.concatenate((fasts, slows))
    averages = np.empty((periods.size, bars))
    for k in numba.prange(periods.size):
        _average(close, periods[k], averages[k])
    out = np.empty((fasts.size * slows.size, 2))
    for pair in numba.prange(fasts.size * slows.size):
        fast, slow = averages[pair // slows.size], averages[fasts.size + pair % slows.size]
        cash, units, before = balance, 0.0, balance
        total = squares = 0.0
        enter = leave = False
        known, above, below = False, False, False
        for i in range(bars):
            if enter:
                units = cash / (open_[i] * (1.0 + fee))
                cash = 0.0
                enter = False
            elif leave:
                cash = units * open_[i] * (1.0 - fee)
                units = 0.0
                leave = False
            equity = cash + units * close[i]
            change = equity / before - 1.0
            total += change
            squares += change * change
            before = equity
            now_above, now_below = fast[i] > slow[i], fast[i] < slow[i]
            if known:
                if now_above and not above and units == 0.0:
                    enter = True
                elif now_below and not below and units > 0.0:
                    leave = True
            known = fast[i] == fast[i] and slow[i] == slow[i]
            above, below = now_above, now_below
        mean = total / bars
        deviation = np.sqrt((squares - total * mean) / (bars - 1))
        out[pair, 0] = before / balance - 1.0
        out[pair, 1] = mean / deviation * np.sqrt(8760.0)
    return out


def by_numba(candles: Candles) -> Callable[[], NDArray[np.float64]]:
    fasts, slows = np.array(FAST), np.array(SLOW)
    return lambda: numba_grid(candles.open, candles.close, fasts, slows, (BALANCE, FEE_RATE))


def by_raptorbt(candles: Candles) -> Callable[[], NDArray[np.float64]]:
    config = raptorbt.BacktestConfig(
        initial_capital=BALANCE,
        fees=FEE_RATE,
        slippage=0.0,
        fill_timing="next_bar_open",
        periods_per_year=8760.0,
    )

    def call() -> NDArray[np.float64]:
        averages = {period: raptorbt.sma(candles.close, period) for period in (*FAST, *SLOW)}
        items = []
        for fast, slow in PAIRS:
            above = averages[fast] > averages[slow]
            known = ~np.isnan(averages[slow][:-1])
            entries, exits = np.zeros_like(above), np.zeros_like(above)
            entries[1:] = above[1:] & ~above[:-1] & known
            exits[1:] = ~above[1:] & above[:-1] & known
            items.append(raptorbt.BatchSingleItem(f"{fast}/{slow}", entries, exits))
        columns = (candles.time_ns, candles.open, candles.high, candles.low, candles.close, candles.volume)
        found = raptorbt.batch_single_backtest(*columns, items, config)
        return np.array([[r.metrics.total_return_pct / 100.0, r.metrics.sharpe_ratio] for _, r in found])

    return call


def by_vectorbt(candles: Candles) -> Callable[[], NDArray[np.float64]]:
    index = pd.to_datetime(candles.time_ns)
    close, open_ = pd.Series(candles.close, index=index), pd.Series(candles.open, index=index)

    def call() -> NDArray[np.float64]:
        rows = []
        for start in range(0, len(PAIRS), VECTORBT_CHUNK):
            fasts, slows = (
                list(periods) for periods in zip(*PAIRS[start : start + VECTORBT_CHUNK], strict=True)
            )
            fast, slow = vectorbt.MA.run(close, fasts), vectorbt.MA.run(close, slows)
            entries = fast.ma_crossed_above(slow).to_numpy()
            exits = fast.ma_crossed_below(slow).to_numpy()
            first = np.zeros((1, entries.shape[1]), dtype=bool)
            portfolio = vectorbt.Portfolio.from_signals(
                close,
                np.vstack([first, entries[:-1]]),
                np.vstack([first, exits[:-1]]),
                price=open_,
                init_cash=BALANCE,
                fees=FEE_RATE,
                freq="1h",
            )
            rows.append(np.column_stack([portfolio.total_return(), portfolio.sharpe_ratio()]))
        return np.concatenate(rows)

    return call


def check_equal(candles: Candles, results: dict[str, NDArray[np.float64]]) -> None:
    """Ours is the full engine's on a sample of sets, and the peers' on all."""
    mine = results["ours"]
    sampled = cross_plan()
    for row in range(0, len(PAIRS), 97):
        fast, slow = PAIRS[row]
        sampled["strategies"][0]["indicators"][0]["parameters"] = {"fast_period": fast, "slow_period": slow}
        metrics, _, _ = run_core(sampled, candles.bars())
        expected = np.array([metrics[name] for name in FEW], dtype=float)
        if not np.allclose(mine[row], expected, rtol=1e-12, atol=1e-12):
            sys.exit(f"set {PAIRS[row]} has another result than the engine: {mine[row]}, {expected}")
    for name, got in results.items():
        off = np.abs(got[:, :2] - mine[:, :2]).max()
        print(f"  {name:9} off by at most {off:.1e}")
        if off > 1e-9:
            sys.exit(f"{name} has another result: there is nothing to compare")


def busy_ns(call: Callable[[], object], sets: int, bars: int) -> float:
    """Processor time of all threads a bar and set, the least of some rounds."""
    spent = []
    for _ in range(5):
        start = time.process_time_ns()
        call()
        spent.append(time.process_time_ns() - start)
    return min(spent) / sets / bars


def compare_with_peers() -> None:
    candles = random_walk(BARS)
    made = sweep(candles)
    calls: dict[str, Callable[[], NDArray[np.float64]]] = {
        "ours": lambda: ours(made),
        "numba": by_numba(candles),
        "raptorbt": by_raptorbt(candles),
        "vectorbt": by_vectorbt(candles),
    }
    numba.set_num_threads(THREADS)
    print(f"{len(PAIRS):,} sets, {BARS:,} bars")
    check_equal(candles, {name: call() for name, call in calls.items()})
    rows: list[tuple[str, ...]] = []
    for peers, rounds in ((("numba",), ROUNDS), (("raptorbt", "vectorbt"), PEER_ROUNDS)):
        some = {name: calls[name] for name in ("ours", *peers)}
        rest = NUMBA_WAKE_SECONDS if "numba" in peers else 0.0
        # About as long a turn as numba's: a thread that slept meanwhile costs the first call of either.
        repeat = {"ours": 8 if "numba" in peers else 3}
        seconds = interleaved(some, rounds=rounds, repeat=repeat, rest=rest)
        if peers == ("numba",):
            per = median(seconds["ours"]) * 1e9 / len(PAIRS) / BARS
            busy = busy_ns(calls["ours"], len(PAIRS), BARS)
            rows.append(
                (
                    "ours",
                    f"{median(seconds['ours']) * 1e3:.1f} ms",
                    f"{per:.3f} ns a bar and set ({busy:.3f} busy)",
                    "",
                )
            )
        for name in peers:
            wanted = {"numba": "≥ 8", "raptorbt": "≥ 100", "vectorbt": "≥ 700"}[name]
            ratio = paired_ratio(seconds[name], seconds["ours"])
            rows.append((name, f"{median(seconds[name]) * 1e3:,.0f} ms", f"{ratio:.1f} times ours", wanted))
    print(table(("8,760 bars", "whole grid", "", "wanted"), rows))


def own_grids() -> None:
    rows: list[tuple[str, ...]] = []
    everything = tuple(run_core(cross_plan(), random_walk(100).bars())[0])
    few, many = random_walk(BARS), random_walk(MANY_BARS)
    cases = (
        ("crossings, 100,000 bars", sweep(many), MANY_BARS, FEW, "≤ 0.6", 9),
        ("stops, targets, confidence, hedge", sweep(few, rules=True), BARS, FEW, "≤ 2.5", 7),
        ("the same, all metrics", sweep(few, rules=True), BARS, everything, "≤ 2.5", 7),
    )
    for name, made, bars, metrics, wanted, rounds in cases:
        calls: dict[str, Callable[[], object]] = {
            f"{threads}": partial(ours, made, metrics, threads) for threads in (1, THREADS)
        }
        seconds = interleaved(calls, rounds=rounds)
        per = median(seconds[f"{THREADS}"]) * 1e9 / len(PAIRS) / bars
        busy = busy_ns(calls[f"{THREADS}"], len(PAIRS), bars)
        gain = paired_ratio(seconds["1"], seconds[f"{THREADS}"])
        rows.append((name, f"{per:.2f} ({busy:.2f} busy)", wanted, f"{gain:.2f}", "≥ 1.8"))
    print(table(("two threads", "ns a bar and set", "wanted", "times one thread", "wanted"), rows))


def genetic() -> None:
    """Population 20, 10 generations, four months of hourly bars."""
    made = sweep(random_walk(GENETIC_BARS))

    def call() -> None:
        sampler = _core.Genetic(
            made.lengths,
            population_size=20,
            generations=10,
            tournament_size=3,
            crossover_rate=0.8,
            mutation_rate=None,
            elite=2,
            stagnation=None,
            seed=1,
        )
        while (digits := sampler.ask()).size:
            values, _, _ = made.evaluate(digits, FEW, start_ns=None, end_ns=None, threads=THREADS)
            sampler.tell(np.ascontiguousarray(values[:, 1]))

    seconds = interleaved({"genetic": call}, rounds=ROUNDS)["genetic"]
    typical, least = median(seconds) * 1e3, min(seconds) * 1e3
    print(f"genetic 20 x 10, {GENETIC_BARS:,} bars: {typical:.2f} ms, least {least:.2f}; wanted ≤ 2")


def main() -> None:
    require_release()
    assert HOUR_NS * 8_760 == 365 * 24 * HOUR_NS
    compare_with_peers()
    print()
    own_grids()
    print()
    genetic()


if __name__ == "__main__":
    main()
