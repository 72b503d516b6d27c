"""Funding and mark prices for the bars of a session, asked from the venues that have them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spark_stacker.trading.bar_rules import broken_rule, values_of
from spark_stacker.trading.events import BarRejected, FundingDue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.trading.bar_groups import BarGroup
    from spark_stacker.trading.candle_feed import FeedMarket
    from spark_stacker.trading.events import Observer
    from spark_stacker.trading.retry import VenueCalls

__all__ = ["PerpetualFeed"]


class PerpetualFeed:
    """Completes groups of bars with what fell due and the mark candles of their time.

    A payment is due at the first bar that opens at its time or later, as in a backtest: each bar is asked for
    what came after the market's bar before. Markets whose venue has neither are left as they are.
    """

    def __init__(self, markets: Sequence[FeedMarket], *, calls: VenueCalls, observer: Observer) -> None:
        self._markets = list(markets)
        self._calls = calls
        self._observer = observer
        self._last_ns: dict[int, int] = {}

    def see(self, group: BarGroup) -> None:
        """Take a group of an earlier session as complete."""
        self._last_ns |= {bar[0]: group.open_time_ns for bar in group.bars}

    async def complete(self, group: BarGroup) -> BarGroup:
        """Return the group with the funding and mark candles of its markets."""
        funding: list[tuple[int, int, float]] = []
        marks: list[tuple[int, float, float, float, float]] = []
        for index in sorted(bar[0] for bar in group.bars):
            market = self._markets[index]
            if market.is_spot:
                continue
            if market.client.offers("funding", market.symbol):
                funding += await self._funding(index, group.open_time_ns)
            if market.client.offers("mark", market.symbol):
                marks += await self._mark(index, group.open_time_ns)
        self.see(group)
        if not (funding or marks):
            return group
        return replace(group, funding=tuple(funding), marks=tuple(marks))

    async def _funding(self, index: int, open_time_ns: int) -> list[tuple[int, int, float]]:
        market = self._markets[index]
        # Nothing is held before the first bar, so that older payments meet no position.
        start_ns = self._last_ns.get(index, open_time_ns - market.interval_ns) + 1
        rates = await self._calls.call(
            market.client.name,
            "funding",
            lambda: market.client.funding(market.symbol, start_ns=start_ns, end_ns=open_time_ns + 1),
        )
        for rate in rates:
            self._observer(
                FundingDue(
                    market=market.symbol,
                    open_time_ns=open_time_ns,
                    time_ns=rate.time_ns,
                    rate=float(rate.rate),
                )
            )
        return [(index, rate.time_ns, float(rate.rate)) for rate in rates]

    async def _mark(self, index: int, open_time_ns: int) -> list[tuple[int, float, float, float, float]]:
        market = self._markets[index]
        candles = await self._calls.call(
            market.client.name,
            "mark_candles",
            lambda: market.client.mark_candles(
                market.symbol, market.interval, start_ns=open_time_ns, end_ns=open_time_ns + 1
            ),
        )
        for candle in candles:
            open_, high, low, close, _ = values = values_of(candle)
            if rule := broken_rule(values):
                self._observer(
                    BarRejected(
                        market=market.symbol, open_time_ns=open_time_ns, reason=f"mark candle: {rule}"
                    )
                )
            elif candle.closed:
                return [(index, open_, high, low, close)]
        return []
