"""A feed: what one file of trades, quotes or a book says, before it becomes part of a stream of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from spark_stacker.data.events.cells import Cells

__all__ = ["FEED_SCHEMA", "Column", "Converter", "Feed", "FeedKind", "feed_rows"]

FeedKind: TypeAlias = Literal["trades", "quotes", "book", "events"]
"""``events`` is a whole stream: its rows stand in the schema of events already."""

FEED_SCHEMA: Final = pl.Schema(
    {
        "exchange_ns": pl.Int64,
        "local_ns": pl.Int64,
        "kind": pl.String,
        "side": pl.Int8,
        "price": pl.Float64,
        "size": pl.Float64,
        "first_id": pl.Int64,
        "last_id": pl.Int64,
        "prev_id": pl.Int64,
        "row": pl.Int64,
    }
)
"""One row an event. Ids are null where the feed has none, the exchange's time where the file does not tell
it; ``row`` is the row of the file.
"""

Column: TypeAlias = pl.Series | str | int | float | None
"""A column of a feed: a series, or one value for all rows."""
Converter: TypeAlias = "Callable[[Cells], pl.DataFrame]"


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed in one file. ``batches`` reads it from its beginning; ``symbol`` is None where the file does
    not say.
    """

    path: Path
    kind: FeedKind
    symbol: str | None
    batches: Callable[[], Iterator[pl.DataFrame]]


def feed_rows(cells: Cells, columns: Mapping[str, Column]) -> pl.DataFrame:
    """Rows of a feed from its columns, each a series or one value for all rows; those not given are null."""
    height = cells.frame.height
    made = []
    for name, dtype in FEED_SCHEMA.items():
        value = columns.get(name)
        if name == "row":
            made.append(pl.int_range(cells.first_row, cells.first_row + height, eager=True).alias(name))
        elif isinstance(value, pl.Series):
            made.append(value.cast(dtype).alias(name))
        else:
            made.append(pl.Series(name, [value], dtype=dtype).new_from_index(0, height))
    return pl.DataFrame(made)
