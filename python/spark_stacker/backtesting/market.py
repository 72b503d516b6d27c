"""A market that was traded: its candles and what was drawn from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

import polars as pl

from spark_stacker.backtesting.columns import listed
from spark_stacker.data.fingerprint import data_hash

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TradedMarket"]


@dataclass(frozen=True)
class TradedMarket:
    """Candles of a market over the traded range, and the indicator lines of its strategies.

    ``candles`` has the columns ``timestamp`` (open time), open, high, low, close, volume. ``draw`` computes
    the lines: one column a line, as many rows as candles. ``hashed`` gives the candles' hash where they have
    one already.
    """

    symbol: str
    interval: str
    source: str
    candles: pl.DataFrame
    draw: Callable[[], pl.DataFrame] = field(default=pl.DataFrame, compare=False)
    hashed: Callable[[], str] | None = field(default=None, compare=False)

    @cached_property
    def lines(self) -> pl.DataFrame:
        """Indicator lines, computed when first asked for."""
        return self.draw()

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of the candles."""
        return data_hash(self.candles) if self.hashed is None else self.hashed()

    def to_dict(self) -> dict[str, object]:
        """Plain JSON data: times in UTC nanoseconds, warm-up as null."""
        return cast("dict[str, object]", listed(self.data()))

    def data(self) -> dict[str, object]:
        """What `to_dict` lists, columns as series."""
        columns = {name: self.candles[name] for name in self.candles.columns[1:]}
        return {
            "symbol": self.symbol,
            "interval": self.interval,
            "source": self.source,
            "candles": {"open_time_ns": self.candles["timestamp"].dt.epoch("ns"), **columns},
            "lines": {line.name: line.fill_nan(None) for line in self.lines.get_columns()},
        }
