from __future__ import annotations

import asyncio
import threading
import time
from decimal import Decimal
from typing import Any

import pytest

from made.minutes import MINUTE_NS, minute
from spark_stacker.connectors import BaseConnector
from spark_stacker.connectors.contract import OrderStatus, OrderTicket, PositionSide, Subscription
from spark_stacker.connectors.polling import PollingClient
from spark_stacker.connectors.threads import in_thread
from spark_stacker.errors import OrderRefusedError, ParameterError, RetryableError, StopTradingError
from spark_stacker.models import OrderSide, OrderType


class Venue(BaseConnector):
    """Has a candle for every minute up to its time, the last of which still forms."""

    def __init__(self) -> None:
        super().__init__("venue", "venue")
        self.now_ns = minute(3) + 2_000_000_000
        self.failure: Exception | None = None
        self.sent: dict[str, Any] = {}
        self.threads: set[str] = set()

    def connect(self) -> bool:
        return self.failure is None

    def disconnect(self) -> bool:
        return True

    def get_markets(self) -> list[dict[str, Any]]:
        return []

    def get_ticker(self, symbol: str) -> dict[str, Any]:
        return {}

    def get_account_balance(self) -> dict[str, float]:
        return {"USD": 0.1}

    def get_candles(
        self,
        symbol: str,
        interval: str,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        if self.failure:
            raise self.failure
        self.threads.add(threading.current_thread().name)
        newest = (self.now_ns - minute(0)) // MINUTE_NS
        times = [minute(number) // 1_000_000 for number in range(newest + 1)]
        wanted = [t for t in times if t >= (start_time or 0) and (end_time is None or t < end_time)]
        return [
            {"timestamp": t, "open": 1, "high": "2", "low": 0.1, "close": 1.5, "volume": 3} for t in wanted
        ]

    def get_positions(self) -> list[dict[str, Any]]:
        return [{"symbol": "A", "side": "SHORT", "size": "1.5", "entry_price": 0.1, "leverage": 3}]

    def place_order(
        self, symbol: str, side: Any, order_type: Any, size: Any, price: Any = None, **options: Any
    ) -> dict[str, Any]:
        self.sent = {"size": size, "price": price, **options}
        if self.failure:
            raise self.failure
        return {"order_id": 7, "status": "open", "filled_size": 0.0}

    def cancel_order(self, order_id: str) -> bool:
        return True

    def get_order_status(self, order_id: str) -> dict[str, Any]:
        return {
            "order_id": order_id,
            "side": OrderSide.BUY,
            "order_type": OrderType.LIMIT,
            "status": "cancelled",
            "size": 1,
            "filled_size": "0.25",
            "average_price": 9,
        }


def client(venue: Venue, sleep: Any = asyncio.sleep) -> PollingClient:
    return PollingClient(venue, now_ns=lambda: venue.now_ns, polling_interval_s=30.0, sleep=sleep)


async def test_candles_are_exact_and_the_last_one_still_forms() -> None:
    venue = Venue()
    candles = await client(venue).candles("A", "1m", start_ns=minute(1), end_ns=minute(9))
    assert [candle.open_time_ns for candle in candles] == [minute(1), minute(2), minute(3)]
    assert [candle.closed for candle in candles] == [True, True, False]
    assert candles[0].low == Decimal("0.1")
    assert candles[0].high == Decimal(2)
    assert "MainThread" not in venue.threads


async def test_the_stream_yields_each_closed_candle_once_and_polls_at_the_close() -> None:
    venue, slept = Venue(), []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        venue.now_ns += round(seconds * 1e9)

    seen = []
    async for candle in client(venue, sleep).stream_candles(
        [Subscription(symbol="A", interval="1m", after_ns=minute(0))]
    ):
        seen.append(candle.open_time_ns)
        if len(seen) == 5:
            break
    assert seen == [minute(number) for number in range(1, 6)]
    assert slept[:3] == [30.0, 29.0, 30.0]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ConnectionResetError("reset"), RetryableError),
        (TimeoutError("slow"), RetryableError),
        (RetryableError("rate limit"), RetryableError),
        (KeyError("candles"), StopTradingError),
    ],
)
async def test_a_network_failure_may_pass_and_a_defect_stops(
    failure: Exception, expected: type[Exception]
) -> None:
    venue = Venue()
    venue.failure = failure
    with pytest.raises(expected):
        await client(venue).candles("A", "1m", start_ns=0)


async def test_a_failed_connection_may_pass() -> None:
    venue = Venue()
    await client(venue).open()
    venue.failure = OSError()
    with pytest.raises(RetryableError, match="connection failed"):
        await client(venue).open()


async def test_a_reply_that_is_no_candle_stops_and_invents_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue()
    for reply in (
        [{"timestamp": 1}],
        [{"timestamp": 1, "open": "x", "high": 1, "low": 1, "close": 1, "volume": 1}],
    ):
        monkeypatch.setattr(venue, "get_candles", lambda *_a, reply=reply: reply)
        with pytest.raises(StopTradingError, match="not a candle"):
            await client(venue).candles("A", "1m", start_ns=0)


async def test_a_candle_that_ended_this_moment_has_not_settled() -> None:
    venue = Venue()
    venue.now_ns = minute(3)
    candles = await client(venue).candles("A", "1m", start_ns=minute(2))
    assert [candle.closed for candle in candles] == [False, False]


async def test_orders_positions_and_balances_are_decimals() -> None:
    venue = Venue()
    ticket = OrderTicket(
        symbol="A",
        side=OrderSide.BUY,
        order_type=OrderType.LIMIT,
        size=Decimal("0.3"),
        price=Decimal("9.5"),
        reduce_only=True,
        client_order_id="c1",
    )
    report = await client(venue).submit(ticket)
    assert venue.sent == {
        "size": Decimal("0.3"),
        "price": Decimal("9.5"),
        "reduce_only": True,
        "client_order_id": "c1",
    }
    assert (report.order_id, report.status, report.filled_size, report.average_price) == (
        "7",
        OrderStatus.OPEN,
        0,
        None,
    )
    cancelled = await client(venue).cancel("A", "7")
    assert (cancelled.status, cancelled.filled_size) == (OrderStatus.CANCELLED, Decimal("0.25"))
    (position,) = await client(venue).positions()
    assert (position.side, position.quantity, position.entry_price) == (
        PositionSide.SHORT,
        Decimal("1.5"),
        Decimal("0.1"),
    )
    assert position.mark_price is None
    (balance,) = await client(venue).balances()
    assert balance.total == Decimal("0.1")
    await client(venue).close()


async def test_a_refused_order_is_told_as_such() -> None:
    venue = Venue()
    venue.failure = OrderRefusedError("too small")
    ticket = OrderTicket(symbol="A", side=OrderSide.BUY, order_type=OrderType.MARKET, size=Decimal(1))
    with pytest.raises(OrderRefusedError):
        await client(venue).submit(ticket)


async def test_a_call_that_hangs_is_left_behind_when_its_caller_is_cancelled() -> None:
    began = time.monotonic()
    task = asyncio.create_task(in_thread(time.sleep, 30))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 2


async def test_funding_and_mark_candles_are_exact_and_in_order() -> None:
    class Perpetual(Venue):
        def offers(self, feed: str, symbol: str) -> bool:
            return feed == "funding" or symbol == "A"

        def get_funding_rates(self, symbol: str, start_time: int, end_time: int) -> list[dict[str, Any]]:
            times = (minute(2) // 1_000_000, minute(1) // 1_000_000, end_time)
            return [{"timestamp": time, "rate": 0.1} for time in times]

        def get_mark_candles(
            self, symbol: str, interval: str, start_time: int, end_time: int
        ) -> list[dict[str, Any]]:
            rows = self.get_candles(symbol, interval, start_time, end_time)
            return [{key: value for key, value in row.items() if key != "volume"} for row in rows]

    polled = client(Perpetual())
    assert (polled.offers("funding", "B"), polled.offers("mark", "B")) == (True, False)
    rates = await polled.funding("A", start_ns=minute(1), end_ns=minute(3))
    assert [(rate.time_ns, rate.rate) for rate in rates] == [
        (minute(1), Decimal("0.1")),
        (minute(2), Decimal("0.1")),
    ]
    candles = await polled.mark_candles("A", "1m", start_ns=minute(2), end_ns=minute(9))
    assert [(c.open_time_ns, c.closed, c.low, c.volume) for c in candles] == [
        (minute(2), True, Decimal("0.1"), 0),
        (minute(3), False, Decimal("0.1"), 0),
    ]


async def test_a_connector_without_funding_says_so_and_a_reply_that_is_none_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue = Venue()
    assert not client(venue).offers("funding", "A")
    with pytest.raises(ParameterError, match="does not offer funding rates"):
        await client(venue).funding("A", start_ns=0, end_ns=1)
    with pytest.raises(ParameterError, match="does not offer mark candles"):
        await client(venue).mark_candles("A", "1m", start_ns=0, end_ns=1)
    monkeypatch.setattr(venue, "get_funding_rates", lambda *_: [{"timestamp": 0, "rate": "nan"}])
    with pytest.raises(StopTradingError, match="not a funding rate of A"):
        await client(venue).funding("A", start_ns=0, end_ns=1)
