"""The candle feed: groups of closed bars from the venues' streams, gaps filled from their history."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_stacker.connectors.contract import Candle, Subscription
from spark_stacker.errors import RetryableError
from spark_stacker.trading.bar_groups import BackFill, BarGroup, BarGrouper, Wait

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from spark_stacker.connectors.contract import ExchangeClient
    from spark_stacker.trading.clock import Clock
    from spark_stacker.trading.events import Observer
    from spark_stacker.trading.retry import VenueCalls

__all__ = ["CandleFeed", "FeedMarket"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMarket:
    """A market and where its candles come from; ``is_spot`` ones have neither funding nor mark prices."""

    symbol: str
    interval: str
    interval_ns: int
    client: ExchangeClient
    is_spot: bool = False


class CandleFeed:
    """Bars of several markets, group by group. A failing stream is opened again; nothing is made up
    meanwhile.
    """

    def __init__(
        self,
        markets: Sequence[FeedMarket],
        *,
        clock: Clock,
        calls: VenueCalls,
        observer: Observer,
        grace_s: float,
    ) -> None:
        self._markets = list(markets)
        self._clock = clock
        self._calls = calls
        self._grace_ns = round(grace_s * 1e9)
        self._observer = observer
        self.grouper = BarGrouper([(m.symbol, m.interval_ns) for m in markets], grace_ns=self._grace_ns)
        clients = {id(market.client): market.client for market in markets}
        self._streams = [_Stream(client, self) for client in clients.values()]

    async def history(self, market: int, *, start_ns: int, end_ns: int | None = None) -> list[Candle]:
        """Return what a market's venue knows of ``[start_ns, end_ns)``, closed or not."""
        wanted = self._markets[market]
        return await self._calls.call(
            wanted.client.name,
            "candles",
            lambda: wanted.client.candles(wanted.symbol, wanted.interval, start_ns=start_ns, end_ns=end_ns),
        )

    async def groups(self) -> AsyncGenerator[BarGroup]:
        """Yield the groups in the order of their open times; ends when every stream has ended."""
        try:
            while True:
                now_ns = self._clock.now_ns()
                step = self.grouper.next_step(now_ns)
                if isinstance(step, BarGroup):
                    yield step
                elif isinstance(step, BackFill):
                    await self._fill(step)
                elif any(stream.is_open for stream in self._streams):
                    await self._receive(step)
                else:
                    return
        finally:
            for stream in self._streams:
                await stream.close()

    def may_still_come(self, close_time_ns: int) -> bool:
        """Return whether a bar that closed then and has not come may only be on its way."""
        seconds = self._clock.seconds_until(close_time_ns + self._grace_ns)
        return seconds is not None and seconds > 0

    def subscriptions(self, client: ExchangeClient) -> list[Subscription]:
        """Return the wishes to one client, each from the last settled bar on."""
        return [
            Subscription(symbol=market.symbol, interval=market.interval, after_ns=self.grouper.last_ns(index))
            for index, market in enumerate(self._markets)
            if market.client is client
        ]

    async def _fill(self, gap: BackFill) -> None:
        candles = await self.history(gap.market, start_ns=gap.start_ns, end_ns=gap.end_ns)
        self._tell(self.grouper.fill(gap, candles, now_ns=self._clock.now_ns()))

    async def _receive(self, wait: Wait) -> None:
        seconds = None if wait.until_ns is None else self._clock.seconds_until(wait.until_ns)
        waiting = [stream.waiting(self._calls) for stream in self._streams if stream.is_open]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for stream in self._streams:
            if stream.has_news and (candle := stream.take()) is not None:
                self._tell(self.grouper.add(candle, now_ns=self._clock.now_ns()))
        if not any(stream.is_open for stream in self._streams):
            self.grouper.finish()

    def _tell(self, events: Sequence[object]) -> None:
        for event in events:
            self._observer(event)  # type: ignore[arg-type]


class _Stream:
    """One client's stream, pulled a candle at a time so that nothing piles up."""

    def __init__(self, client: ExchangeClient, feed: CandleFeed) -> None:
        self._client = client
        self._feed = feed
        self._candles: AsyncIterator[Candle] | None = None
        self._task: asyncio.Task[Candle | None] | None = None
        self.is_open = True

    @property
    def has_news(self) -> bool:
        return self._task is not None and self._task.done()

    def waiting(self, calls: VenueCalls) -> asyncio.Task[Candle | None]:
        if self._task is None:
            self._task = asyncio.create_task(self._next(calls))
        return self._task

    def take(self) -> Candle | None:
        task, self._task = self._task, None
        candle = task.result() if task else None
        self.is_open = candle is not None
        return candle

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._candles is not None:
            await self._candles.aclose()  # type: ignore[attr-defined]

    async def _next(self, calls: VenueCalls) -> Candle | None:
        back_off = calls.back_off()
        while True:
            if self._candles is None:
                self._candles = aiter(self._client.stream_candles(self._feed.subscriptions(self._client)))
            try:
                return await anext(self._candles, None)
            except RetryableError as error:
                self._candles = None
                await calls.pause(self._client.name, "stream_candles", error, back_off)
