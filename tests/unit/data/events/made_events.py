"""Events and files of events made for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.data.events import EVENT_SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

DAY = 1_723_075_200_000_000_000
"""2024-08-08 00:00 UTC."""


def events(*rows: tuple[int, str, int, float, float], last: bool = True, numbers: Any = None) -> pl.DataFrame:
    """Rows of time (ns since `DAY`, both clocks), kind, side, price, size; each a message of its own."""
    return pl.DataFrame(
        {
            "exchange_ns": [DAY + row[0] for row in rows],
            "local_ns": [DAY + row[0] for row in rows],
            "kind": [row[1] for row in rows],
            "side": [row[2] for row in rows],
            "price": [row[3] for row in rows],
            "size": [row[4] for row in rows],
            "last": [last] * len(rows),
            "sequence": numbers if numbers is not None else [None] * len(rows),
        },
        schema=EVENT_SCHEMA,
    )


def random_trades(rows: int, *, seed: int = 1, step_ns: int = 1_000_000, start: int = DAY) -> pl.DataFrame:
    """Trades on a grid of 0.5, sizes of 0.01."""
    draw = np.random.default_rng(seed)
    times = start + np.cumsum(draw.integers(1, 2 * step_ns, rows))
    return pl.DataFrame(
        {
            "exchange_ns": times - draw.integers(0, 1_000, rows),
            "local_ns": times,
            "kind": ["trade"] * rows,
            "side": draw.choice([-1, 1], rows),
            "price": 100.0 + 0.5 * draw.integers(0, 40, rows),
            "size": 0.01 * draw.integers(1, 200, rows),
            "last": [True] * rows,
            "sequence": np.arange(rows),
        },
        schema=EVENT_SCHEMA,
    )


def write_npz(rows: np.ndarray, path: Path) -> Path:
    """An archive as hftbacktest writes it."""
    np.savez_compressed(path, data=rows)
    return path


def write_book(path: Path, rows: list[tuple[Any, ...]]) -> Path:
    """A table of a book: recv_ns since `DAY`, event, side, price, qty, first_id, last_id, prev_id."""
    schema = {
        "recv_ns": pl.Int64,
        "event": pl.String,
        "side": pl.String,
        "price": pl.Float64,
        "qty": pl.Float64,
    }
    ids = dict.fromkeys(("first_id", "last_id", "prev_id"), pl.Int64)
    frame = pl.DataFrame(rows, schema=schema | ids, orient="row")
    frame.with_columns(pl.col("recv_ns") + DAY).write_parquet(path)
    return path
