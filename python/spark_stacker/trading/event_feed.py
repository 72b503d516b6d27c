"""The event feed: messages of several markets in the order in which they came, as many at a time as are
there.

A failing stream is opened again and its next message says that others were lost. Recorded streams are waited
for until each has one, so that they come in the order of their times at any speed; live ones are taken as
they come.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from decimal import Decimal
from heapq import merge
from typing import TYPE_CHECKING, Final

from spark_stacker.connectors.contract import RecordedStreams
from spark_stacker.data.market_messages import MarketRow
from spark_stacker.data.recorder.sequence import SequenceCheck
from spark_stacker.errors import DataError, RetryableError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from spark_stacker.connectors.contract import MarketStreams
    from spark_stacker.data.market_messages import MarketMessage
    from spark_stacker.trading.retry import VenueCalls

__all__ = ["EventFeed", "FeedStream", "Received"]

Received = tuple[int, "MarketMessage"]
"""Market and message."""

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStream:
    """One market's stream; ``taken`` messages of it are known from an earlier session."""

    symbol: str
    streams: MarketStreams
    feeds: tuple[str, ...]
    taken: int = 0


class EventFeed:
    """Messages of all markets. ``at_once`` bounds how many are taken together."""

    def __init__(
        self, streams: Sequence[FeedStream], *, calls: VenueCalls, is_recorded: bool, at_once: int = 2_048
    ) -> None:
        self._is_recorded = is_recorded
        self._pumps = [_Pump(stream, calls, room=at_once) for stream in streams]

    async def chunks(self, *, patience_s: float | None = None) -> AsyncGenerator[list[Received]]:
        """Yield messages as soon as there are some; nothing in a chunk says that ``patience_s`` have passed
        without. Ends when every stream has ended.
        """
        running = [asyncio.create_task(pump.run()) for pump in self._pumps]
        try:
            while True:
                for task in running:
                    if task.done():
                        task.result()
                if chunk := self._take():
                    yield chunk
                elif all(pump.is_over and not pump.waiting for pump in self._pumps):
                    return
                elif not await self._news(patience_s):
                    yield []
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _news(self, patience_s: float | None) -> bool:
        """Wait for something of a stream that has nothing; whether it came in time."""
        lacking = [pump for pump in self._pumps if not pump.waiting and not pump.is_over]
        watches = [asyncio.create_task(pump.news.wait()) for pump in lacking]
        try:
            done, _ = await asyncio.wait(watches, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)
        return bool(done)

    def _take(self) -> list[Received]:
        """What can go out, in order of the local times."""
        horizon: int | None = None
        if self._is_recorded:
            still = [pump for pump in self._pumps if not pump.is_over]
            if any(not pump.waiting for pump in still):
                return []
            horizon = min((pump.waiting[-1].local_ns for pump in still), default=None)
        queues = [
            [(message.local_ns, market, message) for message in pump.take(horizon)]
            for market, pump in enumerate(self._pumps)
        ]
        ordered = merge(*queues, key=lambda entry: entry[0])
        return [(market, message) for _, market, message in ordered]


@dataclass(slots=True)
class _Pump:
    """Pulls one stream, as long as there is room for what it says."""

    stream: FeedStream
    calls: VenueCalls
    room: int
    waiting: deque[MarketMessage] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False
    _has_room: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Pull until the stream ends. A failure that passes is met with another try."""
        try:
            await self._pull()
        finally:
            self.is_over = True
            self.news.set()

    def take(self, horizon: int | None) -> list[MarketMessage]:
        """Return what waits, up to ``horizon``."""
        taken = []
        while self.waiting and (horizon is None or self.waiting[0].local_ns <= horizon):
            taken.append(self.waiting.popleft())
        self._has_room.set()
        if not self.waiting and not self.is_over:
            self.news.clear()
        return taken

    async def _pull(self) -> None:
        stream, back_off, taken = self.stream, self.calls.back_off(), self.stream.taken
        is_recorded = isinstance(stream.streams, RecordedStreams)
        check = None if is_recorded else SequenceCheck()
        is_broken = bool(taken) and not is_recorded
        while True:
            try:
                async for message in self._messages(taken):
                    back_off.reset()
                    taken += 1
                    await self._put(_checked(message, stream.symbol, check, is_broken=is_broken))
                    is_broken = False
            except RetryableError as error:
                is_broken = not is_recorded
                await self.calls.pause(stream.streams.name, "stream_market", error, back_off)
            else:
                return

    def _messages(self, taken: int) -> AsyncIterator[MarketMessage]:
        stream = self.stream
        if isinstance(stream.streams, RecordedStreams):
            return stream.streams.resume_market(stream.symbol, stream.feeds, taken=taken)
        return stream.streams.stream_market(stream.symbol, stream.feeds)

    async def _put(self, message: MarketMessage) -> None:
        while len(self.waiting) >= self.room:
            self._has_room.clear()
            await self._has_room.wait()
        self.waiting.append(message)
        self.news.set()


def _checked(
    message: MarketMessage, symbol: str, check: SequenceCheck | None, *, is_broken: bool
) -> MarketMessage:
    """A message of a live stream as the recorder would have written it: with gaps, and a snapshot on an empty
    book.
    """
    if message.symbol != symbol:
        raise DataError(f"{symbol}: a message of {message.symbol}; expected {symbol}")
    if check is None:
        return message
    if is_broken:
        message = replace(message, lost=True)
    if check.add(message) is not None:
        message = replace(message, lost=True)
    # No clock tells an event before it has happened.
    if message.exchange_ns is not None and message.exchange_ns > message.local_ns:
        message = replace(message, exchange_ns=message.local_ns)
    if message.rows and message.rows[0].kind == "snapshot":
        clears = tuple(MarketRow("clear", side, _NOTHING, _NOTHING) for side in (1, -1))
        message = replace(message, rows=(*clears, *message.rows))
    return message
