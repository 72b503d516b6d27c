"""Runs on ticks from Python: built-in strategies, classes, configured strategies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from made.books import made_events
from spark_stacker.backtesting.ticks import (
    ConstantLatency,
    FeedLatency,
    GridMaker,
    LogNormalLatency,
    RecordedLatency,
    Schedule,
    TickSettings,
    profit_interval,
    run_configured,
    run_tick_backtest,
)
from spark_stacker.config import parse_settings
from spark_stacker.errors import DataError, ParameterError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from spark_stacker.backtesting.ticks.settings import Latency

MAKER = GridMaker(order_size=0.5, max_position=5.0, levels=3, half_spread_ticks=1.0, interval_ms=20)


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    events = made_events(20_000, seed=4)
    # Ten seconds in all, each event received a millisecond after it happened.
    exchange_ns = events.exchange_ns[0] + 10 * (events.exchange_ns - events.exchange_ns[0])
    return replace(events, exchange_ns=exchange_ns, local_ns=exchange_ns + 1_000_000).frame()


def test_frames_and_statistics_of_a_run_agree(frame: pl.DataFrame) -> None:
    settings = TickSettings(maker_fee=-0.0001, taker_fee=0.0005, initial_balance=1e6)
    result = run_tick_backtest(frame, MAKER, settings, tick_size=0.1)
    fills, statistics = result.fills, result.statistics
    assert statistics["fills"] == fills.height > 10
    assert statistics["maker_share"] == 1.0
    assert statistics["fees"] == pytest.approx(-0.0001 * (fills["price"] * fills["quantity"]).sum())
    sign = pl.Series(np.where(fills["side"] == "buy", 1.0, -1.0))
    cash = -(sign * fills["price"] * fills["quantity"]).sum() - fills["fee"].sum()
    held = (sign * fills["quantity"]).sum()
    # The last middle of the book is the mark at the end.
    value = cash + held * fills_mid(frame)
    assert result.profit == pytest.approx(value, abs=1e-6)
    first = fills.row(0, named=True)
    direction = 1.0 if first["side"] == "buy" else -1.0
    assert first["markout_1s"] == pytest.approx(direction * (first["mid_1s"] / first["price"] - 1.0))
    assert result.events == frame.height
    assert "fills" in repr(result)


def fills_mid(frame: pl.DataFrame) -> float:
    """The middle of the book at the end, kept level by level."""
    levels: dict[int, dict[float, float]] = {1: {}, -1: {}}
    for side, price, size in (
        frame.filter(pl.col("kind") == "depth").select("side", "price", "size").iter_rows()
    ):
        tick = round(price, 1)
        levels[side].pop(tick, None)
        if size > 0:
            levels[side][tick] = size
    return (max(levels[1]) + min(levels[-1])) / 2


def test_events_in_parts_are_one_run(frame: pl.DataFrame) -> None:
    settings = TickSettings(order_latency=ConstantLatency(1_000_000), initial_balance=1e6)
    whole = run_tick_backtest(frame, MAKER, settings, tick_size=0.1)
    parts = run_tick_backtest(
        (frame[i : i + 3_000] for i in range(0, 20_000, 3_000)), MAKER, settings, tick_size=0.1
    )
    assert whole.fills.equals(parts.fills)
    with pytest.raises(DataError, match="tick size of events in parts"):
        run_tick_backtest([frame], MAKER, settings)
    with pytest.raises(ParameterError, match="tapes must be at least one"):
        run_tick_backtest(iter([]), MAKER, settings, tick_size=0.1)


def test_a_part_is_asked_for_when_the_one_before_has_been_played(frame: pl.DataFrame) -> None:
    seen: list[int] = []
    asked_at: list[int] = []

    class Counting:
        def on_trade(self, desk: Any, trade: Any) -> None:
            seen.append(trade.local_ns)

    def parts() -> Any:
        for first in range(0, 20_000, 5_000):
            asked_at.append(len(seen))
            yield frame[first : first + 5_000]

    run_tick_backtest(parts(), Counting(), tick_size=0.1)
    assert asked_at == sorted(asked_at)
    assert 0 < asked_at[1] < asked_at[2] < asked_at[3] < len(seen)


def test_what_is_asked_of_an_order_never_sent_is_an_error(frame: pl.DataFrame) -> None:
    class Asking:
        def on_trade(self, desk: Any, trade: Any) -> None:
            desk.cancel(7)

    with pytest.raises(ParameterError, match="the number of an order that has been sent, was 7"):
        run_tick_backtest(frame, Asking(), tick_size=0.1)


def test_a_profit_is_given_between_two_assumptions_of_the_queue(frame: pl.DataFrame) -> None:
    interval = profit_interval(frame, MAKER, TickSettings(initial_balance=1e6, tick_size=0.1))
    queues = [
        result.settings.queue for result in (interval.conservative, interval.middle, interval.optimistic)
    ]
    assert queues == ["conservative", "proportional", "optimistic"]
    assert min(result.fills.height for result in (interval.conservative, interval.optimistic)) > 100
    assert "(middle)" in str(interval)


@pytest.mark.parametrize(
    "latency",
    [
        ConstantLatency(3_000_000),
        FeedLatency(1.5, 1000),
        LogNormalLatency(2e6, 0.4, 500_000),
        RecordedLatency(np.array([0, 2 * 10**18]), np.array([1_000_000, 4_000_000])),
    ],
)
def test_every_latency_delays_orders_as_it_says(frame: pl.DataFrame, latency: Latency) -> None:
    settings = TickSettings(order_latency=latency, answer_latency=latency, initial_balance=1e6)
    orders = run_tick_backtest(frame, MAKER, settings, tick_size=0.1).orders.filter(
        pl.col("arrived_ns").is_not_null()
    )
    took = orders["arrived_ns"] - orders["decided_ns"]
    assert orders.height > 10
    assert took.min() >= {ConstantLatency: 3_000_000, LogNormalLatency: 500_000}.get(type(latency), 700_000)
    assert took.max() < 20_000_000


def test_a_schedule_executes_its_size(frame: pl.DataFrame) -> None:
    settings = TickSettings(initial_balance=1e7)
    for limit_ticks in (None, 0):
        schedule = Schedule(side="sell", size=6.0, duration_s=0.8, slices=4, limit_ticks=limit_ticks)
        fills = run_tick_backtest(frame, schedule, settings, tick_size=0.1).fills
        assert fills["quantity"].sum() == pytest.approx(6.0)
        assert fills["side"].unique().to_list() == ["sell"]


class Watcher:
    """Buys at its second bar and notes what it is told."""

    timer_interval_ns = 100_000_000
    bar_interval = "1s"
    depth_levels = 2

    def __init__(self) -> None:
        self.started = 0
        self.trades: list[tuple[int, float]] = []
        self.books = 0
        self.bars: list[Any] = []
        self.timers = 0
        self.fills: list[tuple[int, float]] = []
        self.sent: list[int] = []

    def on_start(self, first_ns: int) -> None:
        self.started = first_ns

    def on_trade(self, desk: Any, trade: Any) -> None:
        assert trade.local_ns == desk.now_ns
        self.trades.append((trade.local_ns, trade.price))

    def on_book(self, desk: Any) -> None:
        self.books += 1
        if desk.bid is not None and desk.ask is not None:
            assert desk.bids[0][0] == desk.bid < desk.ask == desk.asks[0][0]
            assert desk.bid < desk.mid < desk.ask
            assert desk.bid_size > 0 < desk.ask_size

    def on_bar(self, desk: Any, bar: Any) -> None:
        self.bars.append((bar.open_time_ns, bar.open, bar.high, bar.low, bar.close, bar.volume))
        if len(self.bars) == 1:
            self.sent = [
                desk.market("buy", 1.0),
                desk.limit("sell", 1.0, round(desk.bid + 50, 1), post_only=True),
                desk.stop("sell", 1.0, round(desk.bid - 90, 1)),
                desk.limit("buy", 1.0, round(desk.bid - 60, 1)),
            ]

    def on_timer(self, desk: Any) -> None:
        self.timers += 1
        if self.timers == 11:
            assert {row[0] for row in desk.orders()} == set(self.sent[1:])
            desk.cancel(self.sent[1])
            desk.replace(self.sent[3], 0.5, round(desk.bid - 70, 1))

    def on_fill(self, desk: Any, fill: Any) -> None:
        self.fills.append((fill.order, fill.quantity))
        assert (fill.side, fill.liquidity) == ("buy", "taker")
        assert desk.position > 0
        assert fill.price > 0
        assert fill.exchange_ns <= desk.now_ns


def test_a_class_is_told_what_happens_and_its_orders_are_sent(frame: pl.DataFrame) -> None:
    watcher = Watcher()
    settings = TickSettings(order_latency=ConstantLatency(1_000_000), initial_balance=1e6)
    result = run_tick_backtest(frame, watcher, settings, tick_size=0.1)
    trades = frame.filter(pl.col("kind") == "trade")
    assert watcher.started == frame["exchange_ns"][0]
    assert len(watcher.trades) == trades.height
    assert watcher.books == frame.height - trades.height
    assert sum(quantity for _, quantity in watcher.fills) == 1.0
    states = dict(result.orders.select("order", "state").iter_rows())
    assert states[watcher.sent[0]] == "filled"
    assert states[watcher.sent[1]] == "cancelled"
    received = trades.with_columns(second=pl.col("local_ns") // 10**9)
    first = received.filter(pl.col("second") == received["second"][0])
    bar = watcher.bars[0]
    assert bar[1] == pytest.approx(first["price"][0])
    assert bar[2:5] == pytest.approx((first["price"].max(), first["price"].min(), first["price"][-1]))
    assert bar[5] == pytest.approx(first["size"].sum())


def raising(desk: Any, trade: Any) -> None:
    raise KeyError("mine")


@pytest.mark.parametrize(
    ("strategy", "error", "expected"),
    [
        (object, StrategyError, "has none of on_trade"),
        (
            type("Own", (), {"on_trade": staticmethod(raising)}),
            StrategyError,
            "Own: KeyError: 'mine'",
        ),
        (type("Own", (), {"on_timer": staticmethod(print)}), ParameterError, "timer_interval_ns"),
        (type("Own", (), {"on_bar": staticmethod(print)}), ParameterError, "bar_interval"),
        (lambda: GridMaker(order_size=0.0, max_position=1.0), ParameterError, "order_size"),
        (lambda: GridMaker(order_size=1.0, max_position=1.0, interval_ms=0), ParameterError, "interval_ns"),
        (lambda: Schedule(side="up", size=1.0, duration_s=1.0), ParameterError, "unknown side"),
        (lambda: Schedule(side="buy", size=1.0, duration_s=1.0, slices=0), ParameterError, "slices"),
        (lambda: Schedule(side="buy", size=1.0, duration_s=1.0, weights=(0.0,)), ParameterError, "weights"),
    ],
)
def test_a_strategy_that_cannot_run_is_told_why(
    frame: pl.DataFrame, strategy: Callable[[], object], error: type[Exception], expected: str
) -> None:
    with pytest.raises(error, match=expected):
        run_tick_backtest(frame, strategy(), tick_size=0.1)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (TickSettings(queue="guess"), "unknown queue model"),
        (TickSettings(queue_power=0.0), "queue.power"),
        (TickSettings(order_latency=ConstantLatency(-1)), "order.latency.ns"),
        (TickSettings(leverage=0.5), "leverage"),
        (TickSettings(record_interval_ns=0), "record_interval_ns"),
        (TickSettings(feed_latency_ns=-5), "feed_latency_ns"),
        (TickSettings(taker_fee=-0.1), "taker_fee_rate"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    frame: pl.DataFrame, settings: TickSettings, expected: str
) -> None:
    with pytest.raises(ParameterError, match=expected):
        run_tick_backtest(frame, MAKER, settings, tick_size=0.1)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: GridMaker(order_size="x", max_position=1.0), "GridMaker: order_size must be a number"),
        (lambda: GridMaker(order_size=1.0, max_position=1.0, levels=2.5), "levels must be a whole number"),
        (lambda: GridMaker(order_size=True, max_position=1.0), "order_size must be a number, was True"),
        (lambda: Schedule(side="buy", size=1.0, duration_s=9, sweep=1), "sweep must be true or false, was 1"),
        (lambda: Schedule(side=3, size=1.0, duration_s=9), "Schedule: side must be text, was 3"),
        (lambda: Schedule(side="buy", size=1.0, duration_s=9, weights=("a",)), "weights must be numbers"),
        (lambda: TickSettings(maker_fee="low"), "TickSettings: maker_fee must be a number, was 'low'"),
        (lambda: TickSettings(feed_latency_ns=0.5), "whole number or nothing, was 0.5"),
        (lambda: ConstantLatency(1.5), "ConstantLatency: ns must be a whole number, was 1.5"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_named(make: Callable[[], object], expected: str) -> None:
    with pytest.raises(ParameterError, match=expected):
        make()


def test_events_that_cannot_be_played_are_refused(frame: pl.DataFrame) -> None:
    with pytest.raises(DataError, match="no events"):
        run_tick_backtest(frame[:0], MAKER, tick_size=0.1)
    with pytest.raises(DataError, match="no column 'side'"):
        run_tick_backtest(frame.drop("side"), MAKER, tick_size=0.1)
    with pytest.raises(DataError, match="column price, row 0"):
        run_tick_backtest(frame, MAKER, tick_size=0.7)


def test_configured_strategies_run_on_ticks_unchanged(frame: pl.DataFrame) -> None:
    settings = parse_settings(
        {
            "initial_balance": 100_000,
            "indicators": [
                {
                    "name": "ma",
                    "type": "ma",
                    "timeframe": "1s",
                    "parameters": {"fast_period": 2, "slow_period": 4},
                }
            ],
            "strategies": [
                {
                    "name": "cross",
                    "market": "BTC-USD",
                    "timeframe": "1s",
                    "indicators": ["ma"],
                    "sizing": {"method": "percent_equity", "equity_pct": 50},
                }
            ],
        },
        source="test",
    )
    slow = frame.with_columns(
        exchange_ns=pl.col("exchange_ns").min() + (pl.col("exchange_ns") - pl.col("exchange_ns").min()) * 60,
    ).with_columns(local_ns=pl.col("exchange_ns") + 1_000_000)
    result = run_configured(
        settings, {"BTC-USD": slow}, TickSettings(order_latency=ConstantLatency(5_000_000))
    )
    trades = slow.filter(pl.col("kind") == "trade")
    bars = result.markets[0].candles
    assert bars["volume"].sum() <= trades["size"].sum()
    assert result.fills.height > 0
    decided = (
        result.orders["submitted"] if "submitted" in result.orders.columns else result.orders["submitted_ns"]
    )
    assert len(decided) > 0
    assert result.metrics["fees_paid"] is not None
    with pytest.raises(ParameterError, match="events must be given of BTC-USD"):
        run_configured(settings, {"ETH-USD": slow})
    with pytest.raises(DataError, match="no trades among the events"):
        run_configured(settings, {"BTC-USD": slow.filter(pl.col("kind") == "depth")})
