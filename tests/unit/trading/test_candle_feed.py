"""The feed over a replay that misbehaves in every way, and over a stream that breaks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from made.minutes import MINUTE_NS, candle, frame, minute, recorded
from spark_stacker.connectors.contract import Candle, Subscription
from spark_stacker.connectors.replay import Faults, ReplayConnector
from spark_stacker.errors import RetryableError
from spark_stacker.trading.candle_feed import CandleFeed, FeedMarket
from spark_stacker.trading.clock import TapeClock
from spark_stacker.trading.events import BarLate, BarsMissing, CallFailed, Event
from spark_stacker.trading.retry import VenueCalls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from spark_stacker.trading.bar_groups import BarGroup

BARS = 12
SYMBOLS = ("A", "B")


def play(connector: ReplayConnector, *, begun: bool = False) -> tuple[list[BarGroup], list[Event]]:
    events: list[Event] = []
    clock = TapeClock(connector.venue_time_ns)
    client = connector.client(now_ns=clock.now_ns)
    markets = [
        FeedMarket(symbol=m.symbol, interval="1m", interval_ns=MINUTE_NS, client=client)
        for m in connector.tape.markets
    ]
    calls = VenueCalls(clock=clock, observer=events.append)
    feed = CandleFeed(markets, clock=clock, calls=calls, observer=events.append, grace_s=10.0)
    if begun:
        for index in range(len(markets)):
            feed.grouper.begin_after(index, minute(-1))

    async def collect() -> list[BarGroup]:
        return [group async for group in feed.groups()]

    return asyncio.run(collect()), events


places = st.tuples(st.sampled_from(SYMBOLS), st.integers(0, BARS - 1).map(minute))
delays = st.dictionaries(places, st.integers(1, 6), max_size=8)


@given(
    lost=st.frozensets(places, max_size=8),
    absent=st.frozensets(places, max_size=8),
    late=delays,
    swapped=delays,
    duplicated=delays,
)
@settings(max_examples=150, deadline=None)
def test_whatever_a_feed_does_bars_are_traded_in_order_once_and_as_recorded(
    lost: frozenset[tuple[str, int]],
    absent: frozenset[tuple[str, int]],
    late: dict[tuple[str, int], int],
    swapped: dict[tuple[str, int], int],
    duplicated: dict[tuple[str, int], int],
) -> None:
    faults = Faults(lost=lost, absent=absent, late=late, swapped=swapped, duplicated=duplicated)
    markets = {symbol: recorded(symbol, range(BARS)) for symbol in SYMBOLS}
    groups, events = play(ReplayConnector("r", markets, faults=faults), begun=True)

    times = [group.open_time_ns for group in groups]
    assert times == sorted(set(times))
    traded = {(SYMBOLS[bar[0]], group.open_time_ns): bar[1:] for group in groups for bar in group.bars}
    assert sum(len(group.bars) for group in groups) == len(traded)
    for (symbol, time_ns), values in traded.items():
        recording = markets[symbol]
        assert values == recording.rows[recording.times.index(time_ns)][1:]
        assert (symbol, time_ns) not in absent

    missing: set[tuple[str, int]] = set()
    for event in events:
        if isinstance(event, BarsMissing):
            span = range(event.open_time_ns, minute(BARS), MINUTE_NS)
            missing |= {(event.market, t) for t in span if (event.market, t) not in traded}
    # A bar that stands in the history is traded, unless nothing at all came after it to say that it is due.
    newest = max(times, default=-1)
    for symbol in SYMBOLS:
        for time_ns in markets[symbol].times:
            place = (symbol, time_ns)
            if place in absent or place in late or time_ns > newest:
                continue
            assert place in traded
    for event in events:
        if isinstance(event, BarLate):
            assert (event.market, event.open_time_ns) in missing


def test_a_clean_replay_gives_every_bar_and_says_nothing() -> None:
    markets = {symbol: recorded(symbol, range(BARS)) for symbol in SYMBOLS}
    groups, events = play(ReplayConnector("r", markets))
    assert [group.open_time_ns for group in groups] == [minute(number) for number in range(BARS)]
    assert events == []


def test_gaps_in_the_data_are_reported_and_traded_over() -> None:
    groups, events = play(ReplayConnector("r", {"A": recorded("A", [0, 1, 5, 6])}))
    assert [group.open_time_ns for group in groups] == [minute(n) for n in (0, 1, 5, 6)]
    assert [event for event in events if isinstance(event, BarsMissing)] == [
        BarsMissing(market="A", open_time_ns=minute(2), bars=3)
    ]


class BrokenStream:
    """Gives two candles at a time and then fails, three times."""

    name = "broken"

    def __init__(self) -> None:
        self.wishes: list[int | None] = []
        self.now_ns = minute(0)

    async def stream_candles(self, subscriptions: Sequence[Subscription]) -> AsyncIterator[Candle]:
        self.wishes.append(subscriptions[0].after_ns)
        first = 0 if self.wishes[-1] is None else (self.wishes[-1] - minute(0)) // MINUTE_NS + 1
        for number in (first, first + 1):
            self.now_ns = minute(number + 1)
            yield candle("A", number)
        if len(self.wishes) < 3:
            raise RetryableError("the socket closed")


def test_a_broken_stream_is_opened_again_from_the_last_settled_bar() -> None:
    events: list[Event] = []
    client = BrokenStream()
    clock = TapeClock(lambda: client.now_ns)

    async def no_sleep(_seconds: float) -> None:
        await asyncio.sleep(0)

    calls = VenueCalls(clock=clock, observer=events.append, sleep=no_sleep)
    market = FeedMarket(symbol="A", interval="1m", interval_ns=MINUTE_NS, client=client)  # type: ignore[arg-type]
    feed = CandleFeed([market], clock=clock, calls=calls, observer=events.append, grace_s=10.0)

    async def collect() -> list[int]:
        return [group.open_time_ns async for group in feed.groups()]

    assert asyncio.run(collect()) == [minute(number) for number in range(6)]
    assert client.wishes == [None, minute(1), minute(3)]
    assert [event.retry_in_s for event in events if isinstance(event, CallFailed)] == [1.0, 1.0]


def test_a_replay_goes_on_after_the_bars_that_are_settled() -> None:
    connector = ReplayConnector("r", {"A": frame(range(10))})
    clock = TapeClock(connector.venue_time_ns)
    client = connector.client(now_ns=clock.now_ns)

    async def collect() -> list[int]:
        wish = Subscription(symbol="A", interval="1m", after_ns=minute(6))
        return [c.open_time_ns async for c in client.stream_candles([wish])]

    assert asyncio.run(collect()) == [minute(7), minute(8), minute(9)]
