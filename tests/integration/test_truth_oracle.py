"""Backtests equal a slow, plain-Python backtester on real candles: fills, profits, equity of every bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from made.plans import Plan, indicator, plan, run, strategy
from oracles import market_orders
from oracles.signals import cross_signals, zone_signals
from spark_stacker.data.candles import to_bars

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from spark_stacker import _core

FEE_RATE = 0.0005
RELATIVE = 1e-9
CROSS = {"fast_period": 10, "slow_period": 30}
ZONES = {"period": 14, "oversold": 30.0, "overbought": 70.0}

Signals = tuple[str, dict[str, float], "Callable[[list[float]], list[int]]"]
CROSSING: Signals = ("ma", CROSS, lambda closes: cross_signals(closes, 10, 30))
REVERTING: Signals = ("rsi", ZONES, lambda closes: zone_signals(closes, 14, 30.0, 70.0))

# A short of the daily bitcoin candles held through 2017 is liquidated, which the oracle does not simulate.
CASES = [
    *(
        (name, interval, rule, side)
        for name, interval in (
            ("ft_spot_eth_btc_5m", "5m"),
            ("ft_spot_ada_btc_5m", "5m"),
            ("ft_perp_xrp_usdt_5m", "5m"),
            ("nt_btc_perp_1m", "1m"),
        )
        for rule in (CROSSING, REVERTING)
        for side in ("long", "both")
    ),
    ("lean_coinbase_btcusd_1d_trade", "1d", CROSSING, "both"),
    ("lean_coinbase_btcusd_1d_trade", "1d", REVERTING, "long"),
]


def truth(
    candles: pl.DataFrame, interval: str, rule: Signals, side: str
) -> tuple[market_orders.Outcome, _core.Run, _core.Bars]:
    kind, parameters, signals_of = rule
    settings: Plan = plan(
        interval,
        strategy(interval, indicator(kind, interval, **parameters), side=side),
        taker_fee_rate=FEE_RATE,
    )
    bars = to_bars(candles, interval)
    opens, closes = candles["open"].to_list(), candles["close"].to_list()
    expected = market_orders.run(
        opens, closes, signals_of(closes), balance=10_000.0, fee_rate=FEE_RATE, short=side == "both"
    )
    return expected, run(settings, bars), bars


@pytest.mark.parametrize(
    ("name", "interval", "rule", "side"),
    CASES,
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_equity_and_fills_equal_the_oracle(
    candles: Callable[[str], pl.DataFrame], name: str, interval: str, rule: Signals, side: str
) -> None:
    expected, ours, bars = truth(candles(name), interval, rule, side)

    assert len(expected.fills) > 10
    np.testing.assert_allclose(ours.equity, expected.equity, rtol=RELATIVE)
    fills = ours.fills()
    rows, sides, quantities, prices, fees = zip(*expected.fills, strict=True)
    assert fills["time_ns"].tolist() == bars.open_time_ns[list(rows)].tolist()
    assert fills["side"] == list(sides)
    np.testing.assert_allclose(fills["quantity"], quantities, rtol=RELATIVE)
    np.testing.assert_array_equal(fills["price"], prices)
    np.testing.assert_allclose(fills["fee"], fees, rtol=RELATIVE)


@pytest.mark.parametrize("side", ["long", "both"])
def test_trade_profits_equal_the_oracle_and_add_up(candles: Callable[[str], pl.DataFrame], side: str) -> None:
    expected, ours, _ = truth(candles("ft_spot_eth_btc_5m"), "5m", CROSSING, side)

    profits = ours.trades()["profit"]
    np.testing.assert_allclose(profits, expected.profits, rtol=RELATIVE, atol=RELATIVE)
    held = ours.open_positions()
    unsettled = sum(held["unrealised_profit"]) - (ours.fills()["fee"][-1] if len(held["side"]) else 0.0)
    assert sum(profits) + unsettled == pytest.approx(ours.equity[-1] - 10_000.0, rel=RELATIVE)


def test_rows_before_the_start_feed_the_indicators_only(candles: Callable[[str], pl.DataFrame]) -> None:
    """Started later, the run is the oracle's over the later bars with the signals of all of them."""
    frame, start = candles("ft_spot_eth_btc_5m"), 2_000
    closes = frame["close"].to_list()
    signals = cross_signals(closes, 10, 30)[start:]
    expected = market_orders.run(
        frame["open"].to_list()[start:],
        closes[start:],
        signals,
        balance=10_000.0,
        fee_rate=FEE_RATE,
        short=True,
    )
    settings = plan("5m", strategy("5m", indicator("ma", "5m", **CROSS)), taker_fee_rate=FEE_RATE)

    ours = run(settings, to_bars(frame, "5m"), start=start)

    assert len(ours.equity) == len(frame) - start
    np.testing.assert_allclose(ours.equity, expected.equity, rtol=RELATIVE)
