"""Crossed books: messages after which the best bid is not below the best ask, chunk by chunk.

Levels are taken as they are written; the newer does not remove the older, as the simulated venue has it. Only
the order of prices matters, so each chunk is looked through by the core on a grid of its own, the ranks of
its prices.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from spark_stacker._core import EventTape
from spark_stacker.data.events.schema import BOOK, KINDS

__all__ = ["CrossedBooks"]

_ENDS = ("clear", "gap")


class CrossedBooks:
    """Counts them over chunks that follow one another; between chunks only the standing levels are kept."""

    def __init__(self) -> None:
        self.messages = 0
        self.first_row: int | None = None
        self._standing = pl.DataFrame(schema={"side": pl.Int8, "price": pl.Float64, "size": pl.Float64})

    def add(self, frame: pl.DataFrame, first_row: int) -> None:
        """Looks through a chunk that begins with ``first_row`` of the stream; rows that break a rule are
        passed over.
        """
        kind = pl.col("kind").cast(pl.String)
        is_level = (
            kind.is_in(BOOK)
            & pl.col("price").is_finite()
            & (pl.col("price") > 0)
            & pl.col("size").is_finite()
            & (pl.col("size") >= 0)
            & (pl.col("side") != 0)
            & ((kind != "quote") | (pl.col("size") > 0))
        )
        columns = [kind.alias("kind"), "side", "price", "size", "last", "row"]
        rows = frame.with_row_index("row").filter(is_level | kind.is_in(_ENDS)).select(columns)
        if rows.is_empty():
            return
        standing = self._standing.with_columns(
            kind=pl.lit("depth"), last=pl.lit(value=False), row=pl.lit(0, rows.schema["row"])
        )
        played = pl.concat([standing.select(rows.columns), rows])
        count, place = _tape(played).crossings()
        if place is not None and self.first_row is None:
            self.first_row = first_row + int(played["row"][place])
        self.messages += count
        self._standing = _standing(played)


def _tape(rows: pl.DataFrame) -> EventTape:
    places = np.arange(rows.height, dtype=np.int64)
    codes = {kind: place for place, kind in enumerate(KINDS, start=1)}
    is_end = rows["kind"].is_in(_ENDS).to_numpy()
    return EventTape(
        places,
        places,
        # To the order of prices a level of a snapshot is one like any other.
        rows["kind"].replace("snapshot", "depth").replace_strict(codes, return_dtype=pl.UInt8).to_numpy(),
        rows["side"].to_numpy(),
        np.where(is_end, 0.0, rows["price"].rank("dense").cast(pl.Float64).to_numpy()),
        rows["size"].to_numpy(),
        rows["last"].to_numpy(),
        tick_size=1.0,
    )


def _standing(rows: pl.DataFrame) -> pl.DataFrame:
    """What stands when all rows are through: the last word on each level that nothing has removed since.

    A level is removed by a clear of its side, or by a quote of its side at a worse price.
    """
    rows = rows.with_row_index("place")
    sides = []
    for side in (1, -1):
        cleared = rows.filter(pl.col("kind").is_in(_ENDS) & (pl.col("side") != -side))["place"].max()
        levels = rows.filter((pl.col("side") == side) & ~pl.col("kind").is_in(_ENDS))
        if cleared is not None:
            levels = levels.filter(pl.col("place") > cleared)
        # Counted from the touch outwards, so that better is smaller on both sides.
        depth = pl.col("price") * -side
        quoted = pl.when(pl.col("kind") == "quote").then(depth)
        worst_quote_after = quoted.reverse().cum_max().forward_fill().reverse().shift(-1)
        levels = levels.with_columns(gone=(depth < worst_quote_after).fill_null(value=False))
        kept = levels.unique("price", keep="last", maintain_order=True)
        sides.append(kept.filter(~pl.col("gone") & (pl.col("size") > 0)).select("side", "price", "size"))
    return pl.concat(sides)
