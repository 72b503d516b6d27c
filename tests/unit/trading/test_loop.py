"""The loop on a venue that is polled: forming candles, a slow start, a bad network, a stop at any moment."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from made import strategies
from made.minutes import MINUTE_NS, minute, row
from spark_stacker.config import parse_settings
from spark_stacker.connectors import BaseConnector
from spark_stacker.connectors.polling import PollingClient
from spark_stacker.errors import ParameterError, StopTradingError
from spark_stacker.trading.dry_run import DryRun, run_dry_run
from spark_stacker.trading.events import (
    BarsProcessed,
    CallFailed,
    Event,
    SessionStopped,
    StateRestored,
    WarmedUp,
)
from spark_stacker.trading.sources import CandleSource
from spark_stacker.trading.stopping import StopRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HISTORY = 40
BEGIN = 100


class HandClock:
    """A clock that moves when someone sleeps."""

    def __init__(self) -> None:
        self.time_ns = minute(BEGIN) + MINUTE_NS // 2

    def now_ns(self) -> int:
        return self.time_ns

    def seconds_until(self, time_ns: int) -> float | None:
        return 0.0 if time_ns <= self.time_ns else 0.02

    def stopwatch_s(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.time_ns += round(seconds * 1e9)
        await asyncio.sleep(0)


class Venue(BaseConnector):
    """Answers with every candle up to its clock; the forming one has prices that it will not close with."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__("venue", "venue")
        self.clock = clock
        self.calls = 0
        self.trouble: dict[int, Callable[[], None]] = {}

    def connect(self) -> bool:
        return True

    def disconnect(self) -> bool:
        return True

    def get_markets(self) -> list[dict[str, Any]]:
        return []

    def get_ticker(self, symbol: str) -> dict[str, Any]:
        return {}

    def get_account_balance(self) -> dict[str, float]:
        return {}

    def place_order(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise AssertionError("a dry run sends no order to a venue")

    def get_candles(
        self,
        symbol: str,
        interval: str,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        self.calls += 1
        newest = (self.clock.now_ns() - minute(0)) // MINUTE_NS
        if self.calls in self.trouble:
            self.trouble[self.calls]()
        rows = [row(number) for number in range(newest)] + [row(newest, 9_999.0)]
        names = ("timestamp", "open", "high", "low", "close", "volume")
        candles = [dict(zip(names, (time_ns // 10**6, *rest), strict=True)) for time_ns, *rest in rows]
        begin, end = start_time or 0, end_time or 10**15
        return [candle for candle in candles if begin <= candle["timestamp"] < end]

    def client(self, *, now_ns: Callable[[], int], polling_interval_s: float = 60.0) -> PollingClient:
        return PollingClient(
            self, now_ns=now_ns, polling_interval_s=polling_interval_s, sleep=self.clock.sleep
        )


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def venue(clock: HandClock) -> Venue:
    return Venue(clock)


def run_of(venue: Venue, **options: Any) -> DryRun:
    settings = parse_settings(
        strategies.configuration(
            strategies.strategy("s", "ETH-USD", "1m", "rsi"), indicators=[strategies.RSI], polling_interval=20
        )
    )
    candles = CandleSource(connectors={"ETH-USD": venue}, intervals_ns={"ETH-USD": MINUTE_NS}, text="venue")
    return DryRun(settings=settings, candles=candles, history_bars=HISTORY, **options)


async def play(
    venue: Venue, *, stop: StopRequest | None = None, **options: Any
) -> tuple[list[Event], dict[int, float]]:
    events: list[Event] = []
    run = run_of(venue, **options)
    await run_dry_run(run, observer=events.append, stop=stop or StopRequest(), clock=venue.clock)
    return events, closes(events)


def closes(events: list[Event]) -> dict[int, float]:
    return {e.open_time_ns: e.closes["ETH-USD"] for e in events if isinstance(e, BarsProcessed)}


async def test_only_closed_bars_are_traded_each_once_and_as_they_closed(venue: Venue) -> None:
    events, traded = await play(venue, max_groups=6)
    assert traded == {minute(number): row(number)[4] for number in range(BEGIN, BEGIN + 6)}
    (warmed_up,) = [event for event in events if isinstance(event, WarmedUp)]
    assert (warmed_up.bars, warmed_up.last_open_time_ns) == (HISTORY, minute(BEGIN - 1))


async def test_a_bar_that_closes_while_the_answer_is_on_its_way_is_not_traded_as_it_stood(
    venue: Venue, clock: HandClock
) -> None:
    def slow() -> None:
        clock.time_ns += 5 * MINUTE_NS

    venue.trouble = {1: slow, 3: slow}
    _, traded = await play(venue, max_groups=14)
    assert traded == {minute(number): row(number)[4] for number in range(BEGIN, BEGIN + 14)}


async def test_a_network_that_fails_for_a_while_costs_no_bar(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_wait(_self: object, *_: object, **__: object) -> None:
        return None

    monkeypatch.setattr("spark_stacker.trading.retry.BackOff.next_s", lambda _self: 0.001)

    def fail() -> None:
        raise ConnectionResetError("reset by peer")

    venue.trouble = {1: fail, 2: fail, 4: fail, 5: fail, 6: fail}
    events, traded = await play(venue, max_groups=5)
    assert list(traded) == [minute(number) for number in range(BEGIN, BEGIN + 5)]
    failed = [event for event in events if isinstance(event, CallFailed)]
    assert [event.endpoint for event in failed] == ["candles"] * 2 + ["stream_candles"] * 3
    assert "reset by peer" in failed[0].error


async def test_a_defect_of_the_connector_stops_and_is_reported(venue: Venue) -> None:
    def fail() -> None:
        raise KeyError("candles")

    venue.trouble[4] = fail
    events: list[Event] = []
    with pytest.raises(StopTradingError, match="get_candles failed"):
        await run_dry_run(run_of(venue), observer=events.append, stop=StopRequest(), clock=venue.clock)
    assert isinstance(events[-1], SessionStopped)
    assert events[-1].reason.startswith("failed: venue")


async def test_a_stop_while_the_venue_hangs_takes_less_than_two_seconds(venue: Venue) -> None:
    stop = StopRequest()
    venue.trouble[1] = lambda: time.sleep(20)
    asyncio.get_running_loop().call_later(0.1, stop.ask, "asked")
    began = time.monotonic()
    events, _ = await play(venue, stop=stop)
    assert time.monotonic() - began < 2.0
    assert isinstance(events[-1], SessionStopped)
    assert events[-1].reason == "asked"


async def test_a_restart_trades_the_bars_of_the_time_between(
    venue: Venue, clock: HandClock, tmp_path: Path
) -> None:
    _, first = await play(venue, max_groups=3, state=tmp_path)
    clock.time_ns += 10 * MINUTE_NS
    events, second = await play(venue, max_groups=12, state=tmp_path)
    assert list(first | second) == [minute(number) for number in range(BEGIN, BEGIN + 15)]
    (restored,) = [event for event in events if isinstance(event, StateRestored)]
    assert restored.bar_groups == 3


async def test_a_stop_while_a_journal_is_read_is_heard(
    venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = StopRequest()
    monkeypatch.setattr("spark_stacker.trading.dry_run.read_journal", lambda *_: time.sleep(20))
    asyncio.get_running_loop().call_later(0.1, stop.ask, "asked")
    began = time.monotonic()
    events, _ = await play(venue, stop=stop, state=tmp_path)
    assert time.monotonic() - began < 2.0
    assert [type(event) for event in events] == [SessionStopped]


async def test_replays_and_exchanges_do_not_mix(venue: Venue, clock: HandClock) -> None:
    class Taped(Venue):
        @property
        def venue_time_ns(self) -> Callable[[], int]:
            return lambda: 0

    settings = parse_settings(
        strategies.configuration(
            strategies.strategy("a", "ETH-USD", "1m", "rsi"),
            strategies.strategy("b", "BTC-USD", "1m", "rsi"),
            indicators=[strategies.RSI],
        )
    )
    candles = CandleSource(
        connectors={"ETH-USD": venue, "BTC-USD": Taped(clock)},
        intervals_ns=dict.fromkeys(("ETH-USD", "BTC-USD"), MINUTE_NS),
        text="both",
    )
    with pytest.raises(ParameterError, match="cannot be mixed"):
        await run_dry_run(
            DryRun(settings=settings, candles=candles), observer=lambda _: None, stop=StopRequest()
        )
