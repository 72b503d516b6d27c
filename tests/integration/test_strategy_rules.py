"""Strategies against one another and against the limits of their account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from made.candles import MINUTE_NS, bars_of, path
from made.outside import given
from made.plans import Plan, indicator, plan, run, strategy

if TYPE_CHECKING:
    from spark_stacker import _core

SPOT = {
    "market_type": "spot",
    "tick_size": None,
    "lot_size": None,
    "min_quantity": None,
    "min_notional": None,
    "margin_tiers": [],
}
FLAT = (100.0,) * 8


def led(market: int = 0, **changes: object) -> Plan:
    """A strategy led by signals from outside."""
    return strategy("1m", indicator(None, "1m"), market=market, **changes)


def pct(share: float) -> Plan:
    return {"method": "percent_equity", "equity_pct": share}


def two_markets(first: Plan, second: Plan, limits: Plan, *signals: dict[int, int]) -> _core.Run:
    terms = plan("1m", first, second, markets=("X-USD", "Y-USD"), limits=limits)
    told = [row for index, rows in enumerate(signals) for row in given(8, rows, strategy=index)]
    return run(terms, bars_of(path(*FLAT)), bars_of(path(*FLAT)), signals=told)


def test_exposure_counts_entries_decided_on_the_same_close() -> None:
    limits = {"max_exposure_pct": 100.0}
    ours = two_markets(led(sizing=pct(60)), led(1, sizing=pct(60)), limits, {0: 1}, {0: 1})

    assert list(ours.refused()["rule"]) == ["max_exposure_pct"]
    assert list(ours.open_positions()["market"]) == [0]


def test_exposure_of_a_market_that_reverses_counts_once() -> None:
    """The long of 50 closes as the short of 50 opens; another 50 elsewhere are within 100."""
    limits = {"max_exposure_pct": 100.0}
    ours = two_markets(led(sizing=pct(50)), led(1, sizing=pct(50)), limits, {0: 1, 3: -1}, {3: 1})

    assert list(ours.refused()["rule"]) == []
    assert ours.open_positions()["side"] == ["short", "long"]


def test_parallel_trades_count_entries_decided_on_the_same_close() -> None:
    limits = {"max_parallel_trades": 1}
    ours = two_markets(led(sizing=pct(10)), led(1, sizing=pct(10)), limits, {0: 1}, {0: 1, 3: 1})

    assert list(ours.refused()["rule"]) == ["max_parallel_trades"] * 2


def test_of_two_strategies_in_a_market_the_first_has_it_until_it_is_flat() -> None:
    terms = plan("1m", led(sizing=pct(10)), led(sizing=pct(10), side="short"))
    told = given(8, {0: 1, 3: -1}) + given(8, {0: -1, 1: -1, 3: -1, 5: -1}, strategy=1)
    ours = run(terms, bars_of(path(*FLAT)), signals=told)

    assert list(ours.refused()["rule"]) == ["market_busy"] * 4
    assert set(ours.fills()["strategy"]) == {0}


def test_a_reversal_on_spot_closes_and_is_refused_the_short() -> None:
    terms = plan("1m", led(), instrument=SPOT)
    ours = run(terms, bars_of(path(*FLAT)), signals=given(8, {0: 1, 3: -1}))

    assert ours.fills()["purpose"] == ["entry", "opposite_signal"]
    assert ours.orders()["reason"][-1] == "short_on_spot"
    assert ours.equity[-1] == pytest.approx(10_000.0)


def test_a_long_only_strategy_leaves_on_the_opposite_signal_and_stays_out() -> None:
    terms = plan("1m", led(side="long"))
    ours = run(terms, bars_of(path(*FLAT)), signals=given(8, {0: 1, 2: -1, 4: -1}))

    assert ours.fills()["purpose"] == ["entry", "opposite_signal"]
    assert ours.open_positions()["side"] == []


def test_max_entries_counts_orders_and_not_their_partial_fills() -> None:
    """10 units an entry, 5 units a bar: two entries in four parts."""
    slippage = {"model": "volume_share", "base_bps": 0.0, "coefficient_bps": 0.0, "max_share_fraction": 0.005}
    terms = plan("1m", led(sizing={"method": "fixed_units", "units": 10.0}, max_entries=2), slippage=slippage)
    ours = run(terms, bars_of(path(*FLAT)), signals=given(8, {0: 1, 3: 1, 6: 1}))

    assert list(ours.fills()["quantity"]) == pytest.approx([5.0] * 4)


def test_a_close_that_waits_for_volume_is_sent_once() -> None:
    """Nothing trades in bars 3 and 4; the loss limit stays reached meanwhile."""
    candles = path(100, 100, 80, 80, 80, 80, 80, 80)
    candles[3:5] = [(*candle[:5], 0.0) for candle in candles[3:5]]
    terms = plan("1m", led(), limits={"max_drawdown_pct": 10.0, "close_on_breach": True})
    ours = run(terms, bars_of(candles), signals=given(8, {0: 1}))

    assert [purpose for purpose in ours.orders()["purpose"] if purpose == "risk_limit"] == ["risk_limit"]
    assert ours.fills()["time_ns"].tolist() == [MINUTE_NS, 5 * MINUTE_NS]


def test_no_entry_follows_a_drawdown_that_closed_everything() -> None:
    terms = plan("1m", led(), limits={"max_drawdown_pct": 10.0, "close_on_breach": True})
    ours = run(terms, bars_of(path(100, 100, 80, 80, 80, 80, 80, 80)), signals=given(8, {0: 1, 4: 1, 6: -1}))

    assert ours.fills()["purpose"] == ["entry", "risk_limit"]
    assert set(ours.refused()["rule"]) == {"max_drawdown_pct"}


def test_the_longest_holding_time_is_kept_between_decisions() -> None:
    """Decisions come every four minutes; one minute after the fill is one minute after the fill."""
    slow = strategy("4m", indicator(None, "4m"), max_holding_ns=MINUTE_NS)
    ours = run(plan("1m", slow), bars_of(path(*FLAT, *FLAT)), signals=given(4, {0: 1}))

    assert ours.fills()["time_ns"].tolist() == [4 * MINUTE_NS, 5 * MINUTE_NS]
