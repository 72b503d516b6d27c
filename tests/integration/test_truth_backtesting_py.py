"""Trades equal those of backtesting.py on the same signals.

What had to be brought together, and why:

- It knows whole units only (``size`` of 1 or more), so sizes are a fixed number of units, or rounded down
  to a lot of 1.
- ``trade_on_close=False`` is its default and our only rule: an order decided at a close fills at the next
  open.
- ``commission`` is a fraction of the notional, charged on entry and on exit, as our taker fee is. It counts
  the entry's share into ``PnL`` only when the trade closes; ours does too, since a trade is a round trip.
- A relative size (below 1) is cut from the cash at the fill, ours from the equity at the decision. When
  flat both are the same number; in a reversal they differ, so reversals use fixed units.
- A trade still open at the end stays open (``finalize_trades=False``) and is left out of its list, as of
  ours.
- Its first call of ``next`` is on the second bar: no signal stands that early here.
- A take-profit fills there when the price touches it: ``fill_on_touch``. Stop and target are absolute
  prices fixed at the decision, before the entry's price is known; here they are two reduce-only orders of
  one group sent with the entry.
- It tries the stop first even when the open is already past the target; here what the open has passed acts
  at the open. The target is so wide that no open of these data jumps over it.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from made.plans import Plan, indicator, plan, run, strategy
from oracles.signals import cross_signals, zone_signals
from spark_stacker import _core
from spark_stacker.data.candles import to_bars

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its plotting library
    import backtesting

FEE_RATE = 0.001
BALANCE = 10_000.0
UNITS = 500
DATA = [("ft_spot_eth_btc_5m", "5m"), ("ft_spot_ltc_btc_5m", "5m"), ("ft_perp_xrp_usdt_5m", "5m")]


def peer(candles: pl.DataFrame, signals: list[int], act: Callable[[Any, int], None]) -> Any:
    """What backtesting.py makes of ``act(strategy, signal)`` at each bar with a signal."""

    class Following(backtesting.Strategy):  # type: ignore[misc, name-defined]
        def init(self) -> None: ...

        def next(self) -> None:
            signal = signals[len(self.data) - 1]
            if signal:
                act(self, signal)

    frame = candles.to_pandas().set_index("timestamp").tz_localize(None)
    frame.columns = [name.title() for name in frame.columns]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # trades that remain open
        return backtesting.Backtest(frame, Following, cash=BALANCE, commission=FEE_RATE).run()


def same_trades(ours: dict[str, Any], bars: _core.Bars, theirs: Any) -> None:
    trades = theirs["_trades"].sort_values(["ExitBar", "EntryBar"])
    assert len(trades) > 10
    row_of = {int(time): row for row, time in enumerate(bars.open_time_ns)}
    assert [row_of[int(time)] for time in ours["entry_time_ns"]] == trades["EntryBar"].tolist()
    assert [row_of[int(time)] for time in ours["exit_time_ns"]] == trades["ExitBar"].tolist()
    assert ours["side"] == ["long" if size > 0 else "short" for size in trades["Size"]]
    for name, theirs_name in (
        ("entry_price", "EntryPrice"),
        ("exit_price", "ExitPrice"),
        ("fees", "Commission"),
        ("profit", "PnL"),
    ):
        np.testing.assert_allclose(ours[name], trades[theirs_name], rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(ours["quantity"], trades["Size"].abs(), rtol=1e-9)


def cross_strategy(interval: str, side: str, sizing: Plan) -> Plan:
    return strategy(
        interval, indicator("ma", interval, fast_period=10, slow_period=30), side=side, sizing=sizing
    )


@pytest.mark.parametrize(("name", "interval"), DATA)
def test_reversals_of_fixed_units(candles: Callable[[str], pl.DataFrame], name: str, interval: str) -> None:
    frame = candles(name)
    bars = to_bars(frame, interval)

    def reverse(peer: Any, signal: int) -> None:
        if (signal > 0) != peer.position.is_long or not peer.position:
            peer.position.close()
            peer.buy(size=UNITS) if signal > 0 else peer.sell(size=UNITS)

    sizing = {"method": "fixed_units", "units": float(UNITS)}
    ours = run(plan(interval, cross_strategy(interval, "both", sizing), taker_fee_rate=FEE_RATE), bars)

    theirs = peer(frame, cross_signals(frame["close"].to_list(), 10, 30), reverse)

    same_trades(ours.trades(), bars, theirs)
    np.testing.assert_allclose(ours.equity, theirs["_equity_curve"]["Equity"], rtol=1e-9)


@pytest.mark.parametrize(("name", "interval"), DATA)
def test_long_only_with_half_of_the_equity(
    candles: Callable[[str], pl.DataFrame], name: str, interval: str
) -> None:
    frame = candles(name)
    bars = to_bars(frame, interval)

    def follow(peer: Any, signal: int) -> None:
        if signal > 0 and not peer.position:
            peer.buy(size=0.5)
        elif signal < 0:
            peer.position.close()

    whole_units = {
        "market_type": "margin",
        "tick_size": None,
        "lot_size": 1.0,
        "min_quantity": None,
        "min_notional": None,
        "margin_tiers": [],
    }
    sizing = {"method": "percent_equity", "equity_pct": 50.0}
    ours = run(
        plan(
            interval,
            cross_strategy(interval, "long", sizing),
            instrument=whole_units,
            taker_fee_rate=FEE_RATE,
        ),
        bars,
    )

    theirs = peer(frame, cross_signals(frame["close"].to_list(), 10, 30), follow)

    same_trades(ours.trades(), bars, theirs)
    np.testing.assert_allclose(ours.equity, theirs["_equity_curve"]["Equity"], rtol=1e-9)


@pytest.mark.parametrize(("name", "interval"), DATA)
def test_stops_and_targets_of_a_mean_reversion(
    candles: Callable[[str], pl.DataFrame], name: str, interval: str
) -> None:
    frame = candles(name)
    bars = to_bars(frame, interval)
    signals = zone_signals(frame["close"].to_list(), 5, 25.0, 75.0)

    def enter(peer: Any, signal: int) -> None:
        if not peer.position:
            price = peer.data.Close[-1]
            order = peer.buy if signal > 0 else peer.sell
            order(size=UNITS, sl=price * (1 - signal * 0.004), tp=price * (1 + signal * 0.015))

    def enter_here(view: Any, simulation: _core.Simulation, parameters: None) -> None:
        signal = signals[len(view) - 1]
        if signal and not simulation.quantity:
            price = view["close"][-1]
            side, back = ("buy", "sell") if signal > 0 else ("sell", "buy")
            send(simulation, side, "market")
            send(
                simulation,
                back,
                "stop",
                trigger=price * (1 - signal * 0.004),
                reduce_only=True,
                group=len(view),
            )
            send(
                simulation,
                back,
                "take_profit",
                price=price * (1 + signal * 0.015),
                reduce_only=True,
                group=len(view),
            )

    simulation = _core.Simulation(
        _core.Portfolio(
            plan(
                interval,
                balance=BALANCE,
                taker_fee_rate=FEE_RATE,
                maker_fee_rate=FEE_RATE,
                fill_on_touch=True,
            )
        )
    )
    simulation.run(_core.MarketView(bars, {}, lambda view: view), 0, enter_here, simulation, None)

    theirs = peer(frame, signals, enter)

    same_trades(simulation.trades(), bars, theirs)
    np.testing.assert_allclose(simulation.equity_curve(), theirs["_equity_curve"]["Equity"], rtol=1e-9)


def send(simulation: _core.Simulation, side: str, kind: str, **changes: Any) -> int:
    order: dict[str, Any] = {
        **dict.fromkeys(("price", "trigger", "distance_fraction", "expires_ns", "stop_fraction")),
        **dict.fromkeys(("target_fraction", "trail_fraction", "break_even_fraction", "group")),
        "time_in_force": "gtc",
        "post_only": False,
        "reduce_only": False,
        "leverage": 1.0,
    }
    return simulation.submit(side, kind, float(UNITS), "base", **order | changes)
