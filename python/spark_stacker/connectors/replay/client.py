"""The asynchronous side of a replay: the tape as a stream, at its own pace."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from spark_stacker._core import interval_ns
from spark_stacker.connectors.contract import Candle, FundingRate, Subscription
from spark_stacker.connectors.polling import PollingClient
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from spark_stacker.connectors.replay.connector import ReplayConnector
    from spark_stacker.connectors.replay.tape import RecordedMarket, Row

__all__ = ["ReplayClient"]

T = TypeVar("T")


class ReplayClient(PollingClient):
    """The replay as an ``ExchangeClient``. Everything is in memory, so nothing runs in a thread."""

    def __init__(
        self, connector: ReplayConnector, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        super().__init__(connector, now_ns=lambda: connector.tape.now_ns, settled_ns=0)
        self._replay = connector
        self._pause = sleep

    async def stream_candles(self, subscriptions: Sequence[Subscription]) -> AsyncIterator[Candle]:
        """Yield the recorded candles in the order in which they became known; ends with the tape."""
        tape = self._replay.tape
        for wish in subscriptions:
            recorded_ns = tape.market(wish.symbol).interval_ns
            if interval_ns(wish.interval) != recorded_ns:
                raise ParameterError(
                    f"{wish.symbol}: candles of {wish.interval} are wanted, others are recorded"
                )
        wanted = {wish.symbol: wish for wish in subscriptions}
        known = [
            wish.after_ns + interval_ns(wish.interval) for wish in subscriptions if wish.after_ns is not None
        ]
        if len(known) == len(subscriptions):
            self._replay.skip_to(min(known))
        while (close_ns := tape.next_close_ns()) is not None:
            await self._pause(self._replay.pause_s(close_ns - tape.now_ns))
            market, row = self._replay.advance()
            if market.symbol in wanted:
                yield _candle(market, row)

    async def funding(self, symbol: str, *, start_ns: int, end_ns: int) -> list[FundingRate]:
        """Return the recorded payments due so far, to the nanosecond."""
        payments = self._replay.tape.funding(symbol, start_ns=start_ns, end_ns=end_ns)
        return [FundingRate(symbol, time_ns, Decimal(repr(rate))) for time_ns, rate in payments]

    async def _call(self, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return call(*args, **kwargs)


def _candle(market: RecordedMarket, row: Row) -> Candle:
    open_, high, low, close, volume = (Decimal(repr(value)) for value in row[1:])
    return Candle(market.symbol, market.interval_ns, row[0], open_, high, low, close, volume)
