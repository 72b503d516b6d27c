"""The nouns that all parts share: sides, order types, signals."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["MarketType", "OrderSide", "OrderType", "Signal", "SignalDirection", "TimeInForce"]


class SignalDirection(enum.StrEnum):
    """Which way a signal points."""

    BUY = "BUY"
    SELL = "SELL"
    NEUTRAL = "NEUTRAL"


class MarketType(enum.StrEnum):
    """How positions in a market are carried."""

    SPOT = "spot"
    PERPETUAL = "perpetual"


class OrderSide(enum.StrEnum):
    """Buy or sell."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(enum.StrEnum):
    """Price conditions of an order."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TRAILING_STOP = "TRAILING_STOP"


class TimeInForce(enum.StrEnum):
    """How long an order stands."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What an indicator says at the close of a bar.

    ``confidence`` lies in [0, 1]; ``timestamp`` is the close of the bar in UTC.

    >>> signal = Signal(direction=SignalDirection.BUY, symbol="ETH-USD", indicator="rsi_14", confidence=0.7)
    >>> signal.direction.value
    'BUY'
    """

    direction: SignalDirection
    symbol: str
    indicator: str
    confidence: float
    timestamp: datetime | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    strategy_name: str | None = None
    market: str | None = None
    exchange: str | None = None
    timeframe: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            from spark_stacker.errors import ParameterError

            raise ParameterError(f"confidence must be between 0 and 1, was {self.confidence}")
