"""Streams of trades and books that a test pushes by hand, as a connector would."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from spark_stacker.data.market_messages import MarketMessage, MarketRow
from spark_stacker.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

__all__ = ["PushedStreams", "level", "message", "trade"]

SECOND_NS = 1_000_000_000
BROKEN = "broken"


class PushedStreams:
    """One market, live: what is pushed comes out at once, or when the loop gets to it."""

    name = "pushed"

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.opened = 0
        self._queue: asyncio.Queue[MarketMessage | str | None] = asyncio.Queue()

    async def open(self) -> None:
        """Nothing to reach."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def offers(self, feed: str, symbol: str) -> bool:
        return symbol == self.symbol and feed in {"trades", "book"}

    def push(self, *messages: MarketMessage) -> None:
        for one in messages:
            self._queue.put_nowait(one)

    def break_off(self) -> None:
        """Let the connection fail; what is pushed afterwards comes over the next one."""
        self._queue.put_nowait(BROKEN)

    def end(self) -> None:
        self._queue.put_nowait(None)

    async def stream_market(self, symbol: str, feeds: Sequence[str]) -> AsyncIterator[MarketMessage]:
        assert symbol == self.symbol
        assert set(feeds) == {"trades", "book"}
        self.opened += 1
        while (one := await self._queue.get()) is not None:
            if isinstance(one, str):
                raise RetryableError("the connection was lost")
            yield one


def message(
    symbol: str, time_s: float, *rows: MarketRow, start_ns: int = 0, latency_ms: int = 1, **others: object
) -> MarketMessage:
    """Rows that happened ``time_s`` after the start."""
    happened = start_ns + round(time_s * SECOND_NS)
    return MarketMessage(
        symbol=symbol,
        exchange_ns=happened,
        local_ns=happened + latency_ms * 1_000_000,
        rows=rows,
        **others,  # type: ignore[arg-type]
    )


def trade(price: str, size: str = "1", side: int = 1) -> MarketRow:
    return MarketRow("trade", side, Decimal(price), Decimal(size))


def level(kind: str, side: int, price: str, size: str) -> MarketRow:
    return MarketRow(kind, side, Decimal(price), Decimal(size))
