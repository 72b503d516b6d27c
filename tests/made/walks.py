"""Random walks, and candles on their way into the core."""

from __future__ import annotations

import numpy as np
import polars as pl

from spark_stacker import _core


def random_walk(rows: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, rows)))
    opened = np.concatenate([[100.0], close[:-1]])
    return pl.DataFrame(
        {
            "timestamp": pl.datetime_range(
                pl.datetime(2024, 1, 1),
                pl.datetime(2024, 1, 1) + pl.duration(hours=rows - 1),
                "1h",
                eager=True,
            ).dt.replace_time_zone("UTC"),
            "open": opened,
            "high": np.maximum(opened, close) * (1 + rng.uniform(0, 0.004, rows)),
            "low": np.minimum(opened, close) * (1 - rng.uniform(0, 0.004, rows)),
            "close": close,
            "volume": rng.uniform(1, 9, rows),
        }
    )


def core_bars(frame: pl.DataFrame) -> _core.Bars:
    time_ns = frame["timestamp"].dt.epoch("ns").to_numpy()
    prices = [frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume")]
    return _core.Bars(
        time_ns, *prices, interval_ns=int(time_ns[1] - time_ns[0]) if len(time_ns) > 1 else 10**9
    )
