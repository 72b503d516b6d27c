"""The guide's searches of a configured strategy: genetic over four months of hours, walk-forward over eleven.

The whole call is timed, data loaded, without honesty report and trial ledger; its rows are shown equal to
backtests first. What the ledger adds is told apart: most of it is waiting until the disk has its lines.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime

import numpy as np

from market import HOUR_NS, SYMBOL, random_walk, settings
from measure import interleaved, median, require_release, table
from serial_chain import TARGET_MACHINE_NS, addition_ns
from spark_stacker.backtesting import BacktestEngine
from spark_stacker.data import DataManager, FrameDataSource
from spark_stacker.data.candles import bars_to_frame

ROUNDS = 31
START = datetime(2024, 1, 1, tzinfo=UTC)
LIMITS_MS = {"genetic": 2.0, "walk-forward": 10.0}


def engine() -> BacktestEngine:
    """Hourly candles from 2024-01-01 on for a year."""
    walk = random_walk(366 * 24)
    times = int(START.timestamp()) * 1_000_000_000 + np.arange(366 * 24, dtype=np.int64) * HOUR_NS
    frame = bars_to_frame(walk.bars()).with_columns(timestamp=(times // 1_000))
    manager = DataManager()
    manager.register_source("made", FrameDataSource({(SYMBOL, "1h"): frame}))
    return BacktestEngine(manager)


def genetic(made: BacktestEngine, ledger: str | bool = False):
    return made.genetic_optimize(
        settings=SETTINGS,
        start_date="2024-01-01",
        end_date="2024-05-01",
        param_space={
            "ma.fast_period": (5, 30, 1),
            "ma.slow_period": (31, 90, 1),
            "sizing.equity_pct": (10, 50, 10),
        },
        population_size=20,
        generations=10,
        honesty=False,
        ledger=ledger,
    )


def walk_forward(made: BacktestEngine, ledger: str | bool = False):
    return made.walk_forward_analysis(
        settings=SETTINGS,
        start_date="2024-01-01",
        end_date="2024-12-01",
        param_grid={
            "ma.fast_period": [5, 10, 15],
            "ma.slow_period": [20, 30, 40],
            "sizing.equity_pct": [10, 20, 30],
        },
        train_size=6,
        test_size=2,
        ledger=ledger,
    )


SETTINGS = settings()


def main() -> None:
    require_release()
    made = engine()
    found = genetic(made)
    assert found.best_result.metrics["sharpe_ratio"] == found.best_score
    assert [window.sets for window in walk_forward(made).windows] == [27, 27, 27]
    calls = {"genetic": lambda: genetic(made), "walk-forward": lambda: walk_forward(made)}
    seconds = interleaved(calls, rounds=ROUNDS)
    scale = TARGET_MACHINE_NS / addition_ns()
    rows = [
        (
            name,
            f"{1e3 * median(times):.2f}",
            f"{1e3 * scale * median(times):.2f}",
            f"{1e3 * scale * min(times):.2f}",
            f"≤ {LIMITS_MS[name]:g}",
        )
        for name, times in seconds.items()
    ]
    print(table(("call, two threads", "ms", "ms, scaled", "least, scaled", "wanted"), rows))
    with tempfile.TemporaryDirectory() as directory:
        for name, run in (("genetic", genetic), ("walk-forward", walk_forward)):
            waits = [1e3 * run(made, directory).timings["ledger"] for _ in range(ROUNDS)]
            print(f"\nthe ledger adds {median(waits):.2f} ms to {name}, {min(waits):.2f} at least")
    print(f"\n{found.count} sets bred, {3 * 27} sets walked")


if __name__ == "__main__":
    main()
