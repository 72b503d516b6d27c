"""Messages as they come from live streams and from recordings of several markets."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl
import pytest

from made.live_streams import PushedStreams, level, message, trade
from made.tick_runs import overtaking, replayed
from spark_stacker.data.market_messages import MarketRow
from spark_stacker.errors import DataError
from spark_stacker.trading.clock import SystemClock
from spark_stacker.trading.event_feed import EventFeed, FeedStream
from spark_stacker.trading.events import CallFailed
from spark_stacker.trading.retry import VenueCalls

if TYPE_CHECKING:
    from spark_stacker.connectors.contract import MarketStreams
    from spark_stacker.data.market_messages import MarketMessage
    from spark_stacker.trading.event_feed import Received
    from spark_stacker.trading.events import Event

SNAPSHOT = (level("snapshot", 1, "99", "1"), level("snapshot", -1, "101", "1"))


async def _no_sleep(_: float) -> None:
    await asyncio.sleep(0)


def calls(events: list[Event]) -> VenueCalls:
    return VenueCalls(clock=SystemClock(), observer=events.append, sleep=_no_sleep)


def feed_of(
    *streams: MarketStreams, taken: int = 0, is_recorded: bool = False, at_once: int = 64
) -> EventFeed:
    wished = [
        FeedStream(symbol=symbol, streams=one, feeds=("trades", "book"), taken=taken)
        for symbol, one in zip("AB", streams, strict=False)
    ]
    return EventFeed(wished, calls=calls([]), is_recorded=is_recorded, at_once=at_once)


async def all_of(feed: EventFeed) -> list[Received]:
    return [one async for chunk in feed.chunks() for one in chunk]


def taken_from(stream: PushedStreams, taken: int = 0) -> list[MarketMessage]:
    stream.end()
    return [one for _, one in asyncio.run(all_of(feed_of(stream, taken=taken)))]


def test_a_snapshot_stands_on_an_empty_book() -> None:
    stream = PushedStreams("A")
    stream.push(message("A", 1, *SNAPSHOT))
    (one,) = taken_from(stream)
    assert [row.kind for row in one.rows] == ["clear", "clear", "snapshot", "snapshot"]


def test_after_a_broken_connection_messages_are_lost() -> None:
    stream = PushedStreams("A")
    stream.push(message("A", 1, trade("100")))
    stream.break_off()
    stream.push(message("A", 2, *SNAPSHOT), message("A", 3, trade("100")))
    assert [one.lost for one in taken_from(stream)] == [False, True, False]
    assert stream.opened == 2


def test_numbers_that_do_not_follow_are_lost_messages() -> None:
    stream = PushedStreams("A")
    depth = level("depth", 1, "99", "2")
    stream.push(
        message("A", 1, *SNAPSHOT, number=5),
        message("A", 2, depth, number=6, previous_number=5),
        message("A", 3, depth, number=9, previous_number=8),
        message("A", 4, depth, number=10, previous_number=9),
    )
    assert [one.lost for one in taken_from(stream)] == [False, False, True, False]


def test_after_a_restart_the_first_message_of_a_live_stream_comes_after_lost_ones() -> None:
    stream = PushedStreams("A")
    stream.push(message("A", 1, trade("100")), message("A", 2, trade("100")))
    assert [one.lost for one in taken_from(stream, taken=7)] == [True, False]


def test_a_live_event_is_not_received_before_it_happened() -> None:
    stream = PushedStreams("A")
    stream.push(message("A", 1, trade("100"), latency_ms=-400))
    (one,) = taken_from(stream)
    assert one.exchange_ns == one.local_ns


def test_a_message_of_another_market_is_refused() -> None:
    stream = PushedStreams("A")
    stream.push(message("B", 1, trade("100")))
    with pytest.raises(DataError, match="A: a message of B"):
        taken_from(stream)


def test_a_market_that_says_nothing_does_not_keep_live_ones_waiting() -> None:
    async def scenario() -> list[int]:
        silent, busy = PushedStreams("A"), PushedStreams("B")
        busy.push(message("B", 1, trade("100")))
        chunks = feed_of(silent, busy).chunks(patience_s=0.01)
        first, second = await anext(chunks), await anext(chunks)
        await chunks.aclose()
        return [len(first), len(second)]

    assert asyncio.run(scenario()) == [1, 0]


@pytest.mark.parametrize("at_once", [1, 7, 500])
def test_recorded_markets_come_in_the_order_of_their_times(at_once: int) -> None:
    frames = {symbol: overtaking(900, seed=seed) for seed, symbol in enumerate("AB")}
    streams = [replayed(symbol, frame) for symbol, frame in frames.items()]
    taken = asyncio.run(all_of(feed_of(*streams, is_recorded=True, at_once=at_once)))
    times = [one.local_ns for _, one in taken]
    assert times == sorted(times)
    for market, frame in enumerate(frames.values()):
        of_it = [one.local_ns for index, one in taken if index == market]
        assert of_it == frame.filter("last")["local_ns"].to_list()


def test_a_recording_goes_on_after_what_was_taken() -> None:
    frame = overtaking(500, seed=1)
    whole = asyncio.run(all_of(feed_of(replayed("A", frame), is_recorded=True)))
    rest = asyncio.run(all_of(feed_of(replayed("A", frame), is_recorded=True, taken=123)))
    assert rest == whole[123:]


def test_a_recording_loses_no_row_whatever_ends_its_messages() -> None:
    frame = overtaking(400, seed=6).with_columns(last=pl.int_range(pl.len()) % 5 == 0)
    taken = asyncio.run(all_of(feed_of(replayed("A", frame), is_recorded=True)))
    told = [
        (one.exchange_ns, one.local_ns, row.kind, float(row.price))
        for _, one in taken
        for row in one.rows or (MarketRow("gap", 0, Decimal(0), Decimal(0)),)
    ]
    assert told == frame.select("exchange_ns", "local_ns", "kind", "price").rows()


def test_a_failing_stream_is_told() -> None:
    events: list[Event] = []
    stream = PushedStreams("A")
    stream.break_off()
    stream.end()
    feed = EventFeed(
        [FeedStream(symbol="A", streams=stream, feeds=("trades", "book"))],
        calls=calls(events),
        is_recorded=False,
    )
    assert asyncio.run(all_of(feed)) == []
    assert [type(event) for event in events] == [CallFailed]
