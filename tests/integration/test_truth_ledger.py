"""Over random orders, funding and prices, a decimal ledger that is told the fills has the same equity."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from made.candles import MINUTE_NS, random_bars
from made.orders import send
from made.plans import Plan, plan
from oracles.decimal_ledger import DecimalLedger
from spark_stacker import _core

BALANCE = 10_000.0
RELATIVE = Decimal("1e-9")
ENDED = {"filled", "cancelled", "rejected", "expired"}
TIERS = [
    {"min_notional": 0.0, "maintenance_rate": 0.005, "deduction": 0.0, "max_leverage": 50.0},
    {"min_notional": 20_000.0, "maintenance_rate": 0.02, "deduction": 300.0, "max_leverage": 20.0},
]


def _instrument(market_type: str, *, lot: float | None, tick: float | None, tiers: list[Plan]) -> Plan:
    return {
        "market_type": market_type,
        "tick_size": tick,
        "lot_size": lot,
        "min_quantity": lot,
        "min_notional": None,
        "margin_tiers": tiers,
    }


INSTRUMENTS = st.one_of(
    st.none(),
    st.builds(
        _instrument,
        st.just("margin"),
        lot=st.sampled_from([None, 0.001]),
        tick=st.sampled_from([None, 0.01]),
        tiers=st.just(TIERS),
    ),
    st.builds(
        _instrument,
        st.just("spot"),
        lot=st.sampled_from([None, 0.001]),
        tick=st.sampled_from([None, 0.01]),
        tiers=st.just([]),
    ),
)
SLIPPAGE = st.sampled_from(
    [
        {"model": "none"},
        {"model": "fixed", "bps": 5.0},
        {"model": "random", "max_bps": 20.0},
        {"model": "volume_share", "base_bps": 1.0, "coefficient_bps": 50.0, "max_share_fraction": 0.1},
        {"model": "square_root", "spread_bps": 2.0, "coefficient": 0.5, "volatility_bars": 10},
    ]
)
VENUES = st.fixed_dictionaries(
    {
        "maker_fee_rate": st.sampled_from([-0.0001, 0.0, 0.0002]),
        "taker_fee_rate": st.sampled_from([0.0, 0.0005, 0.003]),
        "liquidation_fee_rate": st.sampled_from([0.0, 0.0125]),
        "fee_in_base": st.booleans(),
        "fill_on_touch": st.booleans(),
        "margin_mode": st.sampled_from(["isolated", "cross"]),
        "seed": st.integers(0, 9),
        "slippage": SLIPPAGE,
    }
)
FRACTIONS = st.sampled_from([None, None, 0.005, 0.02, 0.1])
RARELY = st.sampled_from([False] * 7 + [True])
ORDERS = st.fixed_dictionaries(
    {
        "bar": st.integers(0, 59),
        "side": st.sampled_from(["buy", "sell"]),
        "kind": st.sampled_from(
            [
                "market",
                "market",
                "market",
                "limit",
                "limit",
                "stop",
                "stop_limit",
                "take_profit",
                "trailing_stop",
            ]
        ),
        "share": st.sampled_from([0.05, 0.2, 0.5, 0.9, 1.0, 1.3]),  # of the equity, as margin
        "unit": st.sampled_from(["base", "base", "quote", "quote", "position"]),
        "away": st.floats(-0.02, 0.02),  # of the price or trigger, from the close
        "time_in_force": st.sampled_from(["gtc", "gtc", "gtc", "ioc", "fok", "gtd"]),
        "post_only": RARELY,
        "reduce_only": RARELY,
        "leverage": st.sampled_from([1.0, 1.0, 3.0, 10.0, 40.0]),
        "stop_fraction": FRACTIONS,
        "target_fraction": FRACTIONS,
        "trail_fraction": FRACTIONS,
        "break_even_fraction": FRACTIONS,
        "group": st.sampled_from([None, None, None, 0, 1, 2]),
    }
)
HISTORIES = st.fixed_dictionaries(
    {
        "bars": st.integers(40, 60),
        "seed": st.integers(0, 10_000),
        "volatility": st.sampled_from([0.002, 0.01, 0.05]),
        "quiet": st.booleans(),  # some bars without volume
    }
)
FUNDING = st.lists(st.tuples(st.integers(0, 59), st.sampled_from([0.0001, -0.0003, 0.01])), max_size=6)


def _send(simulation: _core.Simulation, order: dict[str, Any], close: float, now_ns: int) -> None:
    order = dict(order)
    level = close * (1 + order.pop("away"))
    kind, share, unit = order.pop("kind"), order.pop("share"), order.pop("unit")
    value = max(simulation.equity, 1.0) * share * order["leverage"]
    quantity = {"base": value / close, "quote": value, "position": None}[unit]
    order.pop("bar")
    send(
        simulation,
        order.pop("side"),
        kind,
        quantity,
        unit,
        price=level if kind in {"limit", "stop_limit", "take_profit"} else None,
        trigger=level if kind in {"stop", "stop_limit"} else None,
        distance_fraction=0.01 if kind == "trailing_stop" else None,
        expires_ns=now_ns + 5 * MINUTE_NS if order["time_in_force"] == "gtd" else None,
        **order,
    )


def _close_to(ours: float, exact: Decimal) -> bool:
    """To 1e-9 relative; of an amount below one unit of the quote currency, to 1e-9 of that unit."""
    return abs(Decimal(ours) - exact) <= RELATIVE * max(abs(exact), Decimal(1))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    instrument=INSTRUMENTS,
    venue=VENUES,
    orders=st.lists(ORDERS, min_size=20, max_size=60),
    history=HISTORIES,
    funding=FUNDING,
)
def test_cash_position_and_equity_equal_a_decimal_ledger(
    instrument: Plan | None,
    venue: Plan,
    orders: list[dict[str, Any]],
    history: dict[str, Any],
    funding: list[tuple[int, float]],
) -> None:
    spot = instrument is not None and instrument["market_type"] == "spot"
    candles = random_bars(**history)
    simulation = _core.Simulation(
        _core.Portfolio(plan("1m", balance=BALANCE, instrument=instrument, **venue))
    )
    rates = dict(funding)
    for bar in sorted(rates):
        simulation.add_funding(bar * MINUTE_NS, rates[bar])
    asked = defaultdict(list)
    for order in orders:
        asked[order["bar"]].append({**order, "leverage": 1.0} if spot else order)

    ledger = DecimalLedger(Decimal(BALANCE), spot=spot, isolated=venue["margin_mode"] == "isolated")
    leverage_of: dict[int, Decimal] = {}
    seen, last_close = 0, Decimal(0)
    for bar, candle in enumerate(candles):
        simulation.on_bar(*candle)
        if bar in rates:
            ledger.fund(last_close, Decimal(rates[bar]))
        fills = simulation.fills()
        for row in range(seen, len(fills["order"])):
            assert fills["time_ns"][row] == candle[0]
            ledger.fill(
                fills["side"][row],
                Decimal(fills["quantity"][row]),
                Decimal(fills["price"][row]),
                Decimal(fills["fee"][row]),
                leverage=leverage_of.get(int(fills["order"][row]), Decimal(1)),
                fee_in_base=bool(venue["fee_in_base"]) and spot and fills["side"][row] == "buy",
                liquidation=fills["purpose"][row] == "liquidation",
            )
        seen = len(fills["order"])
        last_close = Decimal(candle[4])
        assert _close_to(simulation.cash, ledger.cash)
        assert _close_to(simulation.quantity, ledger.quantity)
        assert _close_to(simulation.equity, ledger.equity(last_close))
        assert simulation.equity_curve()[-1] == simulation.equity
        for order in asked[bar]:
            number = len(simulation.orders()["order"])
            leverage_of[number] = Decimal(order["leverage"])
            _send(simulation, order, candle[4], candle[0] + MINUTE_NS)

    profits = simulation.trades()["profit"]
    assert len(profits) == len(ledger.profits)
    for ours, exact in zip(profits, ledger.profits, strict=True):
        assert _close_to(ours, exact)
    _orders_account_for_their_fills(simulation, venue)


def _orders_account_for_their_fills(simulation: _core.Simulation, venue: Plan) -> None:
    orders, fills = simulation.orders(), simulation.fills()
    filled: defaultdict[int, float] = defaultdict(float)
    for row, number in enumerate(fills["order"]):
        filled[int(number)] += fills["quantity"][row]
        rate = (
            venue["liquidation_fee_rate"]
            if fills["purpose"][row] == "liquidation"
            else venue[f"{fills['liquidity'][row]}_fee_rate"]
        )
        assert fills["fee"][row] == pytest.approx(
            rate * fills["quantity"][row] * fills["price"][row], rel=1e-12
        )
        assert fills["side"][row] == orders["side"][number]
    for number, state in enumerate(orders["state"]):
        assert orders["filled_quantity"][number] == pytest.approx(filled[number], rel=1e-12)
        assert (orders["reason"][number] is not None) == (state in ENDED)
        assert (orders["ended_ns"][number] is not None) == (state in ENDED)
        if state == "rejected":
            assert filled[number] == 0.0
    assert np.all(fills["quantity"] > 0)
