"""Peak memory of grids above what was resident once the candles were loaded and above the frame of results.

A call with four sets goes first: it loads the candles, and its peak is what any search needs.

Ten thousand and a million sets of 8,760 bars, and 5,000 of 100,000; rows of a million stream to Parquet, so
that they need no memory.
"""

from __future__ import annotations

import ctypes
import gc
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench_memory import resident
from market import HOUR_NS, SYMBOL, random_walk, settings
from measure import require_release, table
from spark_stacker.backtesting import BacktestEngine
from spark_stacker.data import DataManager, FrameDataSource
from spark_stacker.data.candles import bars_to_frame

START = datetime(2013, 1, 1, tzinfo=UTC)
FEW = ["total_return", "sharpe_ratio", "max_drawdown", "total_trades"]
CASES: tuple[tuple[int, tuple[int, int, int], tuple[int, int, int]], ...] = (
    (8_760, (5, 104, 1), (110, 209, 1)),
    (8_760, (5, 504, 1), (600, 2_599, 1)),
    (100_000, (5, 54, 1), (60, 159, 1)),
)
"""Bars, fast and slow periods."""
STREAMED = 100_000
"""Sets above which rows are kept on disk."""
WANTED_MEGABYTES = 64
_MEGABYTE = 1024.0 * 1024.0


def engine(bars: int) -> BacktestEngine:
    times = int(START.timestamp()) * 1_000_000_000 + np.arange(bars, dtype=np.int64) * HOUR_NS
    frame = bars_to_frame(random_walk(bars).bars()).with_columns(timestamp=(times // 1_000))
    manager = DataManager()
    manager.register_source("made", FrameDataSource({(SYMBOL, "1h"): frame}))
    return BacktestEngine(manager)


def search(made: BacktestEngine, grid: dict[str, object], out: Path) -> Any:
    return made.optimize_parameters(
        settings=settings(),
        param_grid=grid,
        metrics=FEW,
        honesty=False,
        ledger=False,
        threads=2,
        out=out,
    )


def peak_megabytes(made: BacktestEngine, grid: dict[str, object], out: Path) -> tuple[float, int]:
    """Above what was resident before the call and above its frame of results, and the number of sets."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    found = search(made, grid, out)
    peak = resident("VmHWM") - before
    frame = 0 if found.count > STREAMED else found.trials.estimated_size()
    return (peak - frame) / _MEGABYTE, found.count


def main() -> None:
    require_release()
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as directory:
        small: dict[str, object] = {"ma.fast_period": [5, 6], "ma.slow_period": [60, 61]}
        search(engine(1_000), small, Path(directory) / "first")  # whatever is loaded on first use
        for number, (bars, fast, slow) in enumerate(CASES):
            grid: dict[str, object] = {"ma.fast_period": fast, "ma.slow_period": slow}
            made = engine(bars)
            alone, _ = peak_megabytes(made, small, Path(directory) / f"small{number}")
            megabytes, count = peak_megabytes(made, grid, Path(directory) / str(number))
            rows.append(
                (
                    f"{count:,} sets, {bars:,} bars",
                    f"{megabytes:.1f}",
                    f"≤ {WANTED_MEGABYTES}",
                    f"{alone:.1f}",
                )
            )
    print(table(("peak above data and result frame", "MB", "wanted", "four sets, data loaded"), rows))


if __name__ == "__main__":
    main()
