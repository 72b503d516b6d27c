"""The loop on trades and books: live streams by the clock, gaps, restarts, and what is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from made.live_streams import SECOND_NS, PushedStreams, level, message, trade
from made.tick_runs import TickCase, assert_same_ticks, crossing, overtaking, replayed
from spark_stacker.config import parse_settings
from spark_stacker.errors import ConfigError, DataError, ParameterError
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.indicator_factory import IndicatorFactory
from spark_stacker.trading.event_source import EventMarket, EventSource
from spark_stacker.trading.events import (
    BarsProcessed,
    EventsLate,
    EventsMissing,
    Fill,
    FundingDue,
    SessionStopped,
    StateRestored,
)
from spark_stacker.trading.stopping import StopRequest
from spark_stacker.trading.summary import Summary
from spark_stacker.trading.tick_run import TickDryRun, run_tick_dry_run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from spark_stacker.trading.events import Event
    from spark_stacker.trading.tick_session import TickPaperSession

BTC = "BTC-USD"
START_NS = 1_700_000_000 * SECOND_NS
PRICES = ("100", "101", "102", "101", "100", "99", "98", "99", "101", "103", "104", "102", "99", "97")


class HandClock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.time_ns = START_NS

    def now_ns(self) -> int:
        return self.time_ns

    def seconds_until(self, time_ns: int) -> float | None:
        return max(time_ns - self.time_ns, 0) / 1e9

    def stopwatch_s(self) -> float:
        return self.time_ns / 1e9


def snapshot(time_s: float, **others: Any) -> Any:
    rows = [
        level("snapshot", side, str(100 - side * (away + 1)), "50") for side in (1, -1) for away in range(9)
    ]
    return message(BTC, time_s, *rows, start_ns=START_NS, **others)


class Session:
    """A dry run on one live market, in a task; its events."""

    def __init__(self, *, state: Path | None = None, tick_size: float = 1.0) -> None:
        self.stream = PushedStreams(BTC)
        self.clock = HandClock()
        self.events: list[Event] = []
        self.stop = StopRequest()
        self._run = TickDryRun(
            settings=parse_settings(crossing(BTC)),
            events=EventSource(
                markets={BTC: EventMarket(streams=self.stream, tick_size=tick_size)}, text="live"
            ),
            rules=TickCase({**crossing(BTC)}, {}).ticks.rules(),
            state=state,
        )

    async def running(self) -> TickPaperSession:
        return await run_tick_dry_run(
            self._run, observer=self.events.append, stop=self.stop, clock=self.clock
        )

    def told(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not is_so():
                await asyncio.sleep(0.005)


def played(session: Session, scenario: Callable[[Session], Awaitable[None]]) -> TickPaperSession:
    async def both() -> TickPaperSession:
        running = asyncio.create_task(session.running())
        await scenario(session)
        session.stop.ask("enough")
        return await running

    return asyncio.run(both())


def test_bars_close_and_orders_arrive_by_the_clock_when_nothing_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spark_stacker.trading.tick_loop.PATIENCE_S", 0.01)

    async def scenario(session: Session) -> None:
        session.stream.push(snapshot(0))
        for second, price in enumerate(PRICES):
            session.stream.push(message(BTC, second + 0.5, trade(price), start_ns=START_NS))
        session.clock.time_ns = START_NS + len(PRICES) * SECOND_NS
        # Two seconds are waited for what may still come.
        await session.until(lambda: len(session.told(BarsProcessed)) == len(PRICES) - 2)
        before = len(session.told(Fill))
        session.clock.time_ns += 3 * SECOND_NS
        await session.until(lambda: len(session.told(BarsProcessed)) == len(PRICES))
        await session.until(lambda: len(session.told(Fill)) > before)

    session = Session()
    paper = played(session, scenario)
    closes = [event.closes[BTC] for event in session.told(BarsProcessed)]
    assert closes == [float(price) for price in PRICES]
    assert session.told(SessionStopped)[0].reason == "enough"
    assert paper.view().positions


def test_a_restart_of_a_live_session_stands_where_it_stood_and_shows_the_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spark_stacker.trading.tick_loop.PATIENCE_S", 0.01)

    async def first(session: Session) -> None:
        session.stream.push(snapshot(0))
        for second, price in enumerate(PRICES):
            session.stream.push(message(BTC, second + 0.5, trade(price), start_ns=START_NS))
        await session.until(lambda: len(session.told(BarsProcessed)) == len(PRICES) - 3)

    async def second(session: Session) -> None:
        await session.until(lambda: bool(session.told(StateRestored)))
        session.stream.push(snapshot(60))
        await session.until(lambda: len(session.told(BarsProcessed)) == 3)

    before, after = Session(state=tmp_path), Session(state=tmp_path)
    view = played(before, first).view()
    played(after, second)
    restored = after.told(StateRestored)[0]
    assert restored.bar_groups == len(PRICES) - 3
    assert restored.portfolio == view
    assert [event.market for event in after.told(EventsMissing)] == [BTC]


def test_gaps_and_late_messages_are_told_and_counted() -> None:
    frame = overtaking(2_000, seed=4)
    events: list[Event] = []
    case = TickCase(crossing(BTC) | {"live": {"events_late_after": 0.5}}, {BTC: frame})
    session = case.dry_run(events=events)
    gaps = frame.filter(pl.col("kind") == "gap")
    assert [event.time_ns for event in events if isinstance(event, EventsMissing)] == gaps[
        "local_ns"
    ].to_list()
    late = (frame.filter("last")["local_ns"] - frame.filter("last")["exchange_ns"] > 500_000_000).sum()
    assert sum(event.messages for event in events if isinstance(event, EventsLate)) == late > 0
    summary = Summary()
    for event in events:
        summary(event)
    assert summary.problems == {"gaps in the events": 3, "late messages": late}
    assert summary.bars == len(session.engine.equity_curve())
    assert summary.fills == len(session.engine.fills(0)["order"])
    assert summary.portfolio == session.view()


def test_funding_among_the_events_is_paid_as_in_the_backtest_and_told() -> None:
    frame = overtaking(3_000, seed=4)
    rows = frame[1_000:3_000:100]
    due = rows.with_columns(kind=pl.lit("funding"), side=pl.lit(0, pl.Int8), price=0.0, size=0.001)
    case = TickCase(crossing(BTC), {BTC: pl.concat([frame, due]).sort("local_ns", maintain_order=True)})
    events: list[Event] = []
    session = case.dry_run(events=events)
    assert_same_ticks(session.engine, case.backtest())
    assert session.engine.equity != TickCase(crossing(BTC), {BTC: frame}).backtest().equity
    told = [event for event in events if isinstance(event, FundingDue)]
    assert [event.time_ns for event in told] == due["exchange_ns"].to_list()
    assert {event.rate for event in told} == {0.001}
    assert all(0 <= event.time_ns - event.open_time_ns < SECOND_NS for event in told)


def test_a_live_stream_pushed_event_by_event_is_the_backtest_over_its_recording() -> None:
    frame = overtaking(3_000, seed=5)
    case = TickCase(crossing(BTC), {BTC: frame})

    async def messages() -> list[Any]:
        return [one async for one in replayed(BTC, frame).stream_market(BTC)]

    async def scenario(session: Session) -> None:
        for place, one in enumerate(recorded):
            session.clock.time_ns = one.local_ns
            session.stream.push(one)
            if place % 7 == 0:
                await asyncio.sleep(0)
        session.stream.end()
        await session.until(lambda: bool(session.told(SessionStopped)))

    recorded = asyncio.run(messages())
    session = Session(tick_size=case.tick_sizes[BTC])
    session.clock.time_ns = 0
    assert_same_ticks(played(session, scenario).engine, case.backtest())
    assert session.told(SessionStopped)[0].reason == "the events ended"


def test_messages_that_say_nothing_are_passed_over() -> None:
    async def scenario(session: Session) -> None:
        session.stream.push(message(BTC, 0, start_ns=START_NS), snapshot(0))
        session.stream.push(message(BTC, 1, start_ns=START_NS))
        session.stream.end()
        await session.until(lambda: bool(session.told(SessionStopped)))

    session = Session()
    played(session, scenario)
    assert session.told(SessionStopped)[0].reason == "the events ended"


def test_the_row_that_cannot_be_played_is_named() -> None:
    frame = overtaking(3_000, seed=4)
    place = 2_700
    wrong = pl.concat(
        [frame[:place], frame[place : place + 1].with_columns(price=60_000.05), frame[place + 1 :]]
    )
    case = TickCase(crossing(BTC), {BTC: wrong}, tick_sizes={BTC: 0.1})
    with pytest.raises(DataError, match=rf"BTC-USD: column price, row {place}: .* tick grid"):
        case.dry_run()


def test_a_journal_of_other_rules_is_refused(tmp_path: Path) -> None:
    case = TickCase(crossing(BTC), {BTC: overtaking(500, seed=4)})
    case.dry_run(state=tmp_path)
    other = TickCase(crossing(BTC), case.events, ticks=case.ticks.with_queue("fifo"))
    with pytest.raises(ConfigError, match="another configuration"):
        other.dry_run(state=tmp_path)


def test_a_session_that_has_ended_goes_on_to_the_same_end(tmp_path: Path) -> None:
    case = TickCase(crossing(BTC), {BTC: overtaking(2_000, seed=4)})
    first = case.dry_run(state=tmp_path)
    assert_same_ticks(case.dry_run(state=tmp_path).engine, first.engine)


def test_events_of_a_session_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    case = TickCase(crossing(BTC), {BTC: overtaking(500, seed=4)})
    case.dry_run(state=tmp_path)
    (tmp_path / "events.rows").write_bytes(b"x" * 500)
    with pytest.raises(DataError, match=r"events\.rows: not the events of a session; --fresh"):
        case.dry_run(state=tmp_path)


class Own(BaseIndicator):
    """An indicator in Python."""

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        return data

    def generate_signal(self, data: pl.DataFrame) -> None:
        return None


def test_what_cannot_be_run_on_ticks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = overtaking(200, seed=4)
    with pytest.raises(ParameterError, match="events must be given of BTC-USD, were of ETH-USD"):
        TickCase(crossing(BTC), {"ETH-USD": frame}).dry_run()

    live = PushedStreams(BTC)
    monkeypatch.setattr(live, "offers", lambda feed, _: feed == "book")
    case = TickCase(crossing(BTC), {BTC: frame})
    with pytest.raises(ParameterError, match="pushed has no trades of BTC-USD"):
        case.dry_run(streams={BTC: live})

    both = TickCase(crossing(BTC, "ETH-USD"), {BTC: frame, "ETH-USD": frame})
    mixed = {BTC: replayed(BTC, frame), "ETH-USD": PushedStreams("ETH-USD")}
    with pytest.raises(ParameterError, match="cannot be mixed"):
        both.dry_run(streams=mixed)

    monkeypatch.setattr(IndicatorFactory, "_classes", dict(IndicatorFactory._classes))
    IndicatorFactory.register_indicator("own_for_tests", Own)
    python = crossing(BTC)
    python["indicators"] = [{"name": "ma", "type": "own_for_tests", "parameters": {}}]
    with pytest.raises(ParameterError, match="computed in Python"):
        TickCase(python, {BTC: frame}).dry_run()
