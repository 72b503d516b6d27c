"""The frame of events: one row an event, in order of arrival."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from spark_stacker._core import EventTape
from spark_stacker.errors import DataError, ParameterError

__all__ = ["EVENT_SCHEMA", "KINDS", "Steps", "infer_steps", "require_events", "to_tape"]

KINDS: Final = ("trade", "depth", "snapshot", "clear", "quote", "funding", "mark", "gap")
"""Kinds of events; the core's code of each is its place, counted from 1.

``depth`` is the new size of one level (0 deletes it), ``snapshot`` one level of a whole book, ``clear``
empties a side, or both (side 0), ``quote`` is the best level of a side. ``funding`` has its relative rate
in ``size``, ``mark`` its price in ``price``. After a ``gap`` nothing is known of the book until the next
snapshot.
"""

EVENT_SCHEMA: Final = pl.Schema(
    {
        "exchange_ns": pl.Int64(),
        "local_ns": pl.Int64(),
        "kind": pl.Enum(KINDS),
        "side": pl.Int8(),
        "price": pl.Float64(),
        "size": pl.Float64(),
        "last": pl.Boolean(),
        "sequence": pl.Int64(),
    }
)
"""Times in UTC nanoseconds; side +1 bid or buying taker, -1 ask or selling taker, 0 neither or both; price
in quote currency, size in base units; ``last`` ends a message; ``sequence`` is the feed's number of it, or
null."""

PRICED: Final = ("trade", "depth", "snapshot", "quote")
_MOST_DECIMALS: Final = 12


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps on which all prices and sizes of a market lie; ``lot_size`` is None without sizes."""

    tick_size: float
    lot_size: float | None


def require_events(frame: pl.DataFrame, *, place: str = "events") -> pl.DataFrame:
    """The frame in the schema. Raises `DataError` naming the column that is missing or of another type."""
    columns = []
    for name, dtype in EVENT_SCHEMA.items():
        if name not in frame.columns:
            if name != "sequence":
                raise DataError(f"{place}: no column {name!r}; expected {', '.join(EVENT_SCHEMA)}")
            columns.append(pl.Series(name, [None], dtype=dtype).new_from_index(0, frame.height))
            continue
        try:
            columns.append(frame[name].cast(dtype, strict=True).alias(name))
        except pl.exceptions.PolarsError as error:
            found = frame.schema[name]
            raise DataError(f"{place}: column {name} is {found}; expected {dtype}") from error
    typed = pl.DataFrame(columns) if frame.height else EVENT_SCHEMA.to_frame()
    for name in ("exchange_ns", "local_ns", "kind", "side", "price", "size", "last"):
        if typed[name].null_count():
            row = int(typed[name].is_null().arg_max() or 0)
            raise DataError(f"{place}: column {name}, row {row}: null; expected a value")
    return typed


def to_tape(frame: pl.DataFrame, *, tick_size: float, place: str = "events") -> EventTape:
    """The events inside the core, checked, for one run or many.

    Raises `DataError` naming column and row: a price off the ticks, a negative size, an event that was
    received before it happened.
    """
    if frame.is_empty():
        raise DataError(f"{place}: no events")
    frame = require_events(frame, place=place)
    try:
        return EventTape(
            frame["exchange_ns"].to_numpy(),
            frame["local_ns"].to_numpy(),
            (frame["kind"].to_physical().cast(pl.UInt8) + 1).to_numpy(),
            frame["side"].to_numpy(),
            frame["price"].to_numpy(),
            frame["size"].to_numpy(),
            frame["last"].to_numpy(),
            tick_size=tick_size,
        )
    except DataError as error:
        raise DataError(f"{place}: {error}") from error


def infer_steps(frame: pl.DataFrame) -> Steps:
    """The coarsest decimal steps on which all prices and all sizes lie.

    Raises `DataError` when there is no price, or the prices lie on no decimal grid of 12 places.

    >>> frame = pl.DataFrame({"kind": ["trade", "trade"], "price": [10.5, 11.0], "size": [0.02, 0.1]})
    >>> infer_steps(frame)
    Steps(tick_size=0.5, lot_size=0.02)
    """
    priced = frame.filter(pl.col("kind").cast(pl.String).is_in(PRICED))
    if priced.is_empty():
        raise DataError("events: no trade and no level of a book to infer the tick size from")
    return Steps(_step(priced["price"], "price"), _step(priced["size"].filter(priced["size"] > 0), "size"))


def _step(values: pl.Series, column: str) -> float:
    distinct = values.unique().sort()
    if not distinct.is_finite().all() or (distinct <= 0).any():
        row = int((~(values.is_finite() & (values > 0))).arg_max() or 0)
        raise DataError(f"events: column {column}, row {row}: {values[row]}; expected positive and finite")
    for places in range(_MOST_DECIMALS + 1):
        scaled = distinct * 10.0**places
        whole = scaled.round()
        # What a decimal loses as a float, relative to its own size.
        if ((scaled - whole).abs() <= 1e-9 * scaled.abs().clip(lower_bound=1.0)).all():
            divisor = 0
            for value in whole.cast(pl.Int64).to_list():
                divisor = _common(divisor, value)
                if divisor == 1:
                    break
            return float(Decimal(divisor).scaleb(-places))
    raise DataError(
        f"events: {column}s lie on no grid of {_MOST_DECIMALS} decimal places; give the tick size"
    )


def _common(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def check_step(name: str, value: float) -> float:
    """A step as it was given: positive and finite."""
    if not (isinstance(value, int | float) and 0.0 < value < float("inf")):
        raise ParameterError(f"{name} must be positive and finite, was {value!r}")
    return float(value)
