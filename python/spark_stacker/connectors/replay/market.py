"""Recorded events played as a live stream: as fast as possible, or at a multiple of real time."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.market_messages import MarketMessage, MarketRow
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence

__all__ = ["ReplayMarket"]

_FEEDS: Final = {
    "trades": ("trade",),
    "quotes": ("quote",),
    "book": ("depth", "snapshot", "clear"),
    "funding": ("funding",),
    "mark": ("mark",),
}
_PER_TURN: Final = 500


class ReplayMarket:
    """The events of one market as `MarketStreams`; ``frames`` begins them anew each time it is called.

    ``speed`` is how many times faster than they came they are played; None plays them as fast as they are
    taken.
    """

    def __init__(
        self,
        frames: Callable[[], Iterable[pl.DataFrame]],
        symbol: str,
        *,
        name: str = "replay",
        speed: float | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if speed is not None and not 0 < speed < float("inf"):
            raise ParameterError(f"speed must be above 0 and finite, was {speed!r}")
        self.name = name
        self._frames = frames
        self._symbol = symbol
        self._speed = speed
        self._sleep = sleep

    async def open(self) -> None:
        """Nothing to reach."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def offers(self, feed: str, symbol: str) -> bool:
        """Return whether this is the market, and the feed one that events may have."""
        return symbol == self._symbol and feed in _FEEDS

    async def stream_market(
        self, symbol: str, feeds: Sequence[str] = ("trades", "book", "quotes")
    ) -> AsyncIterator[MarketMessage]:
        """Yield the recorded messages of these feeds, with the times and numbers that they had."""
        async for message in self.resume_market(symbol, feeds, taken=0):
            yield message

    async def resume_market(
        self, symbol: str, feeds: Sequence[str], *, taken: int
    ) -> AsyncIterator[MarketMessage]:
        """Yield the same without the first ``taken`` messages."""
        unknown = [feed for feed in feeds if not self.offers(feed, symbol)]
        if unknown:
            has = ", ".join(_FEEDS)
            raise ParameterError(f"{self.name} has {has} of {self._symbol}, not {unknown[0]} of {symbol}")
        kinds = {kind for feed in feeds for kind in _FEEDS[feed]} | {"gap"}
        loop = asyncio.get_running_loop()
        began: tuple[float, int] | None = None
        for place, message in enumerate(_messages(self._frames(), symbol, kinds, taken=taken)):
            if self._speed is not None:
                began = began or (loop.time(), message.local_ns)
                due = began[0] + (message.local_ns - began[1]) / 1e9 / self._speed
                if due > loop.time():
                    await self._sleep(due - loop.time())
            elif place % _PER_TURN == 0:
                await self._sleep(0)
            yield message


def _messages(
    frames: Iterable[pl.DataFrame], symbol: str, kinds: set[str], *, taken: int
) -> Iterator[MarketMessage]:
    """The messages but for the first ``taken``. Rows of different times are never one message."""
    begun = _Begun(symbol)
    for frame in frames:
        columns = frame.with_columns(pl.col("kind").cast(pl.String)).iter_rows()
        for exchange_ns, local_ns, kind, side, price, size, last, number in columns:
            times = (exchange_ns, local_ns)
            if begun.rows and (begun.times != times or kind == "gap"):
                yield from begun.end(taken)
            begun.times = times
            if kind == "gap":
                yield from begun.end(taken, lost=True)
            elif kind in kinds:
                begun.rows.append((kind, side, price, size))
                begun.number = number
            if last and begun.rows:
                yield from begun.end(taken)
    if begun.rows:
        yield from begun.end(taken)


class _Begun:
    """A message that may have more rows."""

    def __init__(self, symbol: str) -> None:
        self.rows: list[tuple[str, int, float, float]] = []
        self.times = (0, 0)
        self.number: int | None = None
        self._symbol = symbol
        self._ended = 0

    def end(self, taken: int, *, lost: bool = False) -> Iterator[MarketMessage]:
        """The message, unless it is among the first ``taken``; the next one begins."""
        self._ended += 1
        if self._ended > taken:
            yield MarketMessage(
                symbol=self._symbol,
                exchange_ns=self.times[0],
                local_ns=self.times[1],
                rows=tuple(
                    MarketRow(kind, side, Decimal(repr(price)), Decimal(repr(size)))
                    for kind, side, price, size in self.rows
                ),
                number=None if lost else self.number,
                lost=lost,
            )
        self.rows = []
