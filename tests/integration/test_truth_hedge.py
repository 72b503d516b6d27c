"""The worked example of the hedge, through a whole backtest.

C = 100, a fifth of it for the hedge, main leg at 10x, hedge at 5x: long 80 · 10 = 800 on one account, short
20 · 5 = 100 on the other. +5 % gives 40 − 5 = +35, −5 % gives −40 + 5 = −35, before costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from made.candles import bars_of, path
from made.outside import given
from made.plans import hedge, indicator, plan, run, strategy

if TYPE_CHECKING:
    from spark_stacker import _core

BALANCE = 1_000.0
FEE_RATE = 0.0005


def hedged_run(*prices: float, direction: int = 1, leave_at: int | None = None, **venue: object) -> _core.Run:
    """In at the second bar's open, 100; out, if at all, at the open after row ``leave_at``."""
    settings = plan(
        "1m",
        strategy(
            "1m",
            indicator(None, "1m"),
            sizing={"method": "fixed_usd", "amount": 100.0},
            leverage=10.0,
            hedge=hedge(ratio=0.2, leverage=5.0),
            side="long" if direction > 0 else "short",
        ),
        balance=BALANCE,
        **venue,
    )
    signals = {0: direction} | ({leave_at: -direction} if leave_at else {})
    return run(settings, bars_of(path(100.0, *prices)), signals=given(len(prices) + 1, signals))


@pytest.mark.parametrize(("price", "result"), [(105.0, 35.0), (95.0, -35.0)])
def test_the_worked_example(price: float, result: float) -> None:
    ours = hedged_run(100.0, price)

    assert ours.equity.tolist() == pytest.approx([BALANCE, BALANCE, BALANCE + result], rel=1e-12)
    held = ours.open_positions()
    assert held["account"].tolist() == [0, 1]
    assert held["side"] == ["long", "short"]
    assert held["quantity"].tolist() == pytest.approx([8.0, 1.0])
    assert held["margin"].tolist() == pytest.approx([80.0, 20.0])
    assert held["leverage"].tolist() == [10.0, 5.0]
    assert held["unrealised_profit"].tolist() == pytest.approx([result / 35 * 40, -result / 35 * 5])


@pytest.mark.parametrize(("price", "result"), [(95.0, 35.0), (105.0, -35.0)])
def test_the_worked_example_of_a_short(price: float, result: float) -> None:
    ours = hedged_run(100.0, price, direction=-1)

    assert ours.equity[-1] == pytest.approx(BALANCE + result, rel=1e-12)
    assert ours.open_positions()["side"] == ["short", "long"]


@pytest.mark.parametrize(("price", "result"), [(105.0, 35.0), (95.0, -35.0)])
def test_both_legs_close_as_two_trades_on_two_accounts(price: float, result: float) -> None:
    ours = hedged_run(100.0, price, price, leave_at=2)

    trades = ours.trades()
    assert sorted(trades["account"].tolist()) == [0, 1]
    profit = dict(zip(trades["account"].tolist(), trades["profit"].tolist(), strict=True))
    assert profit == pytest.approx({0: result / 35 * 40, 1: -result / 35 * 5})
    assert ours.equity[-1] == pytest.approx(BALANCE + result, rel=1e-12)
    assert ours.metrics()["hedge_profit"] == pytest.approx(-result / 35 * 5)
    assert sorted(ours.fills()["purpose"]) == ["entry", "hedge_entry", "hedge_exit", "opposite_signal"]


def test_every_leg_pays_its_own_fees() -> None:
    """The fee comes out of the main leg's margin: 80 = q · 100 · (1/10 + 0.0005)."""
    ours = hedged_run(100.0, 105.0, 105.0, leave_at=2, taker_fee_rate=FEE_RATE)

    main = 80.0 / (100.0 * (0.1 + FEE_RATE))
    quantities = {0: main, 1: main / 8}
    fills = ours.fills()
    for account, quantity, price, fee in zip(
        fills["account"], fills["quantity"], fills["price"], fills["fee"], strict=True
    ):
        assert quantity == pytest.approx(quantities[account])
        assert fee == pytest.approx(quantity * price * FEE_RATE)
    paid = sum(fills["fee"])
    assert paid == pytest.approx((main + main / 8) * (100.0 + 105.0) * FEE_RATE)
    assert ours.equity[-1] == pytest.approx(BALANCE + (main - main / 8) * 5.0 - paid)
