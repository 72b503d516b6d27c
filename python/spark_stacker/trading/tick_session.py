"""The dry run's session on ticks: the Rust engine whose markets trade tick by tick, fed as events come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spark_stacker.trading.event_rows import RowTaker, tape_of
from spark_stacker.trading.events import BarsProcessed
from spark_stacker.trading.paper_account import PaperAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from spark_stacker._core import TickSession
    from spark_stacker.trading.event_source import EventMarket
    from spark_stacker.trading.events import Event

__all__ = ["TickPaperSession"]


class TickPaperSession(PaperAccount):
    """Feeds an engine and reads what is new. ``markets`` stand in the plan's order.

    An event is played when ``late_after_ns`` have passed since it happened: until then one that happened
    before it may still come.
    """

    def __init__(
        self,
        engine: TickSession,
        *,
        markets: Sequence[tuple[str, EventMarket]],
        strategies: Sequence[str],
        late_after_ns: int,
    ) -> None:
        super().__init__(engine, markets=[symbol for symbol, _ in markets], strategies=strategies)
        self.engine = engine
        self.taker = RowTaker(late_after_ns=late_after_ns)
        self._events = [market for _, market in markets]
        self._late_after_ns = late_after_ns
        self._rows = [0] * len(markets)

    def receive(self, rows: NDArray[Any]) -> None:
        """Take rows as they were received. Raises ``DataError`` naming the row of what cannot be played."""
        for market, events in enumerate(self._events):
            own = rows[rows["market"] == market]
            if len(own):
                tape = tape_of(
                    own,
                    tick_size=events.tick_size,
                    place=events.place or self._markets[market],
                    first_row=self._rows[market],
                )
                self.engine.receive(market, tape)
                self._rows[market] += len(own)
        self.taker.newest_ns = max(self.taker.newest_ns or 0, int(rows["local_ns"][-1]))

    def elapse(self, now_ns: int) -> Iterator[Event]:
        """Play what nothing can come before any more; what came of it, close by close."""
        until_ns = now_ns - self._late_after_ns
        yield from self._told(lambda: self.engine.elapse(until_ns))

    def finish(self) -> Iterator[Event]:
        """Play all that was received: no more will come. A bar that has not ended stays open."""
        yield from self._told(self.engine.finish)

    def _told(self, play: Callable[[], bool]) -> Iterator[Event]:
        while play():
            yield from self.news()
            yield self._closed()
        yield from self.news()

    def _closed(self) -> BarsProcessed:
        open_time_ns, closes = self.engine.latest_closes()
        by_symbol = {self._markets[market]: close for market, close in closes}
        return BarsProcessed(open_time_ns=open_time_ns, closes=by_symbol, portfolio=self.view())
