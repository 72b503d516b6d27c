"""The tables of a run as Polars frames: typed also when empty, names in place of indices, times in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spark_stacker.backtesting.record import Columns

__all__ = ["TABLES", "equity_frame", "plain_columns", "plain_series", "table_frame"]

TIME: Final = pl.Datetime("us", "UTC")

_TEXT, _NUMBER, _WHOLE = pl.String(), pl.Float64(), pl.Int64()

TABLES: Final[Mapping[str, Mapping[str, pl.DataType]]] = {
    "fills": {
        "order": _WHOLE,
        "account": _WHOLE,
        "market": _WHOLE,
        "side": _TEXT,
        "quantity": _NUMBER,
        "price": _NUMBER,
        "fee": _NUMBER,
        "liquidity": _TEXT,
        "time_ns": _WHOLE,
        "purpose": _TEXT,
        "strategy": _WHOLE,
    },
    "orders": {
        "order": _WHOLE,
        "account": _WHOLE,
        "market": _WHOLE,
        "side": _TEXT,
        "kind": _TEXT,
        "quantity": _NUMBER,
        "quote_quantity": _NUMBER,
        "price": _NUMBER,
        "trigger": _NUMBER,
        "state": _TEXT,
        "reason": _TEXT,
        "submitted_ns": _WHOLE,
        "ended_ns": _WHOLE,
        "filled_quantity": _NUMBER,
        "average_price": _NUMBER,
        "purpose": _TEXT,
        "strategy": _WHOLE,
    },
    "trades": {
        "account": _WHOLE,
        "market": _WHOLE,
        "strategy": _WHOLE,
        "side": _TEXT,
        "entry_time_ns": _WHOLE,
        "exit_time_ns": _WHOLE,
        "quantity": _NUMBER,
        "entry_price": _NUMBER,
        "exit_price": _NUMBER,
        "gross_profit": _NUMBER,
        "fees": _NUMBER,
        "funding": _NUMBER,
        "profit": _NUMBER,
        "max_adverse_fraction": _NUMBER,
        "max_favourable_fraction": _NUMBER,
        "initial_stop": _NUMBER,
        "exit_purpose": _TEXT,
    },
    "open_positions": {
        "account": _WHOLE,
        "market": _WHOLE,
        "strategy": _WHOLE,
        "side": _TEXT,
        "quantity": _NUMBER,
        "entry_price": _NUMBER,
        "entry_time_ns": _WHOLE,
        "leverage": _NUMBER,
        "margin": _NUMBER,
        "mark_price": _NUMBER,
        "unrealised_profit": _NUMBER,
        "liquidation_price": _NUMBER,
        "stop_price": _NUMBER,
        "target_price": _NUMBER,
    },
    "refused": {
        "time_ns": _WHOLE,
        "strategy": _WHOLE,
        "market": _WHOLE,
        "direction": _TEXT,
        "rule": _TEXT,
        "limit": _NUMBER,
        "value": _NUMBER,
    },
}
"""Columns of each table of a run, as the core gives them."""

ACCOUNTS: Final = ("main", "hedge")


def table_frame(
    table: str, columns: Columns, *, markets: Sequence[str], strategies: Sequence[str]
) -> pl.DataFrame:
    """The frame of one table: names for indices, ``…_ns`` columns as times under the name without that
    ending.
    """
    names = {"account": ACCOUNTS, "market": markets, "strategy": strategies}
    kinds = TABLES[table]
    raw = pl.DataFrame([_series(table, column, columns, kind) for column, kind in kinds.items()])
    # One query for all columns: each costs a visit to the thread pool.
    return raw.select(
        _named(raw[column], names[column]) if column in names else _typed(column, kind)
        for column, kind in kinds.items()
    )


def _typed(column: str, kind: pl.DataType) -> pl.Expr:
    if column.endswith("_ns"):
        return (pl.col(column) // 1_000).cast(TIME).alias(_time_name(column))
    return pl.col(column).fill_nan(None) if kind == _NUMBER else pl.col(column)


def _time_name(column: str) -> str:
    """``entry_time_ns`` is ``entry_time`` as a time; ``submitted_ns`` is ``submitted``."""
    return column.removesuffix("_ns")


def _series(table: str, column: str, columns: Columns, kind: pl.DataType) -> pl.Series:
    if column not in columns:
        raise DataError(f"{table}: column {column} is missing")
    try:
        return pl.Series(column, columns[column], dtype=kind)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{table}: column {column} must be {kind}: {error}") from error


def _named(indices: pl.Series, names: Sequence[str]) -> pl.Expr:
    if indices.len() and (indices.min() < 0 or indices.max() >= len(names)):  # type: ignore[operator]
        raise DataError(f"column {indices.name} must index {len(names)} names, was {indices.max()!r}")
    return pl.lit(pl.Series(names, dtype=pl.String)).gather(pl.col(indices.name)).alias(indices.name)


def plain_columns(table: str, columns: Columns) -> dict[str, list[object]]:
    """The columns of a table as lists of plain values, null for what is not a number."""
    return {name: column.to_list() for name, column in plain_series(table, columns).items()}


def plain_series(table: str, columns: Columns) -> dict[str, pl.Series]:
    """The same as series."""
    raw = pl.DataFrame([_series(table, column, columns, kind) for column, kind in TABLES[table].items()])
    return raw.with_columns(pl.col(pl.Float64).fill_nan(None)).to_dict()


def equity_frame(open_time_ns: np.ndarray, equity: np.ndarray, initial_balance: float) -> pl.DataFrame:
    """``timestamp`` (open time of the bar), ``equity`` at its close, ``drawdown`` (positive fraction of the
    peak).
    """
    peak = np.maximum(np.maximum.accumulate(equity), initial_balance) if len(equity) else equity
    return pl.DataFrame(
        [
            (pl.Series("timestamp", open_time_ns, dtype=pl.Int64) // 1_000).cast(TIME),
            pl.Series("equity", equity, dtype=pl.Float64),
            pl.Series("drawdown", 1.0 - equity / peak, dtype=pl.Float64),
        ]
    )
