"""What the live loop asks of a venue: one typed asynchronous contract, amounts in ``Decimal``, times in UTC
nanoseconds.

A connector's synchronous face (:class:`~spark_stacker.connectors.base_connector.BaseConnector`) hands out an
:class:`ExchangeClient`. Errors that a later call may not meet are ``RetryableError``; nothing here makes up
a price.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from spark_stacker.models import OrderSide, OrderType, TimeInForce

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from decimal import Decimal

    from spark_stacker.data.market_messages import MarketMessage

__all__ = [
    "Balance",
    "Candle",
    "ExchangeClient",
    "FundingRate",
    "MarketStreams",
    "OrderReport",
    "OrderStatus",
    "OrderTicket",
    "Position",
    "PositionSide",
    "RecordedStreams",
    "Subscription",
]


@dataclass(frozen=True, slots=True)
class Candle:
    """A candle of one market. ``closed`` is false while it still forms."""

    symbol: str
    interval_ns: int
    open_time_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    closed: bool = True

    @property
    def close_time_ns(self) -> int:
        """First nanosecond after the candle."""
        return self.open_time_ns + self.interval_ns


@dataclass(frozen=True, slots=True)
class FundingRate:
    """A funding payment: ``rate`` is the fraction of a position's value that longs pay to shorts."""

    symbol: str
    time_ns: int
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Wish for the candles of a market, ``interval`` as in ``"1h"``; those up to ``after_ns`` (open time)
    are known already.
    """

    symbol: str
    interval: str
    after_ns: int | None = None


class PositionSide(enum.StrEnum):
    """Which way a position gains."""

    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account has of one asset."""

    asset: str
    total: Decimal
    free: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """An open position; ``quantity`` in base units, above zero. What the venue does not say is ``None``."""

    symbol: str
    side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal | None = None
    unrealised_profit: Decimal | None = None
    leverage: Decimal | None = None
    liquidation_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTicket:
    """An order as it is sent; ``size`` in base units."""

    symbol: str
    side: OrderSide
    order_type: OrderType
    size: Decimal
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    leverage: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    post_only: bool = False
    client_order_id: str | None = None


class OrderStatus(enum.StrEnum):
    """Where an order stands."""

    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What the venue says of an order. ``average_price`` is ``None`` until something has filled."""

    order_id: str
    symbol: str
    side: OrderSide
    order_type: OrderType
    status: OrderStatus
    size: Decimal
    filled_size: Decimal
    average_price: Decimal | None = None
    reason: str | None = None
    client_order_id: str | None = None


class ExchangeClient(Protocol):
    """The asynchronous side of a connector."""

    @property
    def name(self) -> str:
        """Name of the connector, as metrics and logs show it."""
        ...

    async def open(self) -> None:
        """Reach the venue."""
        ...

    async def candles(
        self, symbol: str, interval: str, *, start_ns: int, end_ns: int | None = None
    ) -> list[Candle]:
        """Return candles that open in ``[start_ns, end_ns)``, ascending, all there are; the forming one may
        be last.
        """
        ...

    def stream_candles(self, subscriptions: Sequence[Subscription]) -> AsyncIterator[Candle]:
        """Yield candles as the venue makes them known; ends only when there will be no more."""
        ...

    def offers(self, feed: str, symbol: str) -> bool:
        """Return whether a market has a ``funding`` or ``mark`` feed here: whether to ask the next two."""
        ...

    async def funding(self, symbol: str, *, start_ns: int, end_ns: int) -> list[FundingRate]:
        """Return the payments due in ``[start_ns, end_ns)``, ascending, all there are."""
        ...

    async def mark_candles(self, symbol: str, interval: str, *, start_ns: int, end_ns: int) -> list[Candle]:
        """Return mark price candles that open in ``[start_ns, end_ns)``, as `candles` does; volume is 0."""
        ...

    async def submit(self, ticket: OrderTicket) -> OrderReport:
        """Send an order and return what the venue said of it."""
        ...

    async def cancel(self, symbol: str, order_id: str) -> OrderReport:
        """Cancel an order and return what became of it."""
        ...

    async def positions(self) -> list[Position]:
        """Return the open positions."""
        ...

    async def balances(self) -> list[Balance]:
        """Return the balances."""
        ...

    async def close(self) -> None:
        """Let go of the venue."""
        ...


@runtime_checkable
class MarketStreams(Protocol):
    """A connector's streams of trades, quotes and the book, which not every connector has."""

    @property
    def name(self) -> str:
        """Name of the connector, as metrics and logs show it."""
        ...

    async def open(self) -> None:
        """Reach the venue."""
        ...

    def offers(self, feed: str, symbol: str) -> bool:
        """Return whether a market has here: ``trades``, ``quotes``, ``book``, ``funding``, ``mark``."""
        ...

    def stream_market(self, symbol: str, feeds: Sequence[str]) -> AsyncIterator[MarketMessage]:
        """Yield messages of one market as they come, first of the book a snapshot; ends only when there will
        be no more.

        After a lost connection the next message says that others were ``lost``, and a snapshot follows. A
        message without rows says only that.
        """
        ...

    async def close(self) -> None:
        """Let go of the venue."""
        ...


@runtime_checkable
class RecordedStreams(MarketStreams, Protocol):
    """Streams that were recorded: they are the same each time, and can be gone on with.

    Every message has rows, or says that others were lost.
    """

    def resume_market(self, symbol: str, feeds: Sequence[str], *, taken: int) -> AsyncIterator[MarketMessage]:
        """Yield what `stream_market` yields, without the first ``taken`` messages."""
        ...
