"""Candles asked from an exchange, page by page, until the whole range is there."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from spark_stacker.data.candles import SCHEMA, to_frame
from spark_stacker.data.times import grid_offset_us, interval_us
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

__all__ = ["CandleConnector", "ExchangeDataSource"]


class CandleConnector(Protocol):
    """The part of a connector that gives candles: closed ones, times in ms, at most ``limit``."""

    def get_candles(
        self,
        symbol: str,
        interval: str,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = ...,
    ) -> Sequence[dict[str, Any]]:
        """Records with timestamp (ms, open time), open, high, low, close, volume."""
        ...


class ExchangeDataSource:
    """Candles from an exchange's connector.

    A range of any length is asked in pages of ``page_size`` bars. A page that comes back shorter than asked,
    whatever end of it the exchange cut, is asked again for what is missing, until the exchange has nothing
    more there. ``progress``, if given, is called with the bars asked so far and the bars of the whole range.
    """

    def __init__(
        self,
        connector: CandleConnector,
        *,
        page_size: int = 500,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        if page_size < 1:
            raise ParameterError(f"page_size must be at least 1, was {page_size}")
        self.connector = connector
        self.page_size = page_size
        self.progress = progress

    def load(
        self, symbol: str, interval: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> pl.DataFrame:
        """See `DataSource.load`; an exchange needs both bounds."""
        if start is None or end is None:
            raise ParameterError("start_time and end_time must be given to ask an exchange for candles")
        step = interval_us(interval) // 1_000
        first, beyond = (int(time.timestamp() * 1_000) for time in (start, end))
        on_grid = first + (grid_offset_us(interval) // 1_000 - first) % step
        bounds = [first, *range(on_grid + step * self.page_size, beyond, step * self.page_size), beyond]
        pages = []
        for low, high in itertools.pairwise(bounds):
            pages += self._page(symbol, interval, low, high, step)
            if self.progress is not None:
                self.progress(-(-(high - first) // step), -(-(beyond - first) // step))
        frame = pl.concat([SCHEMA.to_frame(), *pages]).sort("timestamp", maintain_order=True)
        return frame.unique(maintain_order=True)

    def available(self) -> list[tuple[str, str]]:
        """Empty: what an exchange has is its markets, which only the connector can list."""
        return []

    def _page(self, symbol: str, interval: str, low: int, high: int, step: int) -> list[pl.DataFrame]:
        """All frames the exchange has of bars opening from ``low`` to before ``high`` (ms)."""
        frames = []
        missing = [(low, high)]
        while missing:
            low, high = missing.pop()
            records = self.connector.get_candles(symbol, interval, low, high - 1, -(-(high - low) // step))
            if not records:
                continue
            where = f"candles of {symbol} {interval} from the exchange"
            frame = to_frame(records, where=where)
            times = frame["timestamp"].dt.epoch("ms")
            inside = times.is_between(low, high - 1)
            if times.null_count() or not inside.any():
                continue
            frames.append(frame.filter(inside))
            first, last = int(times.filter(inside).min()), int(times.filter(inside).max())  # type: ignore[arg-type]
            if first > low:
                missing.append((low, first))
            if last + step < high:
                missing.append((last + step, high))
        return frames
