"""What an earlier backtester with this mission got wrong, each as the behaviour that is right."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from made.candles import MINUTE_NS, bars_of, path, random_bars
from made.orders import send
from made.outside import given
from made.plans import Plan, indicator, plan, run, strategy
from spark_stacker import _core
from spark_stacker.backtesting import BacktestEngine
from spark_stacker.data import DataManager, FrameDataSource, synthesise
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_stacker.backtesting import SimulationEngine

YEAR = (datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
OUTSIDE = indicator(None, "1m")


def follow(
    *prices: float, signals: dict[int, int], settings: Mapping[str, object] | None = None, **changes: Any
) -> _core.Run:
    """A strategy led by signals from outside, over candles through these closes."""
    plan_of = plan("1m", strategy("1m", OUTSIDE, **settings or {}), **changes)
    return run(plan_of, bars_of(path(*prices)), signals=given(len(prices), signals))


def by_hand(instrument: Plan | None = None, **venue: object) -> _core.Simulation:
    return _core.Simulation(_core.Portfolio(plan("1m", instrument=instrument, **venue)))


def feed(simulation: _core.Simulation, *prices: float) -> None:
    for candle in path(*prices):
        simulation.on_bar(candle[0] + (simulation.now_ns or 0), *candle[1:])


def test_a_year_asked_is_a_year_tested() -> None:
    """It used the last 1,000 candles of whatever it was given."""
    made = synthesise("choppy", interval="1h", bars=24 * 400, seed=3, start="2022-12-20")
    manager = DataManager()
    manager.register_source("made", FrameDataSource({(made.symbol, "1h"): made.frame}))
    seen: list[int] = []

    def count(data: _core.MarketView, simulation: SimulationEngine, params: Mapping[str, object]) -> None:
        seen.append(len(data))

    result = BacktestEngine(manager).run_backtest(count, made.symbol, "1h", *YEAR)

    assert len(seen) == len(result.equity_curve) == 365 * 24
    assert result.equity_curve["timestamp"][0] == YEAR[0]


def test_trades_carry_their_profit_so_that_win_rates_mean_something() -> None:
    ours = follow(
        100, 100, 110, 110, 110, 99, 99, signals={0: 1, 2: -1, 3: 1, 5: -1}, settings={"side": "long"}
    )

    assert ours.trades()["profit"].tolist() == pytest.approx([1_000.0, -1_100.0])
    metrics = ours.metrics()
    assert metrics["win_rate"] == 0.5
    assert metrics["net_profit"] == pytest.approx(-100.0)


def test_the_return_is_in_quote_currency() -> None:
    """It added units of ETH to dollars."""
    sizing = {"method": "fixed_units", "units": 2.0}
    ours = follow(1_000, 1_000, 1_500, signals={0: 1}, settings={"sizing": sizing})

    assert ours.open_positions()["quantity"].tolist() == [2.0]
    assert ours.equity[-1] == 10_000.0 + 2.0 * 500.0
    assert ours.metrics()["total_return"] == pytest.approx(0.1)


def test_an_unlevered_long_counts_its_profit_once() -> None:
    ours = follow(100, 100, 110, 110, 110, signals={0: 1, 2: -1}, settings={"side": "long"})

    assert ours.equity.tolist() == pytest.approx([10_000, 10_000, 11_000, 11_000, 11_000])


def test_a_short_without_the_asset_prints_no_cash() -> None:
    ours = follow(100, 100, 100, 100, signals={0: -1}, settings={"side": "short"})

    assert ours.open_positions()["side"] == ["short"]
    assert ours.equity.tolist() == [10_000.0] * 4


def test_spot_sells_nothing_that_is_not_owned() -> None:
    spot = {"market_type": "spot", "tick_size": None, "lot_size": None, "min_quantity": None}
    simulation = by_hand(spot | {"min_notional": None, "margin_tiers": []})
    feed(simulation, 100.0)
    order = send(simulation, "sell", "market", 1.0)
    feed(simulation, 100.0)

    assert simulation.order_state(order) == ("rejected", "short_on_spot")
    assert simulation.equity == 10_000.0


def test_a_million_on_ten_thousand_is_refused() -> None:
    simulation = by_hand()
    feed(simulation, 100.0)
    orders = [send(simulation, "buy", "market", 1e6, "quote"), send(simulation, "buy", "market", 1e4)]
    feed(simulation, 100.0)

    assert [simulation.order_state(order) for order in orders] == [("rejected", "insufficient_margin")] * 2
    assert simulation.quantity == 0.0


def test_liquidation_costs_the_margin_and_is_a_fill_with_its_fee() -> None:
    tiers = [{"min_notional": 0.0, "maintenance_rate": 0.005, "deduction": 0.0, "max_leverage": 50.0}]
    margined = {"market_type": "margin", "tick_size": None, "lot_size": None, "min_quantity": None}
    simulation = by_hand(margined | {"min_notional": None, "margin_tiers": tiers}, liquidation_fee_rate=0.001)
    feed(simulation, 100.0)
    send(simulation, "buy", "market", 200.0, leverage=20.0)  # notional 20,000 on a margin of 1,000
    feed(simulation, 100.0, 90.0)

    # (200 · 100 − 1,000) / (200 · (1 − 0.005)) = 95.477…
    fills = simulation.fills()
    assert fills["purpose"][-1] == "liquidation"
    assert fills["price"][-1] == pytest.approx(19_000 / 199.0)
    assert fills["fee"][-1] == pytest.approx(200 * 19_000 / 199.0 * 0.001)
    assert simulation.equity == pytest.approx(10_000 - 200 * (100 - 19_000 / 199.0) - fills["fee"][-1])


@pytest.mark.parametrize(("side", "price"), [("buy", 95.0), ("sell", 105.0)])
def test_at_twenty_times_the_liquidation_price_is_five_percent_away(side: str, price: float) -> None:
    simulation = by_hand()
    feed(simulation, 100.0)
    send(simulation, side, "market", 10.0, leverage=20.0)
    feed(simulation, 100.0)

    assert simulation.open_positions()["liquidation_price"] == [pytest.approx(price)]


def test_the_sharpe_ratio_scales_with_the_interval() -> None:
    """It multiplied returns of any bar by √365."""
    equity = 10_000.0 * np.cumprod(1.0 + np.random.default_rng(5).normal(1e-4, 1e-3, 500))

    def sharpe(interval: str) -> float:
        interval_ns = _core.interval_ns(interval)
        values, _ = _core.curve_metrics(
            np.arange(500, dtype=np.int64) * interval_ns,
            equity,
            initial_balance=10_000.0,
            interval_ns=interval_ns,
            benchmark=None,
            risk_free_rate=0.0,
        )
        assert values["sharpe_ratio"] is not None
        return values["sharpe_ratio"]

    returns = np.diff(np.concatenate([[10_000.0], equity])) / np.concatenate([[10_000.0], equity[:-1]])
    per_bar = returns.mean() / returns.std(ddof=1)
    assert sharpe("1d") == pytest.approx(per_bar * 365**0.5)
    assert sharpe("1h") == pytest.approx(per_bar * (365 * 24) ** 0.5)
    assert sharpe("5m") == pytest.approx(per_bar * (365 * 24 * 12) ** 0.5)


def test_market_orders_fill_at_the_next_open() -> None:
    """It filled them at the open of the bar whose close they had seen."""
    candles = random_bars(bars=3, seed=2)
    signals = given(3, {1: 1})

    fills = run(plan("1m", strategy("1m", OUTSIDE)), bars_of(candles), signals=signals).fills()

    assert fills["time_ns"].tolist() == [2 * MINUTE_NS]
    assert fills["price"].tolist() == [candles[2][1]]


def test_what_is_decided_on_the_last_bar_is_reported_and_not_filled() -> None:
    ours = follow(100, 100, 100, signals={2: 1})

    assert ours.orders()["state"] == ["open"]
    assert len(ours.fills()["price"]) == 0


def test_slippage_is_reproduced_by_its_seed() -> None:
    def prices(seed: int) -> list[float]:
        ours = follow(
            *range(100, 120),
            signals={0: 1, 3: -1, 6: 1, 9: -1},
            slippage={"model": "random", "max_bps": 50.0},
            seed=seed,
        )
        return list(ours.fills()["price"])

    assert prices(1) == prices(1)
    assert prices(1) != prices(2)
    assert len(set(prices(1))) > 2


@pytest.mark.parametrize("kind", ["adaptive_supertrend", "adaptive_trend_finder"])
def test_no_signal_is_painted_later(kind: str) -> None:
    """Signals of two indicators changed on 8 of 20 bars once later bars were known."""
    bars = bars_of(random_bars(bars=800, seed=11))
    made = _core.Indicator(kind, {})
    rows, directions, confidences = made.signals(bars)
    assert len(rows) > 5

    for length in range(300, 800, 50):
        earlier = made.signals(bars.slice(0, length))
        known = rows < length
        np.testing.assert_array_equal(earlier[0], rows[known])
        np.testing.assert_array_equal(earlier[1], directions[known])
        np.testing.assert_array_equal(earlier[2], confidences[known])


@pytest.mark.parametrize(("kind", "parameters"), [("ma", {}), ("adaptive_supertrend", {}), ("macd", {})])
def test_a_trend_strategy_holds_longs_while_prices_rise(kind: str, parameters: dict[str, object]) -> None:
    """Its test of the trend was inverted."""
    falls, rises = np.linspace(200, 100, 150), np.linspace(100, 300, 150)
    bars = bars_of(path(*falls.tolist(), *rises.tolist()))

    ours = run(plan("1m", strategy("1m", indicator(kind, "1m", **parameters))), bars)

    held = ours.open_positions()
    assert held["side"] == ["long"]
    assert held["unrealised_profit"][0] > 5_000.0


def test_an_unknown_parameter_is_an_error_with_a_suggestion() -> None:
    """They were ignored, and the shipped configuration used wrong ones."""
    with pytest.raises(ParameterError, match=r"fast_perod.*fast_period"):
        _core.Portfolio(plan("1m", strategy("1m", indicator("ma", "1m", fast_perod=5))))
