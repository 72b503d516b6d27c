"""A dry run over trades and books as they come and the backtest over the same events: the same orders, fills
and equity to the last bit, however the stream is cut.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made.tick_runs import SLOW, TickCase, assert_same_ticks, crossing, overtaking, replayed, stretched
from spark_stacker.backtesting.ticks import TickSettings, run_configured
from spark_stacker.connectors.replay import ReplayMarket
from spark_stacker.data.events import import_events
from spark_stacker.errors import RetryableError
from spark_stacker.trading.event_sources import event_files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from spark_stacker.data.market_messages import MarketMessage
    from spark_stacker.trading.tick_session import TickPaperSession

BTC, ETH = "BTC-USD", "ETH-USD"
EXITS = {"stop_loss_pct": 0.02, "take_profit_pct": 0.03}


@pytest.fixture(scope="module")
def case() -> TickCase:
    """Two markets, whose messages overtake one another and have gaps."""
    frames = {symbol: overtaking(6_000, seed=seed) for seed, symbol in enumerate((BTC, ETH), start=3)}
    return TickCase(crossing(BTC, ETH, **EXITS), frames)


@pytest.fixture(scope="module")
def rows(case: TickCase) -> np.ndarray[Any, Any]:
    return case.rows()


def test_a_dry_run_equals_the_backtest_to_the_bit(case: TickCase) -> None:
    run = case.backtest()
    assert len(run.fills(0)["order"]) >= 30, "a parity of nothing proves nothing"
    assert run.gaps(0) == run.gaps(1) == 3
    for frame in case.events.values():
        assert (frame["exchange_ns"] < frame["exchange_ns"].cum_max()).sum() > 1_000
    assert_same_ticks(case.dry_run().engine, run)


@pytest.mark.parametrize("queue", ["optimistic", "proportional", "fifo"])
def test_every_model_of_the_queue_is_as_in_the_backtest(case: TickCase, queue: str) -> None:
    other = TickCase(case.configuration, case.events, ticks=SLOW.with_queue(queue))
    assert_same_ticks(other.dry_run().engine, other.backtest())


def test_a_dry_run_in_pieces_equals_the_backtest(case: TickCase, tmp_path: Path) -> None:
    case.dry_run(state=tmp_path, max_bars=13)
    case.dry_run(state=tmp_path, max_bars=1)
    assert_same_ticks(case.dry_run(state=tmp_path).engine, case.backtest())


@settings(max_examples=8, deadline=None)
@given(share=st.floats(0.0, 1.0), bars=st.integers(1, 25))
def test_a_kill_leaves_any_beginning_of_the_events_and_the_end_is_the_same(
    case: TickCase, tmp_path_factory: pytest.TempPathFactory, share: float, bars: int
) -> None:
    state = tmp_path_factory.mktemp("state")
    case.dry_run(state=state, max_bars=bars)
    kept = (state / "events.rows").read_bytes()
    (state / "events.rows").write_bytes(kept[: round(len(kept) * share)])
    assert_same_ticks(case.dry_run(state=state).engine, case.backtest())


def cut(case: TickCase, rows: np.ndarray[Any, Any], ends: Sequence[int], waits: Sequence[bool]) -> Any:
    """Feed rows in pieces that end at ``ends``; where it ``waits`` the clock goes on to the next row."""
    session, start = case.session(), 0
    for end, wait in zip([*ends, len(rows)], [*waits, False], strict=True):
        if end > start:
            session.receive(rows[start:end])
            play(session.elapse(int(rows["local_ns"][end if wait else end - 1])))
        start = end
    play(session.finish())
    return session.engine


def play(events: Iterator[object]) -> None:
    for _ in events:
        pass


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_it_does_not_matter_how_the_stream_is_cut(
    case: TickCase, rows: np.ndarray[Any, Any], data: st.DataObject
) -> None:
    ends = sorted(data.draw(st.lists(st.integers(1, len(rows) - 1), max_size=60)))
    waits = data.draw(st.lists(st.booleans(), min_size=len(ends), max_size=len(ends)))
    assert_same_ticks(cut(case, rows, ends, waits), case.backtest())


def test_one_event_at_a_time_by_bar_and_at_once_are_the_same(
    case: TickCase, rows: np.ndarray[Any, Any]
) -> None:
    every = range(1, len(rows))
    bars = np.flatnonzero(np.diff(rows["local_ns"] // 1_000_000_000)) + 1
    run = case.backtest()
    for ends in (every, bars.tolist(), []):
        assert_same_ticks(cut(case, rows, ends, [False] * len(ends)), run)
        assert_same_ticks(cut(case, rows, ends, [True] * len(ends)), run)


def test_what_comes_too_late_counts_as_having_happened_so_long_before(case: TickCase) -> None:
    impatient = TickCase(dict(case.configuration) | {"live": {"events_late_after": 0.4}}, case.events)
    assert impatient.dry_run().engine.equity != case.backtest().equity
    known = {
        symbol: frame.with_columns(
            exchange_ns=pl.max_horizontal("exchange_ns", pl.col("local_ns") - 400_000_000)
        )
        for symbol, frame in case.events.items()
    }
    assert_same_ticks(impatient.dry_run().engine, TickCase(case.configuration, known).backtest())


class Stuttering(ReplayMarket):
    """A recording whose messages come in bursts, and whose connection fails now and then."""

    failures = 0

    async def resume_market(
        self, symbol: str, feeds: Sequence[str], *, taken: int
    ) -> AsyncIterator[MarketMessage]:
        place = taken
        async for message in super().resume_market(symbol, feeds, taken=taken):
            if place % 97 == 0:
                await asyncio.sleep(0)
            if place % 1_500 == 1_499 and self.failures < 3:
                self.failures += 1
                raise RetryableError("the connection was lost")
            yield message
            place += 1


def test_a_recording_that_fails_and_is_opened_again_misses_nothing(
    case: TickCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spark_stacker.trading.retry.BackOff.next_s", lambda _: 0.0)
    streams = {symbol: replayed(symbol, frame, Stuttering) for symbol, frame in case.events.items()}
    assert_same_ticks(case.dry_run(streams=streams).engine, case.backtest())
    assert all(stream.failures for stream in streams.values())


def test_recorded_binance_events_are_as_in_the_backtest(fixtures_dir: Path) -> None:
    files = [
        fixtures_dir / "data" / f"hb_binance_usdm_btcusdt_20240808_{feed}.parquet"
        for feed in ("l2", "trades")
    ]
    imported = import_events(files, correct_clock=True)
    steps = {"BTC-USDT": imported.steps.tick_size}
    live = TickCase(crossing("BTC-USDT"), {"BTC-USDT": imported.frame}, tick_sizes=steps)
    recorded = event_files("BTC-USDT", files, correct_clock=True)
    session: TickPaperSession = live.dry_run(streams={"BTC-USDT": recorded.market.streams})
    run = live.backtest()
    assert len(run.fills(0)["order"]) > 50
    assert_same_ticks(session.engine, run)

    result = run_configured(live.settings, {"BTC-USDT": imported}, SLOW)
    assert result.fills["price"].to_list() == run.fills(0)["price"].tolist()
    assert result.equity_curve["equity"].to_list() == run.equity_curve().tolist()


def test_calm_events_without_latency_are_as_in_the_backtest() -> None:
    frame = overtaking(4_000, seed=9, longest_ns=8)
    calm = TickCase(crossing(BTC), {BTC: stretched(frame, times=1, latency_ns=0)}, ticks=TickSettings())
    assert_same_ticks(calm.dry_run().engine, calm.backtest())
