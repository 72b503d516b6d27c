from __future__ import annotations

import socket
import urllib.request
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from made.minutes import minute
from spark_stacker.errors import ParameterError
from spark_stacker.metrics import MetricsObserver, TradingMetrics, metrics, serve_metrics
from spark_stacker.trading.events import (
    BarLate,
    BarsMissing,
    BarsProcessed,
    CallFailed,
    CallMade,
    EntryRefused,
    EventsLate,
    EventsMissing,
    Fill,
    OrderRefused,
    OrderSent,
    SessionStarted,
    SessionStopped,
    StateRestored,
    TradeClosed,
)
from spark_stacker.trading.portfolio import OpenPosition, PortfolioView

POSITION = OpenPosition(
    market="ETH-USD",
    strategy="s",
    leg="main",
    side="short",
    quantity=2.0,
    entry_price=100.0,
    mark_price=95.0,
    unrealised_profit=10.0,
    liquidation_price=None,
    stop_price=None,
    target_price=None,
)
HELD = PortfolioView(equity=1010.0, cash=1000.0, positions=(POSITION,))
FLAT = PortfolioView(equity=990.0, cash=990.0)
TRADE = TradeClosed(
    strategy="s",
    market="ETH-USD",
    side="long",
    account=0,
    quantity=1.0,
    entry_price=1.0,
    exit_price=2.0,
    profit=20.0,
    exit_purpose="take_profit",
    exit_time_ns=minute(1),
)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def observe(registry: CollectorRegistry) -> MetricsObserver:
    return MetricsObserver(
        TradingMetrics(registry),
        exchanges={"ETH-USD": "replay"},
        initial_balance=1000.0,
        stopwatch_s=lambda: 5.0,
    )


def test_the_guide_s_metrics_have_its_names_and_labels() -> None:
    assert [(m._name, m._labelnames) for m in (metrics.trades_total, metrics.active_positions)] == [
        ("spark_stacker_trades", ("result", "exchange", "side")),
        ("spark_stacker_active_positions", ("exchange", "market", "side")),
    ]
    assert [(m._name, m._labelnames) for m in (metrics.api_latency_seconds, metrics.pnl_percent)] == [
        ("spark_stacker_api_latency_seconds", ("exchange", "endpoint")),
        ("spark_stacker_pnl_percent", ("strategy", "position_type")),
    ]


def test_a_closed_trade_counts_by_its_result(registry: CollectorRegistry, observe: MetricsObserver) -> None:
    observe(TRADE)
    observe(replace(TRADE, profit=-1.0, side="short"))
    labels = {"exchange": "replay", "side": "long", "result": "win"}
    assert registry.get_sample_value("spark_stacker_trades_total", labels) == 1
    assert (
        registry.get_sample_value("spark_stacker_trades_total", labels | {"result": "loss", "side": "short"})
        == 1
    )


def test_positions_equity_and_profit_follow_the_portfolio(
    registry: CollectorRegistry, observe: MetricsObserver
) -> None:
    place = {"exchange": "replay", "market": "ETH-USD"}

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"spark_stacker_{name}", labels)

    observe(TRADE)
    observe(BarsProcessed(open_time_ns=minute(2), closes={"ETH-USD": 95.0}, portfolio=HELD))
    assert value("active_positions", **place, side="short") == 1
    assert value("position_quantity", **place, position_type="main") == -2.0
    assert value("equity") == 1010.0
    assert value("pnl_percent", strategy="s", position_type="main") == pytest.approx(3.0)
    assert value("last_bar_open_timestamp_seconds", **place) == minute(2) / 1e9
    assert value("bars_total", **place) == 1
    observe(SessionStopped(reason="asked", portfolio=FLAT))
    assert value("active_positions", **place, side="short") == 0
    assert value("position_quantity", **place, position_type="main") == 0
    assert value("pnl_percent", strategy="s", position_type="main") == pytest.approx(2.0)


def test_everything_else_is_counted(registry: CollectorRegistry, observe: MetricsObserver) -> None:
    order = {"strategy": "s", "market": "ETH-USD", "side": "buy", "purpose": "entry"}
    observe(SessionStarted(exchange="replay", markets=("ETH-USD",), source="x"))
    observe(StateRestored(bar_groups=3, last_open_time_ns=1, portfolio=HELD, trades=(TRADE,)))
    observe(BarLate(market="ETH-USD", open_time_ns=1))
    observe(BarsMissing(market="ETH-USD", open_time_ns=1, bars=7))
    observe(EventsMissing(market="ETH-USD", time_ns=1))
    observe(EventsLate(market="ETH-USD", time_ns=1, messages=9))
    observe(CallMade(exchange="replay", endpoint="candles", seconds=0.2))
    observe(CallFailed(exchange="replay", endpoint="candles", error="x", retry_in_s=1.0))
    observe(OrderSent(order=1, account=0, kind="market", **order))
    observe(OrderRefused(reason="below_lot", **order))
    observe(
        EntryRefused(strategy="s", market="ETH-USD", direction="buy", rule="max_exposure", limit=1, value=2)
    )
    observe(
        Fill(
            order=1,
            account=0,
            strategy="s",
            market="ETH-USD",
            side="buy",
            quantity=1.0,
            price=1.0,
            fee=0.5,
            liquidity="taker",
            purpose="entry",
            time_ns=1,
        )
    )
    text = generate_latest(registry).decode()
    for line in (
        'spark_stacker_bar_problems_total{exchange="replay",market="ETH-USD",problem="late"} 1.0',
        'spark_stacker_bar_problems_total{exchange="replay",market="ETH-USD",problem="missing"} 7.0',
        'spark_stacker_event_problems_total{exchange="replay",market="ETH-USD",problem="gap"} 1.0',
        'spark_stacker_event_problems_total{exchange="replay",market="ETH-USD",problem="late"} 9.0',
        'spark_stacker_api_latency_seconds_count{endpoint="candles",exchange="replay"} 1.0',
        'spark_stacker_api_errors_total{endpoint="candles",exchange="replay"} 1.0',
        'spark_stacker_orders_total{exchange="replay",market="ETH-USD",side="buy"} 1.0',
        'spark_stacker_orders_refused_total{exchange="replay",market="ETH-USD",reason="below_lot"} 1.0',
        'spark_stacker_orders_refused_total{exchange="replay",market="ETH-USD",reason="max_exposure"} 1.0',
        'spark_stacker_fees_paid_total{exchange="replay"} 0.5',
        'spark_stacker_up{mode="dry_run"} 1.0',
        "spark_stacker_uptime_seconds 0.0",
        'spark_stacker_pnl_percent{position_type="main",strategy="s"} 3.0',
    ):
        assert line in text


def test_the_page_is_served_and_gone_afterwards(
    registry: CollectorRegistry, observe: MetricsObserver
) -> None:
    observe(TRADE)
    with serve_metrics(registry, port=0) as port:
        url = f"http://127.0.0.1:{port}/metrics"
        assert b"spark_stacker_trades_total" in urllib.request.urlopen(url, timeout=5).read()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_a_port_in_use_is_refused_with_a_clear_message(registry: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ParameterError, match=f"127.0.0.1:{port}.*choose another port"),
            serve_metrics(registry, port=port),
        ):
            pass
