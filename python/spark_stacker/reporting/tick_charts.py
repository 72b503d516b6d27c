"""The numbers behind the charts of a run on ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.downsample import extreme_rows
from spark_stacker.backtesting.ticks.execution import HORIZONS
from spark_stacker.backtesting.ticks.film import book_picture
from spark_stacker.reporting.charts import CURVE_POINTS, pack, packed_curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.ticks.stream import EventStream
    from spark_stacker.reporting.tick_view import TickView, ViewedMarket

__all__ = ["tick_data"]

ORDERS: Final = 3_000
"""Own orders drawn over the book: those that filled first."""
SAMPLES: Final = 20_000
_MARGIN: Final = 0.15


def tick_data(view: TickView, notes: list[str]) -> dict[str, object]:
    """JSON data for the scripts; ``notes`` gets sentences on what they do not show."""
    return {
        "quote": view.quote,
        "initial": view.initial_balance,
        "span": [view.start_ns / 1e6, view.end_ns / 1e6],
        "curve": packed_curve(view.curve, notes, hold=None),
        "markets": [_market(view, market, notes) for market in view.markets],
        "markouts": {
            "all": _markouts(view.execution.fills),
            **{
                liquidity: _markouts(view.execution.fills.filter(pl.col("liquidity") == liquidity))
                for liquidity in ("maker", "taker")
            },
        },
        "histograms": _histograms(view, notes),
    }


def _market(view: TickView, market: ViewedMarket, notes: list[str]) -> dict[str, object]:
    fills = view.execution.fills.filter(pl.col("market") == market.index)
    orders = _resting(view.execution.orders.filter(pl.col("market") == market.index), view.end_ns)
    time, price = market.time_ns, market.price
    known = np.isfinite(price)
    time, price = time[known], price[known]
    rows = extreme_rows(price, CURVE_POINTS)
    book = _book(market.stream, view, np.concatenate([price, fills["price"].to_numpy()]))
    drawn = orders.head(ORDERS)
    if drawn.height < orders.height:
        notes.append(
            f"{market.symbol}: {drawn.height:,} of {orders.height:,} resting orders are drawn, "
            "those that filled first."
        )
    if book is None:
        notes.append(f"{market.symbol}: the events tell nothing of a book; there is no depth to show.")
    return {
        "symbol": market.symbol,
        "base": market.symbol.replace("/", "-").split("-")[0],
        "book": book,
        "line": {"time": pack(time[rows] / 1e6), "price": pack(price[rows]), "name": market.line},
        "orders": {
            "from": pack(drawn["from_ns"] / 1e6),
            "to": pack(drawn["to_ns"] / 1e6),
            "price": pack(drawn["price"]),
            "side": drawn["side"].to_list(),
        },
        "fills": {
            "time": pack(fills["time_ns"] / 1e6),
            "price": pack(fills["price"]),
            "quantity": pack(fills["quantity"]),
            "side": fills["side"].to_list(),
            "liquidity": fills["liquidity"].to_list(),
        },
        "caption": (
            "Base units by price and time, on a logarithmic scale. Lines are own resting orders, filled "
            "triangles fills as a maker, open ones as a taker."
        ),
    }


def _resting(orders: pl.DataFrame, end_ns: int) -> pl.DataFrame:
    """Limit orders that came to rest, from arrival to end; those that filled come first."""
    rested = orders.filter(pl.col("queue_ahead").is_not_null() & pl.col("price").is_not_null())
    return (
        rested.select(
            "side",
            "price",
            from_ns="arrived_ns",
            to_ns=pl.col("ended_ns").fill_null(end_ns),
            unfilled=pl.col("average_price").is_null(),
        )
        .filter(pl.col("from_ns").is_not_null())
        .sort("unfilled", "from_ns", maintain_order=True)
    )


def _book(
    stream: EventStream | None, view: TickView, prices: NDArray[np.float64]
) -> dict[str, object] | None:
    if stream is None or not len(prices) or view.end_ns <= view.start_ns:
        return None
    low, high = float(prices.min()), float(prices.max())
    margin = max(_MARGIN * (high - low), 10 * stream.tick_size)
    picture = book_picture(
        stream,
        start_ns=view.start_ns,
        end_ns=view.end_ns,
        low=max(low - margin, stream.tick_size),
        high=high + margin,
    )
    if picture.is_empty:
        return None
    return {
        "time": pack(picture.time_ns / 1e6),
        "price": pack(picture.price),
        "size": pack(picture.size.ravel()),
        "columns": len(picture.time_ns),
    }


def _markouts(fills: pl.DataFrame) -> dict[str, object]:
    """Mean by notional and two standard errors at the fill and after it, basis points."""
    sign = pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0)
    at_fill = (sign * (pl.col("mid") - pl.col("price")) / pl.col("price")).alias("markout_0s")
    frame = fills.with_columns(at_fill)
    found = [_mean(frame, f"markout_{name}") for name in ("0s", *HORIZONS)]
    return {
        "count": fills.height,
        "mean": [mean for mean, _ in found],
        "error": [error for _, error in found],
    }


def _mean(fills: pl.DataFrame, column: str) -> tuple[float | None, float | None]:
    known = fills.filter(pl.col(column).is_not_null())
    if known.is_empty():
        return None, None
    values = 1e4 * known[column].to_numpy()
    weights = (known["price"] * known["quantity"]).to_numpy()
    mean = float(np.average(values, weights=weights))
    if len(values) < 2:
        return mean, None
    spread = np.average((values - mean) ** 2, weights=weights)
    effective = weights.sum() ** 2 / (weights**2).sum()
    return mean, 2.0 * float(np.sqrt(spread / max(effective - 1.0, 1.0)))


def _histograms(view: TickView, notes: list[str]) -> list[dict[str, object]]:
    orders, fills = view.execution.orders, view.execution.fills
    maker = fills.filter(pl.col("liquidity") == "maker")
    taker = fills.filter(pl.col("liquidity") == "taker")
    sent = orders.filter(pl.col("arrived_ns") > pl.col("decided_ns"))

    def part(name: str, values: pl.Series) -> dict[str, object]:
        known = values.drop_nulls()
        if len(known) > SAMPLES:
            notes.append(f"{name}: {SAMPLES:,} of {len(known):,} values, evenly spaced, are counted.")
            known = known.gather_every(-(-len(known) // SAMPLES))
        return {"name": name, "values": pack(known)}

    return [
        _chart("queue-ahead", "Before own orders when accepted", "", [
            part("size ahead", orders["queue_ahead"]),
        ]),
        _chart("queue-time", "Time in the queue until a fill", " s", [
            part("time in the queue", maker["queued_ns"] / 1e9),
        ]),
        _chart("latency", "Latency of orders", " ms", [
            part("to the exchange", (sent["arrived_ns"] - sent["decided_ns"]) / 1e6),
            part("until the first answer", (sent["answered_ns"] - sent["decided_ns"]) / 1e6),
        ]),
        _chart("slippage", "Slippage against the arrival price", " bps", [
            part("makers", 1e4 * maker["slippage"]),
            part("takers", 1e4 * taker["slippage"]),
        ]),
    ]  # fmt: skip


def _chart(place: str, title: str, suffix: str, parts: Sequence[dict[str, object]]) -> dict[str, object]:
    return {"id": place, "title": title, "suffix": suffix, "parts": parts}
