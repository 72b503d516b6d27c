"""Events at rest and books at a glance: batch depth walk, import of ten million events, memory of a long day.

- Walk: many sizes through a book of a thousand levels, against numpy's ``searchsorted`` on the running sums
  (which finds the level only; ours gives filled size, average and worst price), average prices checked.
- Import: a Parquet file of ten million events until they are inside the core, from the catalogue and as a
  file of others, which a process of its own tries out first.
- Memory: a day of a hundred million events (``EVENTS_OF_A_DAY``) written to the catalogue part by part, then
  played from it by a market maker, in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bench_memory import resident
from made.books import made_events
from measure import interleaved, median, paired_ratio, require_release, table
from spark_stacker import _core
from spark_stacker.backtesting.ticks import EventStream, GridMaker, TickSettings, run_tick_backtest
from spark_stacker.data.events import EVENT_SCHEMA, EventCatalogue, import_events, to_tape

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVELS, SIZES = 1_000, 100_000
IMPORTED = 10_000_000
DAY = int(os.environ.get("EVENTS_OF_A_DAY", "100000000"))
PART = 1_000_000
ROUNDS = 7


def generated(rows: int) -> Iterator[pl.DataFrame]:
    """Events in frames that follow one another: the same book again and again, later and later."""
    events = made_events(PART, seed=1).frame().with_columns(sequence=pl.lit(None, pl.Int64))
    events = events.select(pl.col(name).cast(kind) for name, kind in EVENT_SCHEMA.items())
    length = int(events["local_ns"][-1] - events["exchange_ns"][0]) + 1_000_000
    for part in range(rows // PART):
        yield events.with_columns(pl.col("exchange_ns", "local_ns") + part * length)


def walk() -> tuple[str, ...]:
    draw = np.random.default_rng(1)
    price = 60_000.0 + 0.1 * np.arange(LEVELS)
    size = draw.exponential(1.0, LEVELS)
    sums = np.cumsum(size)
    wanted = draw.uniform(0.0, sums[-1], SIZES)
    filled, average, worst = _core.walk_levels(price, size, wanted)
    level = np.searchsorted(sums, wanted)
    np.testing.assert_array_equal(worst, price[level])
    before = np.concatenate([[0.0], sums])[level]
    cost = np.concatenate([[0.0], np.cumsum(price * size)])[level] + (wanted - before) * price[level]
    np.testing.assert_allclose(average, cost / wanted, rtol=1e-12)
    np.testing.assert_array_equal(filled, wanted)
    seconds = interleaved(
        {
            "numpy": lambda: np.searchsorted(sums, wanted),
            "ours": lambda: _core.walk_levels(price, size, wanted),
        },
        rounds=ROUNDS,
    )
    ns = {name: 1e9 * median(times) / SIZES for name, times in seconds.items()}
    share = 1.0 / paired_ratio(seconds["numpy"], seconds["ours"])
    return (
        f"walk of {SIZES:,} sizes, {LEVELS:,} levels",
        f"{ns['ours']:.1f} ns a size, searchsorted {ns['numpy']:.1f}: {share:.2f}",
        "≤ 0.15",
    )


def imports(directory: Path) -> list[tuple[str, ...]]:
    path = directory / "events.parquet"
    pl.concat(generated(IMPORTED)).write_parquet(path)
    catalogue = EventCatalogue(directory)
    catalogue.write(generated(IMPORTED), "made", "BTC/USD", tick_size=0.1, lot_size=0.01)

    def of_catalogue() -> int:
        stream = EventStream.of_catalogue(catalogue, "made", "BTC/USD")
        return sum(len(tape) for tape in stream.tapes())

    def of_others() -> int:
        read = import_events(path, tick_size=0.1, lot_size=0.01)
        return len(to_tape(read.frame, tick_size=0.1))

    rows = []
    for name, work in (("from the catalogue", of_catalogue), ("a file of others", of_others)):
        assert work() == IMPORTED
        times = []
        for _ in range(ROUNDS):
            start = perf_counter()
            work()
            times.append(perf_counter() - start)
        rows.append((f"{IMPORTED:,} events ready, {name}", f"{median(times):.2f} s", "< 2 s"))
    return rows


PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[3])
import bench_events
print(json.dumps(bench_events.day(sys.argv[1], sys.argv[2])))
"""


def day(what: str, directory: str) -> dict[str, float]:
    """Writes a day into the catalogue, or plays it; seconds, peak megabytes and what came of it."""
    # The peak of a process begins with that of the one which started it.
    Path("/proc/self/clear_refs").write_text("5")
    catalogue = EventCatalogue(directory)
    start = perf_counter()
    if what == "write":
        done = catalogue.write(generated(DAY), "made", "DAY/USD", tick_size=0.1, lot_size=0.01).rows
    else:
        maker = GridMaker(order_size=1.0, max_position=20.0, grid_ticks=2, half_spread_ticks=2.0)
        stream = EventStream.of_catalogue(catalogue, "made", "DAY/USD")
        result = run_tick_backtest(stream, maker, TickSettings(initial_balance=1e9))
        assert result.fills.height > 0
        done = result.events
    return {
        "rows": done,
        "seconds": perf_counter() - start,
        "peak": resident("VmHWM") / 1024.0**2,
    }


def memory(directory: Path) -> list[tuple[str, ...]]:
    rows = []
    for what, name in (("write", "written to the catalogue"), ("play", "played by a market maker")):
        program = [sys.executable, "-c", PROGRAM, what, str(directory), str(Path(__file__).parent)]
        done = subprocess.run(program, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        assert found["rows"] == DAY
        rows.append(
            (
                f"{DAY:,} events {name}, peak",
                f"{found['peak']:.0f} MB in {found['seconds']:.0f} s",
                "< 1024 MB",
            )
        )
    return rows


def main() -> None:
    require_release()
    rows = [walk()]
    with tempfile.TemporaryDirectory() as directory:
        rows += imports(Path(directory))
        rows += memory(Path(directory))
    print(table(("", "measured", "wanted"), rows))


if __name__ == "__main__":
    main()
