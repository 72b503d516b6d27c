"""Bars in order: turns whatever a feed delivers into groups of the markets' closed bars, one group an open
time.

No waiting and no calls happen here. :meth:`BarGrouper.next_step` says what to do next: trade a group, look
into the history for what is due and has not come, or wait. A bar is due ``grace_ns`` after its close; until
then an incomplete group waits for it. What the history does not have either is missing, and the others are
traded without it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_stacker.trading.bar_rules import Values, broken_rule, values_of
from spark_stacker.trading.events import (
    BarDuplicated,
    BarLate,
    BarRejected,
    BarRevised,
    BarsBackFilled,
    BarsMissing,
    Event,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spark_stacker.connectors.contract import Candle

__all__ = ["BackFill", "BarGroup", "BarGrouper", "Wait"]

REMEMBERED = 512
"""Bars a market remembers after trading them, to tell a duplicate from a revision."""


@dataclass(frozen=True, slots=True)
class BarGroup:
    """The bars of one open time: market index, then open, high, low, close and volume.

    ``funding`` is what has fallen due since each market's bar before (market, time, rate), ``marks`` are the
    mark candles of the bars (market, open, high, low, close).
    """

    open_time_ns: int
    bars: tuple[tuple[int, float, float, float, float, float], ...]
    funding: tuple[tuple[int, int, float], ...] = ()
    marks: tuple[tuple[int, float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class BackFill:
    """The bars of a market that open in ``[start_ns, end_ns)`` are due and have not come: ask the history."""

    market: int
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before the next candle or ``until_ns``, whichever comes first."""

    until_ns: int | None


class _MarketBars:
    """What is known of one market.

    Up to ``last_ns`` (an open time) everything is settled; up to ``asked_ns`` (exclusive) the history has
    been asked.
    """

    def __init__(self, symbol: str, interval_ns: int) -> None:
        self.symbol = symbol
        self.interval_ns = interval_ns
        self.last_ns: int | None = None
        self.asked_ns = 0
        self.pending: dict[int, Values] = {}
        self.traded: OrderedDict[int, Values] = OrderedDict()
        self.absent: OrderedDict[int, None] = OrderedDict()

    def next_ns(self) -> int | None:
        """Open time of the next bar to settle; ``None`` before the first bar is known."""
        if self.last_ns is not None:
            return self.last_ns + self.interval_ns
        return min(self.pending, default=None)

    def lacks(self, open_time_ns: int) -> bool:
        """Whether this bar is the next, has not come and may still stand in the history."""
        return (
            self.next_ns() == open_time_ns
            and open_time_ns not in self.pending
            and open_time_ns >= self.asked_ns
        )

    def settle(self, open_time_ns: int) -> Values | None:
        """Go on to the next bar and return this one, ``None`` if it is absent."""
        self.last_ns = open_time_ns
        values = self.pending.pop(open_time_ns, None)
        if values is None:
            _remember(self.absent, open_time_ns, None)
        else:
            _remember(self.traded, open_time_ns, values)
        return values

    def is_off_grid(self, open_time_ns: int) -> bool:
        """Whether a bar lies between the market's own steps."""
        known = self.next_ns()
        return known is not None and (open_time_ns - known) % self.interval_ns != 0


class BarGrouper:
    """Orders the bars of several markets, given as ``(symbol, interval_ns)``. ``grace_ns`` is at least one
    nanosecond.
    """

    def __init__(self, markets: Sequence[tuple[str, int]], *, grace_ns: int) -> None:
        self._markets = [_MarketBars(symbol, interval_ns) for symbol, interval_ns in markets]
        self._index = {market.symbol: index for index, market in enumerate(self._markets)}
        self._grace_ns = grace_ns
        self._is_finished = False

    def begin_after(self, market: int, open_time_ns: int) -> None:
        """Take everything of a market up to this bar as settled, by warm-up or an earlier session."""
        self._markets[market].last_ns = open_time_ns

    def last_ns(self, market: int) -> int | None:
        """Return the open time up to which a market is settled."""
        return self._markets[market].last_ns

    def finish(self) -> None:
        """No more candles will come: what is pending need not wait for the rest."""
        self._is_finished = True

    def add(self, candle: Candle, *, now_ns: int) -> list[Event]:
        """Take in a candle; return what is to be said about it (nothing, if it is the one expected)."""
        if not candle.closed:
            return []
        market = self._markets[self._index[candle.symbol]]
        time_ns, values = candle.open_time_ns, values_of(candle)
        if rule := self._broken_rule(market, time_ns, values, now_ns):
            return [BarRejected(market=market.symbol, open_time_ns=time_ns, reason=rule)]
        if market.last_ns is not None and time_ns <= market.last_ns:
            if time_ns in market.absent:
                return [BarLate(market=market.symbol, open_time_ns=time_ns)]
            known = market.traded.get(time_ns, values)
        elif (known := market.pending.setdefault(time_ns, values)) is values:
            return []
        event = BarDuplicated if known == values else BarRevised
        return [event(market=market.symbol, open_time_ns=time_ns)]

    def fill(self, gap: BackFill, candles: Iterable[Candle], *, now_ns: int) -> list[Event]:
        """Take in what the history had for a gap; the rest of the gap is missing from now on."""
        market = self._markets[gap.market]
        expected = range(gap.start_ns, gap.end_ns, market.interval_ns)
        lacking = [time_ns for time_ns in expected if time_ns not in market.pending]
        events: list[Event] = []
        for candle in candles:
            if gap.start_ns <= candle.open_time_ns < gap.end_ns and candle.open_time_ns not in market.pending:
                events += self.add(candle, now_ns=now_ns)
        market.asked_ns = gap.end_ns
        found = [time_ns for time_ns in lacking if time_ns in market.pending]
        missing = [time_ns for time_ns in lacking if time_ns not in market.pending]
        if found:
            events.append(BarsBackFilled(market=market.symbol, open_time_ns=found[0], bars=len(found)))
        if missing:
            events.append(BarsMissing(market=market.symbol, open_time_ns=missing[0], bars=len(missing)))
        return events

    def next_step(self, now_ns: int) -> BarGroup | BackFill | Wait:
        """Say what to do next, given the time."""
        while (time_ns := self._next_open_time_ns()) is not None:
            if not self._is_due(time_ns, now_ns):
                if any(market.next_ns() is None or market.lacks(time_ns) for market in self._markets):
                    return Wait(self._deadline_ns(time_ns))
            else:
                for index, market in enumerate(self._markets):
                    if market.lacks(time_ns):
                        return BackFill(index, time_ns, self._end_of_gap_ns(market, time_ns, now_ns))
            if bars := self._settle(time_ns):
                return BarGroup(time_ns, bars)
        return Wait(None)

    def _next_open_time_ns(self) -> int | None:
        times = [time_ns for market in self._markets if (time_ns := market.next_ns()) is not None]
        if self._is_finished:
            newest = max((time_ns for market in self._markets for time_ns in market.pending), default=0)
            times = [time_ns for time_ns in times if time_ns <= newest]
        return min(times, default=None)

    def _deadline_ns(self, open_time_ns: int) -> int:
        interval_ns = min(market.interval_ns for market in self._markets if market.next_ns() == open_time_ns)
        return open_time_ns + interval_ns + self._grace_ns

    def _is_due(self, open_time_ns: int, now_ns: int) -> bool:
        return self._is_finished or now_ns >= self._deadline_ns(open_time_ns)

    def _end_of_gap_ns(self, market: _MarketBars, start_ns: int, now_ns: int) -> int:
        """End of the run of due bars that have not come, from ``start_ns`` on."""
        last_due_ns = now_ns - market.interval_ns - self._grace_ns
        if self._is_finished:
            last_due_ns = max(time_ns for other in self._markets for time_ns in other.pending)
        steps = max(last_due_ns - start_ns, 0) // market.interval_ns + 1
        come = min((time_ns for time_ns in market.pending if time_ns > start_ns), default=None)
        end_ns = start_ns + steps * market.interval_ns
        return end_ns if come is None else min(end_ns, come)

    def _settle(self, open_time_ns: int) -> tuple[tuple[int, float, float, float, float, float], ...]:
        bars = []
        for index, market in enumerate(self._markets):
            if market.next_ns() == open_time_ns and (values := market.settle(open_time_ns)) is not None:
                bars.append((index, *values))
        return tuple(bars)

    def _broken_rule(self, market: _MarketBars, time_ns: int, values: Values, now_ns: int) -> str | None:
        if time_ns + market.interval_ns > now_ns + self._grace_ns:
            return "it closes in the future"
        if market.is_off_grid(time_ns):
            return "it opens between the market's bars"
        return broken_rule(values)


def _remember(memory: OrderedDict[int, Any], key: int, value: object) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)
