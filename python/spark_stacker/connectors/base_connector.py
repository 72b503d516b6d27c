"""The public face of every connector: plain synchronous calls, as the developer guide shows them.

A connector must offer the six abstract calls. The others are refused by default with a message that says
so; a connector overrides those that its venue has. Amounts may be given as float, int, str or ``Decimal``
(a float counts by its repr); times are milliseconds since 1970 in UTC, as exchanges state them.
"""

# ruff: noqa: ARG002 - a call that a connector does not offer is refused, whatever its arguments

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

from spark_stacker.errors import ParameterError
from spark_stacker.models import MarketType, OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spark_stacker.connectors.amounts import Amount
    from spark_stacker.connectors.contract import ExchangeClient

__all__ = ["BaseConnector", "MarketType", "OrderSide", "OrderType"]


class BaseConnector(abc.ABC):
    """An exchange account and its market data.

    ``name`` is the user's name for it, ``exchange_type`` the name it is registered under, ``market_types``
    what can be traded through it (spot if nothing is said).
    """

    def __init__(
        self, name: str, exchange_type: str, market_types: Sequence[MarketType] | None = None
    ) -> None:
        self.name = name
        self.exchange_type = exchange_type
        self.market_types = list(market_types) if market_types else [MarketType.SPOT]
        self._is_connected = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, exchange_type={self.exchange_type!r})"

    @property
    def is_connected(self) -> bool:
        """Whether :meth:`connect` has succeeded and :meth:`disconnect` has not been called since."""
        return self._is_connected

    @property
    def source(self) -> str:
        """Words for where the candles come from; a dry run goes on from its journal on this source only."""
        return f"{self.name} ({self.exchange_type})"

    @property
    def venue_time_ns(self) -> Callable[[], int] | None:
        """Tells the venue's time in UTC nanoseconds where that is not the present, as in a replay; else
        ``None``.
        """
        return None

    @abc.abstractmethod
    def connect(self) -> bool:
        """Reach the venue; return whether that worked."""

    @abc.abstractmethod
    def disconnect(self) -> bool:
        """Let go of the venue; return whether that worked."""

    @abc.abstractmethod
    def get_markets(self) -> list[dict[str, Any]]:
        """Return the markets: ``symbol``, ``base``, ``quote`` and ``market_type`` of each, with what else
        is known.
        """

    @abc.abstractmethod
    def get_ticker(self, symbol: str) -> dict[str, Any]:
        """Return ``symbol``, ``last_price`` and ``timestamp`` (ms)."""

    @abc.abstractmethod
    def get_account_balance(self) -> dict[str, float]:
        """Return the total balance by asset."""

    @abc.abstractmethod
    def place_order(
        self,
        symbol: str,
        side: OrderSide,
        order_type: OrderType,
        size: Amount,
        price: Amount | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Send an order of ``size`` base units; return ``order_id``, ``status``, ``filled_size`` and
        ``average_price``.
        """

    def get_candles(
        self,
        symbol: str,
        interval: str,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return candles that open in ``[start_time, end_time)``, ascending; with ``limit`` the latest of
        them.

        Each has ``timestamp`` (open time, ms), ``open``, ``high``, ``low``, ``close`` and ``volume``.
        """
        raise self._not_offered("candles")

    def offers(self, feed: str, symbol: str) -> bool:
        """Return whether a market's ``funding`` or ``mark`` prices are had here; by default neither.

        Where they are, the dry run asks for them at each bar: ``get_funding_rates``, ``get_mark_candles``.
        """
        return False

    def get_funding_rates(self, symbol: str, start_time: int, end_time: int) -> list[dict[str, Any]]:
        """Return the funding payments due in ``[start_time, end_time)``, ascending.

        Each has ``timestamp`` (ms) and ``rate``, the fraction of a position's value that longs pay to shorts.
        """
        raise self._not_offered("funding rates")

    def get_mark_candles(
        self, symbol: str, interval: str, start_time: int, end_time: int
    ) -> list[dict[str, Any]]:
        """Return mark price candles as :meth:`get_candles` does; ``volume`` may be missing."""
        raise self._not_offered("mark candles")

    def get_orderbook(self, symbol: str, depth: int = 10) -> dict[str, Any]:
        """Return ``bids`` and ``asks`` as lists of ``[price, size]``, best first, and ``timestamp`` (ms)."""
        raise self._not_offered("an order book")

    def get_positions(self) -> list[dict[str, Any]]:
        """Return the open positions: ``symbol``, ``side``, ``size``, ``entry_price`` and what else is
        known.
        """
        raise self._not_offered("positions")

    def get_order_status(self, order_id: str) -> dict[str, Any]:
        """Return what became of an order, as :meth:`place_order` does."""
        raise self._not_offered("the state of an order")

    def cancel_order(self, order_id: str) -> bool:
        """Cancel an order; return whether it was still open."""
        raise self._not_offered("the cancelling of orders")

    def get_leverage_tiers(self, symbol: str) -> list[dict[str, Any]]:
        """Return the market's margin tiers, lowest notional first."""
        raise self._not_offered("margin tiers")

    def set_leverage(self, symbol: str, leverage: Amount) -> dict[str, Any]:
        """Set the leverage of new positions in a market; return what is set."""
        raise self._not_offered("leverage")

    def close_position(self, symbol: str) -> dict[str, Any]:
        """Close the whole position in a market with a market order; return as :meth:`place_order` does."""
        raise self._not_offered("the closing of positions")

    def client(self, *, now_ns: Callable[[], int], polling_interval_s: float = 60.0) -> ExchangeClient:
        """Return the asynchronous side for the live loop.

        By default the calls above run in threads and candles are polled. ``now_ns`` tells the time:
        connectors read no clock of their own.
        """
        from spark_stacker.connectors.polling import PollingClient

        return PollingClient(self, now_ns=now_ns, polling_interval_s=polling_interval_s)

    def _not_offered(self, what: str) -> ParameterError:
        return ParameterError(f"connector {self.name!r} ({self.exchange_type}) does not offer {what}")
