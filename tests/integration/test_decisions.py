"""What a strategy decides at a close: whose the position is, when it adds, leaves, turns round and hedges.

Signals come from outside at chosen rows; each candle opens where the one before closed.
"""

from __future__ import annotations

from typing import Any

import pytest

from made.candles import bars_of, path
from made.outside import given
from made.plans import hedge, indicator, plan, run, strategy
from spark_stacker import _core
from spark_stacker.backtesting import BacktestEngine
from spark_stacker.data import DataManager, FrameDataSource, synthesise

OUTSIDE = indicator(None, "1m")
BUY, SELL = 1, -1


def decide(
    *prices: float, signals: dict[int, int], limits: Any = None, start: int = 0, **changes: Any
) -> _core.Run:
    """One strategy, half of the equity a trade unless it says otherwise."""
    half = {"method": "percent_equity", "equity_pct": 50.0}
    made = strategy("1m", OUTSIDE, **{"sizing": half, **changes})
    return run(
        plan("1m", made, limits=limits),
        bars_of(path(*prices)),
        signals=given(len(prices), signals),
        start=start,
    )


def purposes(ours: _core.Run) -> list[str]:
    return list(ours.fills()["purpose"])


def test_a_signal_in_the_direction_of_the_position_changes_nothing() -> None:
    assert purposes(decide(*[100.0] * 4, signals={0: BUY, 1: BUY})) == ["entry"]


def test_pyramiding_adds_up_to_its_number_of_entries() -> None:
    ours = decide(*[100.0] * 5, signals=dict.fromkeys(range(4), BUY), max_entries=2, sizing=ten_units())
    assert purposes(ours) == ["entry", "entry"]
    assert ours.open_positions()["quantity"].tolist() == [20.0]


def test_an_opposite_signal_closes_and_opens_at_the_same_open() -> None:
    ours = decide(100.0, 100.0, 110.0, 110.0, signals={0: BUY, 2: SELL})
    fills = ours.fills()
    assert fills["purpose"] == ["entry", "opposite_signal", "entry"]
    assert fills["side"] == ["buy", "sell", "sell"]
    assert fills["time_ns"][1] == fills["time_ns"][2]
    assert ours.open_positions()["side"] == ["short"]


def test_a_side_that_may_not_be_held_still_closes() -> None:
    assert purposes(decide(*[100.0] * 4, signals={0: BUY, 1: SELL}, side="long")) == [
        "entry",
        "opposite_signal",
    ]


def test_an_opposite_signal_may_be_told_to_do_nothing() -> None:
    assert purposes(decide(*[100.0] * 4, signals={0: BUY, 1: SELL}, exit_on_opposite=False)) == ["entry"]


def test_the_longest_holding_time_closes_at_the_open_after_it() -> None:
    """Entered at the open of minute 1; three minutes are over at the close of bar 3."""
    ours = decide(*[100.0] * 6, signals={0: BUY}, max_holding_ns=3 * _core.interval_ns("1m"))
    assert purposes(ours) == ["entry", "holding_time"]
    assert ours.fills()["time_ns"].tolist() == [60_000_000_000, 240_000_000_000]


def test_a_position_belongs_to_the_strategy_that_opened_it() -> None:
    first = strategy("1m", OUTSIDE, name="first", sizing=ten_units())
    second = strategy("1m", OUTSIDE, name="second", sizing=ten_units())
    signals = [*given(4, {0: BUY}), *given(4, {2: SELL}, strategy=1)]
    ours = run(plan("1m", first, second), bars_of(path(*[100.0] * 4)), signals=signals)
    assert purposes(ours) == ["entry"]
    assert list(ours.refused()["rule"]) == ["market_busy"]


def test_signals_known_before_the_first_traded_bar_do_not_stand() -> None:
    long_lived = {**OUTSIDE, "signal_ttl": 10}
    made = strategy("1m", long_lived, sizing=ten_units())
    bars = bars_of(path(*[100.0] * 6))
    assert purposes(run(plan("1m", made), bars, signals=given(6, {1: BUY}), start=2)) == []
    assert purposes(run(plan("1m", made), bars, signals=given(6, {2: BUY}), start=2)) == ["entry"]


def test_a_loss_limit_may_close_what_is_open() -> None:
    limits = {"max_drawdown_pct": 4.0, "close_on_breach": True}
    ours = decide(100.0, 100.0, 90.0, 90.0, 90.0, signals={0: BUY, 3: BUY}, limits=limits)
    assert purposes(ours) == ["entry", "risk_limit"]
    assert list(ours.refused()["rule"]) == ["max_drawdown_pct"]


def test_the_accounts_of_a_hedge_are_put_right_when_nothing_is_open() -> None:
    """The main leg has gained, the hedge lost; the next trade hedges a fifth of the equity that there is."""
    everything = {"method": "percent_equity", "equity_pct": 100.0}
    ours = decide(
        100.0, 100.0, 120.0, 120.0, 120.0, 120.0,
        signals={0: BUY, 2: SELL, 4: BUY}, side="long", sizing=everything, hedge=hedge(leverage=1.0),
    )  # fmt: skip
    fills = ours.fills()
    last = fills["purpose"].index("hedge_entry", 2)
    equity = 10_000.0 + 80 * 20 - 20 * 20
    assert fills["quantity"][last] * fills["price"][last] == pytest.approx(0.2 * equity)
    assert fills["quantity"][last - 1] * fills["price"][last - 1] == pytest.approx(0.8 * equity)


def test_a_hedge_is_reduced_once_when_the_main_leg_has_gained() -> None:
    ours = decide(
        100.0, 100.0, 104.0, 106.0, 108.0, 108.0,
        signals={0: BUY}, hedge=hedge(reduce_at_pct=5.0, reduce_by_pct=25.0),
    )  # fmt: skip
    fills = ours.fills()
    assert fills["purpose"] == ["entry", "hedge_entry", "hedge_exit"]
    assert fills["price"][2] == 106.0
    assert fills["quantity"][2] == pytest.approx(0.25 * fills["quantity"][1])


def test_a_hedge_kept_on_reversal_closes_when_the_next_entry_comes() -> None:
    ours = decide(*[100.0] * 7, signals={0: BUY, 2: SELL, 4: BUY}, hedge=hedge(keep_on_reversal=True))
    assert purposes(ours) == ["entry", "hedge_entry", "opposite_signal", "hedge_exit", "entry", "hedge_entry"]


def test_finer_bars_decide_the_path_inside_the_timeframe() -> None:
    """Up to the target in one minute, down to the stop in the next: as one bar of two minutes, the stop."""
    settings = {"sizing": ten_units(), "stop_loss_pct": 5.0, "take_profit_pct": 5.0}
    two_minutes = indicator(None, "2m")
    made = strategy("2m", two_minutes, **settings)
    fine = bars_of(path(100.0, 100.0, 106.0, 94.0))
    assert purposes(run(plan("1m", made), fine, signals=given(2, {0: BUY}))) == ["entry", "take_profit"]
    minutes = 2 * _core.interval_ns("1m")
    coarse = bars_of(
        [(0, 100.0, 100.0, 100.0, 100.0, 1.0), (minutes, 100.0, 106.0, 94.0, 94.0, 1.0)], interval_ns=minutes
    )
    assert purposes(run(plan("2m", made), coarse, signals=given(2, {0: BUY}))) == ["entry", "stop_loss"]


def test_a_market_without_a_specification_trades_unrounded_and_the_result_says_so() -> None:
    made = synthesise("bull", interval="1h", bars=50, seed=1)
    manager = DataManager()
    manager.register_source("made", FrameDataSource({(made.symbol, "1h"): made.frame}))

    def short(data: Any, simulation: Any, params: Any) -> None:
        if len(data) == 1:
            simulation.sell(size=0.123456789)

    result = BacktestEngine(manager).run_backtest(short, made.symbol, "1h")
    assert result.fills["quantity"].to_list() == [0.123456789]
    assert result.open_positions["side"].to_list() == ["short"]
    assert any("no instrument specification" in sentence for sentence in result.assumptions)


def ten_units() -> dict[str, Any]:
    return {"method": "fixed_units", "units": 10.0}
