"""How orders on ticks were executed: frames of orders and fills, and the figures of execution."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["HORIZONS", "Execution", "ExecutionColumns"]

HORIZONS: Final = ("1s", "5s", "30s")
"""After how long a fill is looked back at."""

_MARKS: Final = ("mid", "mid_1s", "mid_5s", "mid_30s")
_TRIGGERED: Final = ("stop", "stop_limit", "trailing_stop")
_ORDER_TYPES: Final = {
    "order": pl.Int64,
    "side": pl.String,
    "kind": pl.String,
    "quantity": pl.Float64,
    "quote_quantity": pl.Float64,
    "price": pl.Float64,
    "trigger": pl.Float64,
    "state": pl.String,
    "reason": pl.String,
    "purpose": pl.String,
    "ended_ns": pl.Int64,
    "average_price": pl.Float64,
}
_CONTEXT_TYPES: Final = {"order": pl.Int64, "arrived_ns": pl.Int64, "answered_ns": pl.Int64}
_FILL_TYPES: Final = {"order": pl.Int64, "side": pl.String, "liquidity": pl.String, "purpose": pl.String}


class ExecutionColumns(Protocol):
    """Columns of the core."""

    def contexts(self) -> dict[str, Any]:
        """The circumstances of every order."""

    def markouts(self) -> dict[str, Any]:
        """The middle of the book at every fill and after it."""


class Execution:
    """Orders and fills of a run on ticks. Prices are in quote currency, times in UTC nanoseconds; what is
    undefined is null.
    """

    def __init__(self, orders: dict[str, Any], fills: dict[str, Any], columns: ExecutionColumns) -> None:
        self._columns = (orders, fills, columns.contexts(), columns.markouts())

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Every order, how it ended and why; when it was decided, arrived and was answered, and its queue."""
        orders = pl.DataFrame(self._columns[0], schema_overrides=_ORDER_TYPES)
        contexts = pl.DataFrame(self._columns[2], schema_overrides=_CONTEXT_TYPES)
        contexts = contexts.with_columns(
            pl.col(name).fill_nan(None) for name in ("decision_mid", "arrival_mid", "queue_ahead")
        )
        return orders.join(contexts, on="order", how="left", maintain_order="left")

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Every execution with the middle of the book at it and after it.

        ``markout_1s``, ``_5s``, ``_30s``: by how much the middle moved in the fill's favour from its
        price, as a fraction of it; ``slippage``: how much worse than the middle at the order's arrival it
        was, of a stop than the middle when it was released, as a fraction; ``queued_ns``: how long the order
        had waited since it arrived.
        """
        fills = pl.DataFrame(self._columns[1], schema_overrides=_FILL_TYPES)
        marks = pl.DataFrame(self._columns[3], schema_overrides=dict.fromkeys(_MARKS, pl.Float64))
        marks = marks.with_columns(pl.all().fill_nan(None))
        fills = pl.concat([fills, marks], how="horizontal")
        arrival = self.orders.select("order", "kind", "arrived_ns", "arrival_mid")
        fills = fills.join(arrival, on="order", how="left", maintain_order="left")
        sign = pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0)
        price = pl.col("price")
        compared = pl.when(pl.col("kind").is_in(_TRIGGERED)).then("mid").otherwise("arrival_mid")
        return fills.with_columns(
            *(
                (sign * (pl.col(f"mid_{horizon}") - price) / price).alias(f"markout_{horizon}")
                for horizon in HORIZONS
            ),
            (sign * (price - compared) / compared).alias("slippage"),
            (pl.col("time_ns") - pl.col("arrived_ns")).alias("queued_ns"),
        ).drop("kind")

    @cached_property
    def rejections(self) -> dict[str, int]:
        """How many orders the exchange rejected, by reason, the most frequent first."""
        rejected = self.orders.filter(pl.col("state") == "rejected")["reason"].value_counts(sort=True)
        return dict(rejected.rows())

    @cached_property
    def statistics(self) -> dict[str, float | int | None]:
        """The figures of execution by name; fractions, quote currency or nanoseconds, null where
        undefined.
        """
        fills, orders = self.fills, self.orders
        notional = (fills["price"] * fills["quantity"]).sum() if fills.height else 0.0
        maker = fills.filter(pl.col("liquidity") == "maker")
        taker = fills.filter(pl.col("liquidity") == "taker")
        rested = orders.filter(pl.col("queue_ahead").is_not_null())
        answered = orders.filter(pl.col("answered_ns").is_not_null())
        round_trip = answered["answered_ns"] - answered["decided_ns"]
        found: dict[str, float | int | None] = {
            "fills": fills.height,
            "orders": orders.height,
            **_counts(orders, ("filled", "cancelled", "rejected")),
            "traded_notional": float(notional),
            "fees": float(fills["fee"].sum()),
            "maker_share": _share((maker["price"] * maker["quantity"]).sum(), notional),
            "median_queue_ahead": _number(rested["queue_ahead"].median()),
            "median_time_in_queue_ns": _number(maker["queued_ns"].median()),
            "median_round_trip_ns": _number(round_trip.median()),
            "worst_round_trip_ns": _number(round_trip.max()),
            "taker_slippage": _weighted(taker, "slippage"),
            "maker_slippage": _weighted(maker, "slippage"),
        }
        return found | {f"markout_{horizon}": _weighted(fills, f"markout_{horizon}") for horizon in HORIZONS}


def _counts(orders: pl.DataFrame, states: Sequence[str]) -> dict[str, int]:
    return {f"{state}_orders": orders.filter(pl.col("state") == state).height for state in states}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _share(part: object, whole: object) -> float | None:
    shares = _number(part), _number(whole)
    return shares[0] / shares[1] if shares[0] is not None and shares[1] else None


def _weighted(fills: pl.DataFrame, column: str) -> float | None:
    """Mean of a column by notional, over the fills that have it."""
    known = fills.filter(pl.col(column).is_not_null())
    weight = known["price"] * known["quantity"]
    return _share((known[column] * weight).sum(), weight.sum()) if known.height else None
