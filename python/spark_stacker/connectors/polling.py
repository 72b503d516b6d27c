"""The asynchronous side of a synchronous connector: its calls run in threads, its candles are polled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from spark_stacker._core import interval_ns
from spark_stacker.connectors.amounts import to_amount
from spark_stacker.connectors.contract import (
    Balance,
    Candle,
    FundingRate,
    OrderReport,
    OrderStatus,
    OrderTicket,
    Position,
    PositionSide,
    Subscription,
)
from spark_stacker.connectors.threads import in_thread
from spark_stacker.errors import RetryableError, SparkStackerError, StopTradingError
from spark_stacker.models import TimeInForce

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from decimal import Decimal

    from spark_stacker.connectors.base_connector import BaseConnector

__all__ = ["PollingClient"]

NS_PER_MS = 1_000_000
SETTLED_NS = 1_000_000_000
"""How long after its end a candle counts as closed: clocks differ, and venues need a moment."""

T = TypeVar("T")


class PollingClient:
    """An ``ExchangeClient`` over a ``BaseConnector``.

    ``now_ns`` tells the time (a candle whose end lies ahead still forms), ``sleep`` waits. Candles are
    asked for every ``polling_interval_s`` seconds, sooner when one is due to close. A network failure
    (``OSError`` and its kin) becomes a ``RetryableError``; any other failure of the connector stops
    trading, since it would only repeat.
    """

    def __init__(
        self,
        connector: BaseConnector,
        *,
        now_ns: Callable[[], int],
        polling_interval_s: float = 60.0,
        settled_ns: int = SETTLED_NS,
        sleep: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        self._connector = connector
        self._now_ns = now_ns
        self._polling_interval_ns = round(polling_interval_s * 1e9)
        self._settled_ns = settled_ns
        self._sleep = sleep

    @property
    def name(self) -> str:
        """Name of the connector."""
        return self._connector.name

    async def open(self) -> None:
        """Connect. Raises ``RetryableError`` if that fails."""
        if not await self._call(self._connector.connect):
            raise RetryableError(f"{self.name}: the connection failed")

    async def candles(
        self, symbol: str, interval: str, *, start_ns: int, end_ns: int | None = None
    ) -> list[Candle]:
        """Return the candles that open in ``[start_ns, end_ns)``, ascending."""
        # The time before the question: what closes while the answer is on its way was still forming.
        now_ns = self._now_ns()
        end_ms = None if end_ns is None else -(-end_ns // NS_PER_MS)
        rows = await self._call(
            self._connector.get_candles, symbol, interval, -(-start_ns // NS_PER_MS), end_ms
        )
        step_ns = interval_ns(interval)
        candles = [self._candle(row, symbol, step_ns, now_ns) for row in rows]
        candles = [
            c for c in candles if c.open_time_ns >= start_ns and (end_ns is None or c.open_time_ns < end_ns)
        ]
        return sorted(candles, key=lambda candle: candle.open_time_ns)

    def offers(self, feed: str, symbol: str) -> bool:
        """Return whether the connector has a market's ``funding`` or ``mark`` feed."""
        return self._connector.offers(feed, symbol)

    async def funding(self, symbol: str, *, start_ns: int, end_ns: int) -> list[FundingRate]:
        """Return the payments due in ``[start_ns, end_ns)``, ascending."""
        rows = await self._call(
            self._connector.get_funding_rates, symbol, -(-start_ns // NS_PER_MS), -(-end_ns // NS_PER_MS)
        )
        rates = [self._rate(row, symbol) for row in rows]
        return sorted(
            (rate for rate in rates if start_ns <= rate.time_ns < end_ns), key=lambda rate: rate.time_ns
        )

    async def mark_candles(self, symbol: str, interval: str, *, start_ns: int, end_ns: int) -> list[Candle]:
        """Return the mark candles that open in ``[start_ns, end_ns)``, ascending."""
        now_ns = self._now_ns()
        rows = await self._call(
            self._connector.get_mark_candles,
            symbol,
            interval,
            -(-start_ns // NS_PER_MS),
            -(-end_ns // NS_PER_MS),
        )
        step_ns = interval_ns(interval)
        candles = [self._candle({**row, "volume": 0}, symbol, step_ns, now_ns) for row in rows]
        return sorted(
            (candle for candle in candles if start_ns <= candle.open_time_ns < end_ns),
            key=lambda candle: candle.open_time_ns,
        )

    async def stream_candles(self, subscriptions: Sequence[Subscription]) -> AsyncIterator[Candle]:
        """Poll for ever; yield each closed candle once, oldest first."""
        after = {
            s: self._now_ns() - interval_ns(s.interval) if s.after_ns is None else s.after_ns
            for s in subscriptions
        }
        while True:
            fresh: list[Candle] = []
            for wish, after_ns in after.items():
                news = [
                    c
                    for c in await self.candles(wish.symbol, wish.interval, start_ns=after_ns + 1)
                    if c.closed
                ]
                if news:
                    after[wish] = news[-1].open_time_ns
                fresh += news
            for candle in sorted(fresh, key=lambda candle: candle.close_time_ns):
                yield candle
            await self._sleep(self._pause_s(subscriptions))

    async def submit(self, ticket: OrderTicket) -> OrderReport:
        """Send an order through ``place_order``."""
        options: dict[str, Any] = {
            "trigger_price": ticket.trigger_price,
            "leverage": ticket.leverage,
            "client_order_id": ticket.client_order_id,
            "reduce_only": ticket.reduce_only or None,
            "post_only": ticket.post_only or None,
            "time_in_force": None if ticket.time_in_force is TimeInForce.GTC else ticket.time_in_force,
        }
        answer = await self._call(
            self._connector.place_order,
            ticket.symbol,
            ticket.side,
            ticket.order_type,
            ticket.size,
            ticket.price,
            **{name: value for name, value in options.items() if value is not None},
        )
        return _report(answer, ticket)

    async def cancel(self, symbol: str, order_id: str) -> OrderReport:
        """Cancel through ``cancel_order`` and read back what became of the order."""
        await self._call(self._connector.cancel_order, order_id)
        answer = await self._call(self._connector.get_order_status, order_id)
        return _report({"symbol": symbol, **answer})

    async def positions(self) -> list[Position]:
        """Return the open positions."""
        rows = await self._call(self._connector.get_positions)
        return [
            Position(
                symbol=row["symbol"],
                side=PositionSide(str(row["side"]).lower()),
                quantity=to_amount(row["size"], name="size"),
                entry_price=to_amount(row["entry_price"], name="entry_price"),
                mark_price=_optional(row, "mark_price"),
                unrealised_profit=_optional(row, "unrealised_profit"),
                leverage=_optional(row, "leverage"),
                liquidation_price=_optional(row, "liquidation_price"),
            )
            for row in rows
        ]

    async def balances(self) -> list[Balance]:
        """Return the balances; the synchronous face does not say what of them is free, so all of it counts
        as such.
        """
        totals = await self._call(self._connector.get_account_balance)
        return [
            Balance(asset=asset, total=to_amount(total, name=asset), free=to_amount(total, name=asset))
            for asset, total in totals.items()
        ]

    async def close(self) -> None:
        """Disconnect."""
        await self._call(self._connector.disconnect)

    def _pause_s(self, subscriptions: Sequence[Subscription]) -> float:
        now_ns = self._now_ns()
        until_settled = [
            (self._settled_ns - now_ns) % step or step
            for step in {interval_ns(s.interval) for s in subscriptions}
        ]
        return min(self._polling_interval_ns, *until_settled) / 1e9

    async def _call(self, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            return await in_thread(call, *args, **kwargs)
        except SparkStackerError:
            raise
        except OSError as error:
            raise RetryableError(f"{self.name}: {call.__name__} failed: {error!r}") from error
        except Exception as error:
            raise StopTradingError(f"{self.name}: {call.__name__} failed: {error!r}") from error

    def _candle(self, row: dict[str, Any], symbol: str, step_ns: int, now_ns: int) -> Candle:
        try:
            open_time_ns = int(row["timestamp"]) * NS_PER_MS
            open_, high, low, close, volume = (
                to_amount(row[key], name=key) for key in ("open", "high", "low", "close", "volume")
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StopTradingError(f"{self.name}: not a candle of {symbol}: {row!r} ({error})") from error
        closed = open_time_ns + step_ns + self._settled_ns <= now_ns
        return Candle(symbol, step_ns, open_time_ns, open_, high, low, close, volume, closed)

    def _rate(self, row: dict[str, Any], symbol: str) -> FundingRate:
        try:
            time_ns, rate = int(row["timestamp"]) * NS_PER_MS, to_amount(row["rate"], name="rate")
        except (KeyError, TypeError, ValueError) as error:
            raise StopTradingError(
                f"{self.name}: not a funding rate of {symbol}: {row!r} ({error})"
            ) from error
        return FundingRate(symbol, time_ns, rate)


def _optional(row: dict[str, Any], key: str) -> Decimal | None:
    value = row.get(key)
    return None if value is None else to_amount(value, name=key)


def _report(answer: dict[str, Any], ticket: OrderTicket | None = None) -> OrderReport:
    try:
        return OrderReport(
            order_id=str(answer["order_id"]),
            symbol=ticket.symbol if ticket else answer["symbol"],
            side=ticket.side if ticket else answer["side"],
            order_type=ticket.order_type if ticket else answer["order_type"],
            status=OrderStatus(str(answer["status"]).lower()),
            size=ticket.size if ticket else to_amount(answer["size"], name="size"),
            filled_size=to_amount(answer["filled_size"], name="filled_size"),
            average_price=_optional(answer, "average_price"),
            reason=answer.get("reason"),
            client_order_id=ticket.client_order_id if ticket else answer.get("client_order_id"),
        )
    except (KeyError, ValueError) as error:
        raise StopTradingError(
            f"the venue's answer to an order cannot be read: {answer!r} ({error})"
        ) from error
