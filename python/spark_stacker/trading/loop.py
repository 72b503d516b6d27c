"""The live loop, as a dry run: candles in, decisions by the Rust engine, orders to the simulated venue.

In order: the journal's earlier inputs, if there are any, or else warm-up from history; then groups of
closed bars with the funding due and their mark candles, each journalled before it is acted on. Everything
that happens is told to the observers. The loop ends when the candles do, when it is asked to stop, or when
going on would be unsafe.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_stacker.errors import DataError, InputError
from spark_stacker.trading.bar_rules import values_of
from spark_stacker.trading.events import (
    BarsProcessed,
    StateRestored,
    TradeClosed,
    WarmedUp,
)
from spark_stacker.trading.journal import AFRESH
from spark_stacker.trading.perpetual_feed import PerpetualFeed
from spark_stacker.trading.session import DiskPace, connect, distinct, run_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.connectors.contract import Candle, ExchangeClient
    from spark_stacker.trading.bar_groups import BarGroup
    from spark_stacker.trading.candle_feed import CandleFeed, FeedMarket
    from spark_stacker.trading.clock import Clock
    from spark_stacker.trading.events import Event, Observer
    from spark_stacker.trading.journal import Journal, Recorded
    from spark_stacker.trading.paper import HistoryRow, PaperSession
    from spark_stacker.trading.python_indicators import PythonIndicators
    from spark_stacker.trading.retry import VenueCalls
    from spark_stacker.trading.stopping import StopRequest

__all__ = ["LiveLoop", "LoopSettings"]

YIELD_EVERY = 256
"""Journalled groups between two looks at the stop request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSettings:
    """``history_bars`` warm each market's indicators; ``max_groups`` ends the loop after so many groups of
    bars.
    """

    history_bars: int
    max_groups: int | None = None
    source: str = ""


class LiveLoop:
    """One session of a dry run."""

    def __init__(
        self,
        *,
        markets: Sequence[FeedMarket],
        session: PaperSession,
        feed: CandleFeed,
        indicators: PythonIndicators,
        clock: Clock,
        calls: VenueCalls,
        observer: Observer,
        settings: LoopSettings,
        journal: Journal | None = None,
        recorded: Recorded | None = None,
    ) -> None:
        self._markets = list(markets)
        self._session = session
        self._feed = feed
        self._indicators = indicators
        self._clock = clock
        self._calls = calls
        self._observer = observer
        self._settings = settings
        self._journal = journal
        self._recorded = recorded
        self._perpetuals = PerpetualFeed(markets, calls=calls, observer=observer)
        self._pace = DiskPace(clock)

    async def run(self, stop: StopRequest) -> None:
        """Run until the candles end or a stop is asked for; report the portfolio however it ends."""
        await run_session(
            self._trade,
            venues=self._clients(),
            markets=[market.symbol for market in self._markets],
            source=self._settings.source,
            observer=self._observer,
            view=self._session.view,
            end=self._end,
            stop=stop,
        )

    def _end(self, reason: str) -> None:
        if self._journal is not None:
            self._journal.stop(reason)
            self._journal.close()

    async def _trade(self) -> str:
        await connect(self._clients(), self._calls)
        if self._recorded is not None:
            await self._restore(self._recorded)
        else:
            await self._warm_up()
        done = 0
        async with aclosing(self._feed.groups()) as groups:
            async for group in groups:
                self._on_group(await self._perpetuals.complete(group))
                done += 1
                if done == self._settings.max_groups:
                    return f"{done} bars, as asked"
        return "the candles ended"

    def _clients(self) -> list[ExchangeClient]:
        return distinct(market.client for market in self._markets)

    def _on_group(self, group: BarGroup) -> None:
        signals, given = self._indicators.on_group(group)
        if self._journal is not None:
            self._journal.bars(group, signals)
            self._pace.sync(self._journal.sync)
        self._tell(given)
        self._tell(self._session.on_group(group, signals))
        closes = {self._markets[bar[0]].symbol: bar[4] for bar in group.bars}
        self._observer(
            BarsProcessed(open_time_ns=group.open_time_ns, closes=closes, portfolio=self._session.view())
        )

    async def _warm_up(self) -> None:
        history = [await self._history(market) for market in range(len(self._markets))]
        until_ns = self._end_of_history(history)
        past = [[row for row in rows if row[0] <= until_ns] for rows in history]
        if self._journal is not None:
            for market, rows in enumerate(past):
                self._journal.warm_up(market, rows)
            self._journal.begin(until_ns)
        self._begin(past, until_ns)

    def _end_of_history(self, history: Sequence[Sequence[HistoryRow]]) -> int:
        """Return the last open time of the warm-up, the same for all markets: they are traded together from
        then on.

        Where a market's latest bar may still come, the others' of that time are left to be traded with it.
        """
        latest = [rows[-1][0] for rows in history if rows]
        newest_ns = max(latest, default=0)
        interval_ns = self._markets[0].interval_ns
        if min(latest, default=0) < newest_ns and self._feed.may_still_come(newest_ns + interval_ns):
            return newest_ns - interval_ns
        return newest_ns

    async def _history(self, market: int) -> list[HistoryRow]:
        if not self._settings.history_bars:
            return []
        span_ns = (self._settings.history_bars + 1) * self._markets[market].interval_ns
        candles = await self._feed.history(market, start_ns=self._clock.now_ns() - span_ns)
        return [_row(candle) for candle in candles if candle.closed][-self._settings.history_bars :]

    def _begin(self, past: Sequence[Sequence[HistoryRow]], until_ns: int) -> None:
        for market, rows in enumerate(past):
            self._session.warm_up(market, rows)
            self._indicators.see(market, rows)
            if rows:
                self._feed.grouper.begin_after(market, until_ns)
            self._observer(
                WarmedUp(
                    market=self._markets[market].symbol,
                    bars=len(rows),
                    last_open_time_ns=rows[-1][0] if rows else None,
                )
            )

    async def _restore(self, recorded: Recorded) -> None:
        without = [m.symbol for number, m in enumerate(self._markets) if number not in recorded.warm_up]
        if without:
            raise DataError(f"{recorded.path}: lacks the warm-up of {', '.join(without)}; {AFRESH}")
        past = [recorded.warm_up[market] for market in range(len(self._markets))]
        self._begin(past, recorded.begin_ns or 0)
        trades: list[TradeClosed] = []
        begun = {market for market, rows in enumerate(past) if rows}
        number, last_ns = 0, None
        for number, (group, signals) in enumerate(recorded.groups(), 1):
            last_ns = group.open_time_ns
            begun |= {bar[0] for bar in group.bars}
            self._perpetuals.see(group)
            for bar in group.bars:
                self._indicators.see(bar[0], [(group.open_time_ns, *bar[1:])])
            try:
                events = self._session.on_group(group, signals)
            except InputError as error:
                raise DataError(
                    f"{recorded.path}: bars {number} cannot be read again: {error}; {AFRESH}"
                ) from error
            trades += [event for event in events if isinstance(event, TradeClosed)]
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        if last_ns is not None:
            for market in begun:
                self._feed.grouper.begin_after(market, last_ns)
        self._observer(
            StateRestored(
                bar_groups=number,
                last_open_time_ns=last_ns,
                portfolio=self._session.view(),
                trades=tuple(trades),
                warnings=tuple(recorded.warnings),
            )
        )

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            self._observer(event)


def _row(candle: Candle) -> HistoryRow:
    return (candle.open_time_ns, *values_of(candle))
