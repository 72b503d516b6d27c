from __future__ import annotations

from datetime import UTC, datetime

import pytest

from spark_stacker.backtesting import SimulationEngine
from spark_stacker.errors import DataError, InputError, OrderRefusedError, ParameterError
from spark_stacker.models import OrderSide, OrderType, TimeInForce

HOUR_NS = 3_600_000_000_000
START_NS = 1_704_067_200_000_000_000


@pytest.fixture
def simulation():
    return SimulationEngine({"USD": 1_000.0}, maker_fee=0.0, taker_fee=0.001)


class Feed:
    """Bars one after another."""

    def __init__(self, simulation):
        self.simulation, self.row = simulation, 0

    def bar(self, open, high=None, low=None, close=None, volume=1_000.0):  # noqa: A002
        close = open if close is None else close
        self.simulation.on_bar(
            START_NS + self.row * HOUR_NS,
            open=open,
            high=max(open, close) if high is None else high,
            low=min(open, close) if low is None else low,
            close=close,
            volume=volume,
        )
        self.row += 1


@pytest.fixture
def feed(simulation):
    feed = Feed(simulation)
    feed.bar(100.0)
    return feed


def test_a_market_order_fills_at_the_next_open_with_its_fee(simulation, feed):
    order = simulation.place_order("ETH-USD", OrderSide.BUY, OrderType.MARKET, 2.0)
    assert (simulation.position, simulation.open_orders) == (None, [order])
    feed.bar(110.0, close=120.0)
    assert simulation.position.quantity == 2.0
    assert simulation.position.entry_price == 110.0
    assert simulation.position.side == "long"
    assert simulation.equity == pytest.approx(1_000 + 2 * 10 - 0.001 * 220)
    assert simulation.order_state(order) == ("filled", "filled")
    fill = simulation.fills.row(0, named=True)
    assert (fill["price"], fill["quantity"], fill["liquidity"]) == (110.0, 2.0, "taker")
    assert fill["time"] == datetime(2024, 1, 1, 1, tzinfo=UTC)


def test_all_of_the_equity_can_be_bought(simulation, feed):
    simulation.buy()
    feed.bar(125.0)
    assert simulation.quantity == pytest.approx(1_000 / 125 / 1.001)
    simulation.close_position()
    feed.bar(125.0)
    assert simulation.quantity == 0.0
    assert simulation.close_position() is None
    assert simulation.balance == {"USD": pytest.approx(1_000 - simulation.fills["fee"].sum())}
    assert simulation.trade_history["profit"].item() == pytest.approx(-simulation.fills["fee"].sum())


def test_protective_orders_are_attached_in_percent_of_the_entry(simulation, feed):
    simulation.sell(size=1.0, stop_loss_pct=5.0, take_profit_pct=10.0)
    feed.bar(100.0)
    feed.bar(100.0, high=106.0, low=99.0)
    assert simulation.quantity == 0.0
    assert simulation.fills["price"].to_list() == [100.0, 105.0]
    assert simulation.fills["purpose"].to_list()[-1] == "stop_loss"


def test_limits_wait_and_can_be_cancelled(simulation, feed):
    order = simulation.place_order(
        side="buy", order_type="limit", size=1.0, price=90.0, time_in_force=TimeInForce.GTC, post_only=True
    )
    feed.bar(100.0, low=95.0)
    assert simulation.open_orders == [order]
    assert simulation.cancel_order(order)
    assert not simulation.cancel_order(order)
    assert simulation.order_state(order) == ("cancelled", "requested")


def test_orders_of_a_group_cancel_one_another(simulation, feed):
    simulation.buy(size=1.0)
    feed.bar(100.0)
    simulation.place_order(side="sell", order_type="stop", size=1.0, price=95.0, reduce_only=True, group=1)
    simulation.place_order(
        side="sell", order_type="take_profit", size=1.0, price=110.0, reduce_only=True, group=1
    )
    feed.bar(100.0, high=111.0)
    assert simulation.order_history["state"].to_list() == ["filled", "cancelled", "filled"]
    assert simulation.fills["price"].to_list() == [100.0, 110.0]


def test_an_order_past_its_date_expires(simulation, feed):
    order = simulation.place_order(
        side="buy",
        order_type="limit",
        size=1.0,
        price=50.0,
        time_in_force="GTD",
        expires=datetime(2024, 1, 1, 2, tzinfo=UTC),
    )
    for _ in range(4):
        feed.bar(100.0)
    assert simulation.order_state(order)[0] == "expired"


def test_what_the_venue_refuses_has_its_reason(simulation, feed):
    order = simulation.buy(size=1_000.0)
    feed.bar(100.0)
    assert simulation.order_state(order) == ("rejected", "insufficient_margin")
    assert simulation.quantity == 0.0


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"side": "hold", "size": 1.0}, "side must be one of BUY, SELL, was 'hold'"),
        ({"order_type": "iceberg", "size": 1.0}, "order_type must be one of MARKET, LIMIT"),
        ({"time_in_force": "forever", "size": 1.0}, "time_in_force must be one of GTC"),
        ({"order_type": "limit", "size": 1.0}, "price must be given"),
        ({"order_type": "stop", "size": 1.0}, "trigger must be given"),
        ({"time_in_force": "GTD", "size": 1.0}, "expires must be given"),
        ({}, "needs one of size"),
        ({"size": 1.0, "value": 1.0}, "needs one of size"),
        ({"size": 1.0, "amount": 1.0}, "needs one of size"),
        (
            {"size": 1.0, "symbol": "BTC-USD"},
            "symbol must be ETH-USD, the market simulated here, was BTC-USD",
        ),
        ({"size": 1.0, "stop_loss_pct": -1.0}, "stop_loss_pct must be above 0, was -1.0"),
    ],
)
def test_a_malformed_order_is_told(simulation, feed, order, message):
    with pytest.raises(ParameterError, match=message):
        simulation.place_order(**order)


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_a_size_that_cannot_be_is_rejected(simulation, feed, size):
    order = simulation.buy(size=size)
    feed.bar(100.0)
    assert simulation.order_state(order) == ("rejected", "bad_quantity")


def test_there_is_no_price_before_the_first_bar(simulation):
    with pytest.raises(OrderRefusedError, match="no bar has closed yet"):
        simulation.buy(size=1.0)


def test_a_bar_that_cannot_be_is_refused(simulation, feed):
    with pytest.raises(DataError, match="high"):
        feed.bar(100.0, high=90.0)
    with pytest.raises(InputError, match="at or after the last close"):
        simulation.on_bar(START_NS, open=1.0, high=1.0, low=1.0, close=1.0, volume=0.0)


def test_an_unknown_order_is_told(simulation):
    with pytest.raises(ParameterError, match="must be the number of an order sent before, was 7"):
        simulation.order_state(7)
