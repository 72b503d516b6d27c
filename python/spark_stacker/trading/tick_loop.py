"""The live loop on ticks, as a dry run: trades and books in, decisions by the Rust engine at the closes of
bars built from the trades, orders filled from the books of the simulated venue.

In order: the journal's earlier events, if there are any; then messages as they come, each journalled before
it is acted on. Everything that happens is told to the observers. The loop ends when the events do, when it is
asked to stop, or when going on would be unsafe.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker.data.events import KINDS
from spark_stacker.errors import DataError, InputError
from spark_stacker.trading.event_feed import EventFeed, FeedStream
from spark_stacker.trading.event_journal import EventJournal, recorded_rows
from spark_stacker.trading.event_rows import ROW
from spark_stacker.trading.event_source import FEEDS
from spark_stacker.trading.events import (
    BarsProcessed,
    EventsLate,
    EventsMissing,
    FundingDue,
    StateRestored,
    TradeClosed,
)
from spark_stacker.trading.journal import AFRESH
from spark_stacker.trading.session import DiskPace, connect, distinct, run_session

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from spark_stacker.connectors.contract import MarketStreams
    from spark_stacker.trading.clock import Clock
    from spark_stacker.trading.event_feed import Received
    from spark_stacker.trading.event_source import EventSource
    from spark_stacker.trading.events import Event, Observer
    from spark_stacker.trading.journal import Journal, Recorded
    from spark_stacker.trading.retry import VenueCalls
    from spark_stacker.trading.state_dir import StateDirectory
    from spark_stacker.trading.stopping import StopRequest
    from spark_stacker.trading.tick_session import TickPaperSession

__all__ = ["Kept", "TickLoop"]

LATE_TOLD_EVERY_NS = 1_000_000_000
GAP, FUNDING = KINDS.index("gap") + 1, KINDS.index("funding") + 1
"""The core's codes."""
PATIENCE_S = 0.25
"""Seconds without an event after which a live session looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Where a session is kept, and what there is of an earlier one."""

    directory: StateDirectory
    journal: Journal
    recorded: Recorded | None


class TickLoop:
    """One session of a dry run on ticks. ``max_bars`` ends it after so many closes."""

    def __init__(
        self,
        *,
        symbols: Sequence[str],
        source: EventSource,
        interval_ns: int,
        session: TickPaperSession,
        clock: Clock,
        calls: VenueCalls,
        observer: Observer,
        max_bars: int | None = None,
        kept: Kept | None = None,
    ) -> None:
        self._symbols = list(symbols)
        self._markets = [source.market(symbol) for symbol in symbols]
        self._source = source
        self._interval_ns = interval_ns
        self._session = session
        self._clock = clock
        self._calls = calls
        self._observer = observer
        self._max_bars = max_bars
        self._kept = kept
        self._events: EventJournal | None = None
        self._pace = DiskPace(clock)
        self._late_told_ns = 0

    async def run(self, stop: StopRequest) -> None:
        """Run until the events end or a stop is asked for; report the portfolio however it ends."""
        await run_session(
            self._trade,
            venues=self._streams(),
            markets=self._symbols,
            source=self._source.text,
            observer=self._observer,
            view=self._session.view,
            end=self._end,
            stop=stop,
        )

    def _end(self, reason: str) -> None:
        if self._events is not None:
            self._events.close()
        if self._kept is not None:
            self._kept.journal.stop(reason)
            self._kept.journal.close()

    def _streams(self) -> list[MarketStreams]:
        return distinct(market.streams for market in self._markets)

    async def _trade(self) -> str:
        try:
            return await self._play()
        finally:
            self._tell_late()

    async def _play(self) -> str:
        await connect(self._streams(), self._calls)
        taken = [0] * len(self._symbols) if self._kept is None else await self._restore(self._kept)
        done = 0
        is_recorded = self._source.is_recorded
        feed = EventFeed(
            self._feeds(taken),
            calls=self._calls,
            is_recorded=is_recorded,
            # One by one, so that no more is taken than belongs to the bars that were asked for.
            at_once=2_048 if self._max_bars is None else 1,
        )
        async with aclosing(feed.chunks(patience_s=None if is_recorded else PATIENCE_S)) as chunks:
            async for chunk in chunks:
                self._receive(chunk)
                done += self._tell(self._session.elapse(self._now_ns(is_recorded=is_recorded)))
                if self._max_bars is not None and done >= self._max_bars:
                    return f"{done} bars, as asked"
        self._tell(self._session.finish())
        return "the events ended"

    def _feeds(self, taken: Sequence[int]) -> list[FeedStream]:
        streams = []
        for symbol, market, messages in zip(self._symbols, self._markets, taken, strict=True):
            offered = tuple(feed for feed in FEEDS if market.streams.offers(feed, symbol))
            streams.append(FeedStream(symbol=symbol, streams=market.streams, feeds=offered, taken=messages))
        return streams

    def _now_ns(self, *, is_recorded: bool) -> int:
        """The time: how far the recording has come, or the clock's, which events must not come before."""
        taker = self._session.taker
        if not is_recorded:
            taker.newest_ns = max(taker.newest_ns or 0, self._clock.now_ns())
        return taker.newest_ns or 0

    def _receive(self, chunk: Sequence[Received]) -> None:
        taker = self._session.taker
        rows = np.array([row for market, message in chunk for row in taker.take(market, message)], ROW)
        if not len(rows):
            return
        if self._events is not None:
            self._events.append(rows)
            self._pace.sync(self._events.sync)
        self._announce(rows)
        if taker.late and (taker.newest_ns or 0) - self._late_told_ns >= LATE_TOLD_EVERY_NS:
            self._tell_late()
        self._session.receive(rows)

    def _announce(self, rows: NDArray[Any]) -> None:
        """Tell of gaps and of funding that falls due."""
        for row in rows[(rows["kind"] == GAP) | (rows["kind"] == FUNDING)]:
            market, time_ns = self._symbols[int(row["market"])], int(row["exchange_ns"])
            if row["kind"] == GAP:
                self._observer(EventsMissing(market=market, time_ns=int(row["local_ns"])))
            else:
                bar_ns = time_ns - time_ns % self._interval_ns
                self._observer(
                    FundingDue(market=market, open_time_ns=bar_ns, time_ns=time_ns, rate=float(row["size"]))
                )

    def _tell_late(self) -> None:
        """Tell of late messages, together for a while: a clock that is wrong makes all of them late."""
        taker = self._session.taker
        self._late_told_ns = taker.newest_ns or 0
        for market, messages in sorted(taker.late.items()):
            self._observer(
                EventsLate(market=self._symbols[market], time_ns=self._late_told_ns, messages=messages)
            )
        taker.late.clear()

    def _tell(self, events: Iterable[Event]) -> int:
        """Tell what happened; how many bars have closed."""
        closes = 0
        for event in events:
            closes += isinstance(event, BarsProcessed)
            self._observer(event)
        return closes

    async def _restore(self, kept: Kept) -> list[int]:
        """Play the events of an earlier session; the messages taken of each market."""
        taken = [0] * len(self._symbols)
        if kept.recorded is None:
            # In this order, so that no events of another session belong to a journal that has begun.
            self._events = EventJournal(kept.directory.events, goes_on=False)
            kept.journal.begin(0)
            return taken
        trades: list[TradeClosed] = []
        bars, last_ns, messages = 0, None, 0
        for rows in recorded_rows(kept.directory.events):
            for event in self._again(rows):
                if isinstance(event, TradeClosed):
                    trades.append(event)
                elif isinstance(event, BarsProcessed):
                    bars, last_ns = bars + 1, event.open_time_ns
            ends = np.bincount(rows["market"][rows["last"] == 1], minlength=len(taken))
            taken = [one + int(other) for one, other in zip(taken, ends, strict=True)]
            messages += int(ends.sum())
            await asyncio.sleep(0)
        self._events = EventJournal(kept.directory.events, goes_on=True)
        self._observer(
            StateRestored(
                bar_groups=bars,
                last_open_time_ns=last_ns,
                portfolio=self._session.view(),
                trades=tuple(trades),
                warnings=tuple(kept.recorded.warnings),
            )
        )
        return taken

    def _again(self, rows: NDArray[Any]) -> Iterable[Event]:
        try:
            self._session.receive(rows)
        except (InputError, IndexError) as error:
            raise DataError(f"{self._kept_path()}: cannot be played again: {error}; {AFRESH}") from error
        return self._session.elapse(int(rows["local_ns"][-1]))

    def _kept_path(self) -> str:
        return "" if self._kept is None else str(self._kept.directory.events)
