"""The frame of events: one row an event, in order of arrival."""

from __future__ import annotations

from typing import Final

import polars as pl

from spark_stacker._core import EventTape
from spark_stacker.errors import DataError

__all__ = ["BOOK", "EVENT_SCHEMA", "KINDS", "PRICED", "first_true", "require_events", "to_tape"]

KINDS: Final = ("trade", "depth", "snapshot", "clear", "quote", "funding", "mark", "gap")
"""Kinds of events; the core's code of each is its place, counted from 1.

``depth`` is the new size of one level (0 deletes it), ``snapshot`` one level of a whole book, ``clear``
empties a side, or both (side 0), ``quote`` is the best level of a side. ``funding`` has its relative rate in
``size``, ``mark`` its price in ``price``. After a ``gap`` nothing is known of the book until the next
snapshot.
"""

_COLUMNS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "exchange_ns": pl.Int64,
    "local_ns": pl.Int64,
    "kind": pl.Enum(KINDS),
    "side": pl.Int8,
    "price": pl.Float64,
    "size": pl.Float64,
    "last": pl.Boolean,
    "sequence": pl.Int64,
}
EVENT_SCHEMA: Final = pl.Schema(_COLUMNS)
"""Times in UTC nanoseconds; side +1 bid or buying taker, -1 ask or selling taker, 0 neither or both; price in
quote currency, size in base units; ``last`` ends a message; ``sequence`` is the feed's number of it, or null.
"""

PRICED: Final = ("trade", "depth", "snapshot", "quote")
"""Kinds whose price lies on the grid of the market."""

BOOK: Final = ("depth", "snapshot", "quote")
"""Kinds that say what stands at one level."""


def first_true(mask: pl.Series) -> int | None:
    """The first place of a true value; None if there is none."""
    found = mask.arg_max() if mask.any() else None
    return None if found is None else int(found)


def require_events(frame: pl.DataFrame, *, place: str = "events") -> pl.DataFrame:
    """The frame in the schema. Raises `DataError` naming a column that is missing, or the row of a null."""
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
    typed = pl.DataFrame(columns)
    for column in typed.iter_columns():
        if column.name != "sequence" and column.null_count():
            row = first_true(column.is_null())
            raise DataError(f"{place}: column {column.name}, row {row}: null; expected a value")
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
