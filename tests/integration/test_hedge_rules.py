"""Hedge legs over the life of a trade: what opens, shrinks and ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from made.candles import bars_of, path
from made.outside import given
from made.plans import hedge, indicator, plan, run, strategy

if TYPE_CHECKING:
    from spark_stacker import _core

CAPITAL = {"method": "fixed_usd", "amount": 100.0}


def hedged(
    *prices: float,
    signals: dict[int, int],
    legs: dict[str, object] | None = None,
    venue: dict[str, Any] | None = None,
    **changes: object,
) -> _core.Run:
    """Capital 100 of 1,000: a main leg of 80 at 10x, a hedge leg of 20 at 5x."""
    settings = {"sizing": CAPITAL, "leverage": 10.0, "hedge": hedge(**legs or {})} | changes
    terms = plan("1m", strategy("1m", indicator(None, "1m"), **settings), balance=1_000.0, **venue or {})
    return run(terms, bars_of(path(*prices)), signals=given(len(prices), signals))


def held(ours: _core.Run) -> dict[int, float]:
    """Signed quantity by account."""
    positions = ours.open_positions()
    signs = [1.0 if side == "long" else -1.0 for side in positions["side"]]
    return {
        account: sign * quantity
        for account, sign, quantity in zip(positions["account"], signs, positions["quantity"], strict=True)
    }


def test_a_hedge_kept_on_reversal_stays_on_the_opposite_signal() -> None:
    ours = hedged(100, 100, 100, 100, signals={0: 1, 2: -1}, legs={"keep_on_reversal": True})

    assert held(ours) == pytest.approx({1: -1.0})


@pytest.mark.parametrize(
    "ending", [{"stop_loss_pct": 2.0}, {"trailing_stop_pct": 2.0}, {"max_holding_ns": 60_000_000_000}]
)
def test_a_hedge_kept_on_reversal_closes_with_the_main_leg_otherwise(ending: dict[str, object]) -> None:
    ours = hedged(100, 100, 97, 97, 97, signals={0: 1}, legs={"keep_on_reversal": True}, **ending)

    assert held(ours) == {}


def test_each_trade_may_reduce_its_hedge_once_also_after_a_reversal() -> None:
    ours = hedged(
        100, 100, 103, 103, 103, 100, 100, 100,
        signals={0: 1, 3: -1},
        legs={"reduce_at_pct": 2.0},
    )  # fmt: skip

    shrunk = [purpose for purpose in ours.fills()["purpose"] if purpose == "hedge_exit"]
    assert len(shrunk) == 3, "reduced, closed with the long, reduced again for the short"


def test_a_hedge_still_waiting_for_volume_ends_with_the_main_leg() -> None:
    """The entry takes all of the bar's share of volume; the target, a limit, is met in the same bar."""
    slippage = {"model": "volume_share", "base_bps": 0.0, "coefficient_bps": 0.0, "max_share_fraction": 0.008}
    ours = hedged(100, 106, 106, 106, signals={0: 1}, take_profit_pct=5.0, venue={"slippage": slippage})

    assert ours.fills()["purpose"] == ["entry", "take_profit"]
    assert held(ours) == {}


def test_the_net_stop_holds_for_fixed_units() -> None:
    """8 units at 10x bind 80, which is 0.8 of C = 100: the net stop of 21 % acts at 97, as both lose 21."""
    ours = hedged(
        100, 100, 96, 96,
        signals={0: 1},
        legs={"net_stop_loss_pct": 21.0},
        sizing={"method": "fixed_units", "units": 8.0},
    )  # fmt: skip

    assert held(ours) == {}
    assert ours.equity[-1] == pytest.approx(1_000.0 - 21.0)


def test_the_net_stop_counts_the_capital_of_every_entry() -> None:
    """Twice 8 against 1 unit, C = 200: 21 % of it are lost at 97."""
    ours = hedged(
        100, 100, 100, 97.5, 96, 96,
        signals={0: 1, 1: 1},
        legs={"net_stop_loss_pct": 21.0},
        max_entries=2,
    )  # fmt: skip

    assert ours.equity[3] == pytest.approx(1_000.0 - 35.0), "14 units net, 2.5 down"
    assert ours.equity[-1] == pytest.approx(1_000.0 - 42.0)


def test_a_kept_hedge_belongs_to_its_strategy() -> None:
    """Another strategy's entry in that market is refused until it is closed."""
    first = strategy(
        "1m",
        indicator(None, "1m"),
        sizing=CAPITAL,
        leverage=10.0,
        hedge=hedge(keep_on_reversal=True),
    )
    second = strategy("1m", indicator(None, "1m"), sizing={"method": "fixed_units", "units": 1.0})
    terms = plan("1m", first, second, balance=1_000.0)
    signals = given(6, {0: 1, 2: -1}) + given(6, {4: 1}, strategy=1)

    ours = run(terms, bars_of(path(100, 100, 100, 100, 100, 100)), signals=signals)

    assert held(ours) == pytest.approx({1: -1.0})
    assert list(ours.refused()["rule"]) == ["market_busy"]


def test_a_hedge_beyond_its_liquidation_price_is_liquidated_before_it_closes_with_the_main_leg() -> None:
    """The hedge account holds 200 and the short of 10 units 400: on cross margin it is gone at +50 %."""
    ours = hedged(
        100, 100, 170, 170,
        signals={0: 1},
        sizing={"method": "fixed_usd", "amount": 1_000.0},
        legs={"ratio": 0.2, "leverage": 2.0},
        leverage=1.0,
        take_profit_pct=60.0,
        venue={"margin_mode": "cross"},
    )  # fmt: skip

    trades = ours.trades()
    assert sorted(trades["exit_purpose"]) == ["liquidation", "take_profit"]
    assert ours.equity[-1] == pytest.approx(1_000.0 + 8.0 * 60.0 - 200.0)
