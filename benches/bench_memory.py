"""Peak memory of a backtest above what was resident once the candles were loaded, in their columns."""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path

from market import cross_plan, random_walk, run_core
from measure import require_release, table

BARS = 1_000_000
COLUMNS = 6
TIMES_COLUMNS = 3.0
_MEGABYTE = 1024.0 * 1024.0


def resident(field: str) -> float:
    """``VmRSS`` or ``VmHWM``, the peak, of this process in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return float(line.split()[1]) * 1024.0
    raise LookupError(field)


def main() -> None:
    require_release()
    plan = cross_plan()
    run_core(plan, random_walk(1_000).bars())  # whatever is loaded on first use
    bars = random_walk(BARS).bars()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed while loading would hide the same amount
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    metrics, equity, trades = run_core(plan, bars)
    peak = resident("VmHWM") - before
    columns = BARS * COLUMNS * 8.0
    assert len(equity) == BARS
    assert metrics["total_trades"] == len(trades["profit"])
    print(
        table(
            (f"{BARS:,} bars", "MB", "wanted"),
            [
                ("columns", f"{columns / _MEGABYTE:.1f}", ""),
                (
                    "peak above loaded",
                    f"{peak / _MEGABYTE:.1f}",
                    f"< {TIMES_COLUMNS * columns / _MEGABYTE:.1f}",
                ),
                ("in columns", f"{peak / columns:.2f}", f"< {TIMES_COLUMNS:.0f}"),
            ],
        )
    )


if __name__ == "__main__":
    main()
