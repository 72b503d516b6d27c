"""A search on a Dask cluster of two processes against two threads of this one; and what follows for 10⁹ sets.

    time of N sets = start + max(N · worker seconds a set / (workers · processors), N · client seconds a set)

The client scores, counts and writes the rows; its processor time a set is measured while the workers run.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from distributed import Client, LocalCluster

from market import random_walk
from measure import interleaved, median, require_release, table
from spark_stacker.backtesting import BacktestEngine
from spark_stacker.config import parse_settings
from spark_stacker.data import DataManager, FrameDataSource
from spark_stacker.data.candles import bars_to_frame

BARS = 8_760
SPACE = {"cross.fast_period": (5, 54, 1), "cross.slow_period": (60, 159, 1), "stop_loss_pct": [None, 2, 4, 8]}
"""20,000 sets."""
FEWER = {**SPACE, "cross.fast_period": (5, 9, 1)}
SETS, FEWER_SETS = 20_000, 2_000
METRICS = ["total_return", "sharpe_ratio", "max_drawdown", "total_trades"]
ROUNDS = 3
MANY = 1_000_000_000
FLEETS = ((10, 16), (100, 16), (1_000, 16))


def main() -> None:
    require_release()
    manager = DataManager()
    manager.register_source(
        "made", FrameDataSource({("ETH-USD", "1h"): bars_to_frame(random_walk(BARS).bars())})
    )
    engine = BacktestEngine(manager)
    cross = {"name": "cross", "type": "ma", "parameters": {"fast_period": 10, "slow_period": 30}}
    settings = parse_settings(
        {"indicators": [cross], "strategies": [{"name": "follow", "market": "ETH-USD"}]}
    )
    client_seconds: list[float] = []
    with tempfile.TemporaryDirectory() as directory:

        def search(space: object = SPACE, **options: object) -> object:
            out = Path(directory) / "kept"
            shutil.rmtree(out, ignore_errors=True)
            began = time.process_time()
            found = engine.optimize_parameters(
                settings=settings,
                param_grid=space,
                metrics=METRICS,
                honesty=False,
                ledger=False,
                out=out,
                **options,
            )
            client_seconds.append(time.process_time() - began)
            return found

        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            began = time.perf_counter()
            there = search(executor=client, threads=1)
            start = time.perf_counter() - began
            assert there.trials.equals(search(threads=2).trials)
            client_seconds.clear()
            seconds = interleaved(
                {
                    "2 threads": lambda: search(threads=2),
                    "2 workers": lambda: search(executor=client, threads=1),
                    "fewer": lambda: search(FEWER, executor=client, threads=1),
                },
                rounds=ROUNDS,
            )
    many, fewer = median(client_seconds[4::3]), median(client_seconds[5::3])  # after the round that warms up
    per_client = (many - fewer) / (SETS - FEWER_SETS)
    threads, workers = median(seconds["2 threads"]), median(seconds["2 workers"])
    per_worker = 2 * workers / SETS
    start = max(0.0, start - workers)
    print(
        table(
            (f"{SETS:,} sets × {BARS:,} bars", "s", "µs a set"),
            [
                ("2 threads here", f"{threads:.2f}", f"{1e6 * threads / SETS:.1f}"),
                ("2 workers", f"{workers:.2f}", f"{1e6 * workers / SETS:.1f}"),
                ("processor time of the client", f"{many:.2f}", f"{1e6 * per_client:.1f}"),
                ("first search more than later ones", f"{start:.2f}", ""),
            ],
        )
    )
    rows = []
    for machines, processors in FLEETS:
        by_workers, by_client = MANY * per_worker / (machines * processors), MANY * per_client
        rows.append(
            (
                f"{machines:,} × {processors} processors",
                f"{by_workers / 3600:.2f}",
                f"{by_client / 3600:.2f}",
                f"{(start + max(by_workers, by_client)) / 3600:.2f}",
            )
        )
    print(table((f"{MANY:,} sets", "workers, h", "client, h", "in all, h"), rows))


if __name__ == "__main__":
    main()
