"""CSV files of Tardis: ``trades``, ``incremental_book_L2``, ``book_snapshot_N``, ``book_ticker``;
microseconds.

Columns as its documentation has them (docs.tardis.dev, "downloadable CSV files"): ``timestamp`` is the
exchange's, ``local_timestamp`` the receiver's; of an increment ``amount`` 0 deletes the level.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.feeds import feed_rows
from spark_stacker.data.events.tables import quote_rows
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from spark_stacker.data.events.cells import Cells
    from spark_stacker.data.events.feeds import Column, Converter, FeedKind

__all__ = ["is_tardis", "tardis_converter"]

_COMMON: Final = {"exchange", "symbol", "timestamp", "local_timestamp"}


def is_tardis(columns: Collection[str]) -> bool:
    """Whether a table has the columns that all files of Tardis share."""
    return set(columns) >= _COMMON


def tardis_converter(columns: Collection[str], path: Path) -> tuple[FeedKind, Converter]:
    """What a file of Tardis is, and what makes a feed of its batches. Raises `DataError` for one of another
    sort.
    """
    names = set(columns)
    if {"is_snapshot", "side", "price", "amount"} <= names:
        return "book", _increments
    if {"id", "side", "price", "amount"} <= names:
        return "trades", _trades
    if {"bid_price", "bid_amount", "ask_price", "ask_amount"} <= names:
        return "quotes", _ticker
    if "asks[0].price" in names and "bids[0].price" in names:
        return "book", _snapshots
    raise DataError(
        f"{path}: columns {', '.join(columns)[:200]}; expected trades, incremental_book_L2, "
        "book_snapshot_N or book_ticker"
    )


def _clocks(cells: Cells) -> dict[str, Column]:
    return {name: cells.times(column) for name, column in _CLOCKS.items()}


_CLOCKS: Final = {"exchange_ns": "timestamp", "local_ns": "local_timestamp"}


def _trades(cells: Cells) -> pl.DataFrame:
    columns: dict[str, Column] = _clocks(cells) | {
        "kind": "trade",
        "side": cells.sides("side", unknown=("unknown",)),
        "price": cells.numbers("price", positive=True),
        "size": cells.numbers("amount", positive=True),
        "last_id": cells.ids("id"),
    }
    return feed_rows(cells, columns)


def _increments(cells: Cells) -> pl.DataFrame:
    kind = cells.truths("is_snapshot").replace_strict(
        {True: "snapshot", False: "depth"}, return_dtype=pl.String
    )
    columns = _clocks(cells) | {
        "kind": kind,
        "side": cells.sides("side"),
        "price": cells.numbers("price", positive=True),
        "size": cells.numbers("amount"),
    }
    return feed_rows(cells, columns).filter((pl.col("kind") == "depth") | (pl.col("size") > 0))


def _ticker(cells: Cells) -> pl.DataFrame:
    prices, sizes = {1: "bid_price", -1: "ask_price"}, {1: "bid_amount", -1: "ask_amount"}
    return quote_rows(cells, _clocks(cells), prices=prices, sizes=sizes, number=None)


def _snapshots(cells: Cells) -> pl.DataFrame:
    """Every row is a whole book of N levels a side; levels that the book does not have are empty."""
    clocks, parts = _clocks(cells), []
    for sign, side in ((1, "bids"), (-1, "asks")):
        depth = sum(1 for name in cells.frame.columns if re.fullmatch(rf"{side}\[\d+\]\.price", name))
        for level in range(depth):
            price, size = f"{side}[{level}].price", f"{side}[{level}].amount"
            cells.one_of((price,), f"{side}")
            cells.one_of((size,), f"{side}")
            columns: dict[str, Column] = clocks | {
                "kind": "snapshot",
                "side": sign,
                "price": cells.numbers(price, nullable=True),
                "size": cells.numbers(size, nullable=True),
            }
            parts.append(feed_rows(cells, columns))
    rows = pl.concat(parts).filter((pl.col("price") > 0) & (pl.col("size") > 0))
    return rows.sort("row", maintain_order=True)
