"""Which payments and mark candles go with which bars."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from made.minutes import MINUTE_NS, minute, recorded, row
from spark_stacker.connectors.contract import Candle, FundingRate
from spark_stacker.connectors.replay import RecordedMarket, ReplayConnector
from spark_stacker.trading.bar_groups import BarGroup
from spark_stacker.trading.candle_feed import FeedMarket
from spark_stacker.trading.clock import TapeClock
from spark_stacker.trading.events import BarRejected, CallFailed, Event, FundingDue
from spark_stacker.trading.perpetual_feed import PerpetualFeed
from spark_stacker.trading.retry import VenueCalls

FUNDED = replace(
    recorded("A", range(10)),
    funding=[(minute(1), 0.001), (minute(3) + 1, 0.002), (minute(4), 0.003), (minute(20), 0.004)],
    marks=[row(1, 50.0), row(4, 60.0)],
)


def group(number: int, *markets: int) -> BarGroup:
    return BarGroup(minute(number), tuple((market, *row(number)[1:]) for market in markets))


def feed_of(
    *recordings: RecordedMarket, events: list[Event] | None = None, **options: Any
) -> tuple[PerpetualFeed, ReplayConnector]:
    connector = ReplayConnector("replay", {market.symbol: market for market in recordings})
    clock = TapeClock(connector.venue_time_ns)
    client = connector.client(now_ns=clock.now_ns)
    markets = [
        FeedMarket(symbol=m.symbol, interval="1m", interval_ns=MINUTE_NS, client=client, **options)
        for m in recordings
    ]
    told: list[Event] = [] if events is None else events
    calls = VenueCalls(clock=clock, observer=told.append, first_pause_s=0.0)
    return PerpetualFeed(markets, calls=calls, observer=told.append), connector


async def test_a_payment_goes_with_the_first_bar_that_opens_at_its_time_or_later() -> None:
    events: list[Event] = []
    feed, connector = feed_of(FUNDED, events=events)
    connector.skip_to(minute(11))
    groups = [await feed.complete(group(number, 0)) for number in (0, 1, 2, 4, 5)]
    assert [g.funding for g in groups] == [
        (),
        ((0, minute(1), 0.001),),
        (),
        ((0, minute(3) + 1, 0.002), (0, minute(4), 0.003)),
        (),
    ]
    assert [g.marks for g in groups] == [(), ((0, *row(1, 50.0)[1:5]),), (), ((0, *row(4, 60.0)[1:5]),), ()]
    due = [event for event in events if isinstance(event, FundingDue)]
    assert [(event.open_time_ns, event.rate) for event in due] == [
        (minute(1), 0.001),
        (minute(4), 0.002),
        (minute(4), 0.003),
    ]


async def test_after_an_earlier_session_only_what_is_new_is_asked() -> None:
    feed, connector = feed_of(FUNDED)
    connector.skip_to(minute(11))
    feed.see(group(2, 0))
    assert (await feed.complete(group(4, 0))).funding == (
        (0, minute(3) + 1, 0.002),
        (0, minute(4), 0.003),
    )


async def test_a_market_without_a_bar_is_paid_at_its_next_one() -> None:
    feed, connector = feed_of(FUNDED, recorded("B", range(10)))
    connector.skip_to(minute(11))
    assert (await feed.complete(group(0, 0, 1))).funding == ()
    assert (await feed.complete(group(1, 1))).funding == ()
    assert (await feed.complete(group(2, 0, 1))).funding == ((0, minute(1), 0.001),)


async def test_nothing_is_known_before_its_time() -> None:
    feed, connector = feed_of(FUNDED)
    connector.advance()
    assert connector.tape.now_ns == minute(1)
    assert connector.get_funding_rates("A", 0, minute(30) // 10**6) == [
        {"timestamp": minute(1) // 10**6, "rate": 0.001}
    ]
    assert connector.get_mark_candles("A", "1m", 0, minute(30) // 10**6) == []
    assert (await feed.complete(group(1, 0))).marks == ()


async def test_spot_markets_and_venues_without_either_are_left_as_they_are() -> None:
    for feed, connector in (feed_of(FUNDED, is_spot=True), feed_of(recorded("A", range(10)))):
        connector.skip_to(minute(11))
        assert await feed.complete(group(1, 0)) == group(1, 0)


async def test_a_call_that_fails_is_made_again_and_a_broken_mark_candle_is_told() -> None:
    class Venue:
        name = "venue"
        failures = 1

        def offers(self, feed: str, symbol: str) -> bool:
            return True

        async def funding(self, symbol: str, *, start_ns: int, end_ns: int) -> list[FundingRate]:
            from spark_stacker.errors import RetryableError

            if self.failures:
                self.failures -= 1
                raise RetryableError("away")
            return [FundingRate(symbol, end_ns - 1, Decimal("0.0001"))]

        async def mark_candles(self, symbol: str, interval: str, **_span: int) -> list[Candle]:
            one, two = Decimal(1), Decimal(2)
            return [Candle(symbol, MINUTE_NS, minute(1), two, one, one, one, Decimal(0))]

    events: list[Event] = []
    clock = TapeClock(lambda: 0)
    calls = VenueCalls(clock=clock, observer=events.append, first_pause_s=0.0)
    market = FeedMarket(symbol="A", interval="1m", interval_ns=MINUTE_NS, client=Venue())  # type: ignore[arg-type]
    done = await PerpetualFeed([market], calls=calls, observer=events.append).complete(group(1, 0))
    assert done.funding == ((0, minute(1), 0.0001),)
    assert done.marks == ()
    assert [event for event in events if isinstance(event, CallFailed)]
    (rejected,) = (event for event in events if isinstance(event, BarRejected))
    assert rejected.reason == "mark candle: high must be at least open, close and low"
