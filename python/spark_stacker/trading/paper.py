"""The dry run's session on candles: the Rust engine over the simulated venue, fed group by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spark_stacker._core import Bars
from spark_stacker.trading.paper_account import PaperAccount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker._core import Session
    from spark_stacker.trading.bar_groups import BarGroup
    from spark_stacker.trading.events import Event

__all__ = ["ExternalSignal", "HistoryRow", "PaperSession"]

ExternalSignal = tuple[int, int, int, float]
"""Strategy, indicator, direction (+1, 0, -1), confidence."""

HistoryRow = tuple[int, float, float, float, float, float]
"""Open time in UTC nanoseconds, open, high, low, close, volume."""


class PaperSession(PaperAccount):
    """Feeds an engine and reads what is new. ``markets`` are symbols with bar intervals, in the plan's
    order.
    """

    def __init__(
        self, engine: Session, *, markets: Sequence[tuple[str, int]], strategies: Sequence[str]
    ) -> None:
        super().__init__(engine, markets=[symbol for symbol, _ in markets], strategies=strategies)
        self.engine = engine
        self._intervals_ns = [interval_ns for _, interval_ns in markets]

    def warm_up(self, market: int, rows: Sequence[HistoryRow]) -> None:
        """Let a market's indicators see history; nothing is traded."""
        if rows:
            self.engine.warm_up(market, bars_of(rows, self._intervals_ns[market]))

    def on_group(self, group: BarGroup, signals: Sequence[ExternalSignal]) -> list[Event]:
        """Trade a group of bars; return what came of it."""
        for market, time_ns, rate in group.funding:
            self.engine.add_funding(market, time_ns, rate)
        self.engine.on_bars(group.open_time_ns, group.bars, signals, group.marks)
        return self.news()


def bars_of(rows: Sequence[HistoryRow], interval_ns: int) -> Bars:
    """Return history as the core takes it."""
    times = np.array([row[0] for row in rows], dtype=np.int64)
    columns = (np.array([row[i] for row in rows], dtype=np.float64) for i in range(1, 6))
    return Bars(times, *columns, interval_ns=interval_ns)
