"""Recorded tables of trades, quotes and books, whatever usual names their columns have, as feeds.

Trades are a time, a price and a size, with a side if it is known; quotes are ``bid``, ``bid_qty``, ``ask``,
``ask_qty``; books are rows of one level with ``event`` (snapshot or delta), or whole snapshots with
``level``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.feeds import feed_rows
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from spark_stacker.data.events.cells import Cells
    from spark_stacker.data.events.feeds import Column, Converter, FeedKind

__all__ = ["quote_rows", "table_converter"]

_PRICE: Final = ("price", "px", "p")
_SIZE: Final = ("qty", "amount", "quantity", "size", "volume", "sz", "q")
_TAKER: Final = ("taker_side", "side", "aggressor_side")
_MAKER: Final = ("buyer_maker", "is_buyer_maker")
_IDS: Final = ("trade_id", "id", "agg_trade_id", "tid")
_LOCAL: Final = ("recv_ns", "local_ns", "local_timestamp", "received_time")
_EXCHANGE: Final = (
    *("exch_ms", "exchange_ns", "timestamp", "timestamp_ms", "timestamp_s", "time", "transact_time"),
    *("event_time", "origin_time"),
)
_BID: Final = ("bid", "bid_price", "best_bid_price", "best_bid")
_ASK: Final = ("ask", "ask_price", "best_ask_price", "best_ask")
_EVENTS: Final = {"snapshot": "snapshot", "delta": "depth", "update": "depth", "depth": "depth"}


def table_converter(columns: Collection[str], path: Path) -> tuple[FeedKind, Converter]:
    """What a table with these columns is, and what makes a feed of its batches.

    Raises `DataError` naming the columns when they are those of none.
    """
    names = set(columns)
    if names & set(_BID) and names & set(_ASK):
        return "quotes", _quotes
    if names & {"event", "level"} and names & set(_PRICE):
        return "book", _book
    if names & set(_PRICE) and names & set(_SIZE) and names & {*_LOCAL, *_EXCHANGE}:
        return "trades", _trades
    raise DataError(
        f"{path}: columns {', '.join(columns)[:200]}; expected those of trades (timestamp, price, qty), "
        "quotes (bid, bid_qty, ask, ask_qty) or a book (event, side, price, qty)"
    )


def _clocks(cells: Cells) -> dict[str, Column]:
    """Both clocks; a time without a name that says whose it is counts for both."""
    local = next((name for name in _LOCAL if cells.has(name)), None)
    if local is None:
        times = cells.times(cells.one_of(_EXCHANGE, "times"))
        return {"exchange_ns": times, "local_ns": times}
    exchange = next((name for name in _EXCHANGE if cells.has(name)), None)
    known = None if exchange is None else cells.times(exchange, nullable=True)
    return {"exchange_ns": known, "local_ns": cells.times(local)}


def _trades(cells: Cells) -> pl.DataFrame:
    side: pl.Series | int = 0
    if maker := next((name for name in _MAKER if cells.has(name)), None):
        side = cells.truths(maker).replace_strict({True: -1, False: 1}, return_dtype=pl.Int8)
    elif taker := next((name for name in _TAKER if cells.has(name)), None):
        side = cells.sides(taker, unknown=("unknown", "none", ""))
    ids = next((name for name in _IDS if cells.has(name)), None)
    columns = _clocks(cells) | {
        "kind": "trade",
        "side": side,
        "price": cells.numbers(cells.one_of(_PRICE, "prices"), positive=True),
        "size": cells.numbers(cells.one_of(_SIZE, "sizes"), positive=True),
        "last_id": None if ids is None else cells.ids(ids),
    }
    return feed_rows(cells, columns)


def _quotes(cells: Cells) -> pl.DataFrame:
    names = {1: cells.one_of(_BID, "bids"), -1: cells.one_of(_ASK, "asks")}
    sizes = {
        sign: cells.one_of((f"{side}_qty", f"{side}_size", f"{side}_amount"), f"{side} sizes")
        for sign, side in ((1, "bid"), (-1, "ask"))
    }
    number = cells.ids("update_id") if cells.has("update_id") else None
    return quote_rows(cells, _clocks(cells), prices=names, sizes=sizes, number=number)


def quote_rows(
    cells: Cells,
    clocks: dict[str, Column],
    *,
    prices: dict[int, str],
    sizes: dict[int, str],
    number: pl.Series | None,
) -> pl.DataFrame:
    """Two rows of each quote, bid and ask; a side without a price or size is cleared."""
    sides = []
    for sign in (1, -1):
        price = cells.numbers(prices[sign], nullable=True).fill_null(0.0)
        size = cells.numbers(sizes[sign], nullable=True).fill_null(0.0)
        empty = (price == 0) | (size == 0)
        kind = empty.replace_strict({True: "clear", False: "quote"}, return_dtype=pl.String)
        stands = (~empty).cast(pl.Float64)
        columns = clocks | {"kind": kind, "side": sign, "price": price * stands, "size": size * stands}
        sides.append(feed_rows(cells, columns | {"last_id": number}))
    return pl.concat(sides).sort("row", maintain_order=True)


def _book(cells: Cells) -> pl.DataFrame:
    columns = _clocks(cells) | {
        "kind": cells.words("event", _EVENTS) if cells.has("event") else "snapshot",
        "side": cells.sides("side"),
        "price": cells.numbers(cells.one_of(_PRICE, "prices"), positive=True),
        "size": cells.numbers(cells.one_of(_SIZE, "sizes")),
    }
    ids: dict[str, Column] = {
        name: cells.ids(name) for name in ("first_id", "last_id", "prev_id") if cells.has(name)
    }
    rows = feed_rows(cells, columns | ids)
    # A level of a snapshot with nothing on it is none.
    return rows.filter((pl.col("kind") == "depth") | (pl.col("size") > 0))
