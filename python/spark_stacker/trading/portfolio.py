"""The portfolio as it stands: what the metrics show, the log says and a stop reports."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["OpenOrder", "OpenPosition", "PortfolioView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosition:
    """A position on the simulated venue; prices in quote currency, ``leg`` is ``main`` or ``hedge``."""

    market: str
    strategy: str
    leg: str
    side: str
    quantity: float
    entry_price: float
    mark_price: float
    unrealised_profit: float
    liquidation_price: float | None
    stop_price: float | None
    target_price: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON has them."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order that waits on the simulated venue."""

    order: int
    market: str
    strategy: str
    side: str
    kind: str
    quantity: float | None
    price: float | None
    trigger: float | None
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioView:
    """Equity and cash in quote currency, open positions and open orders."""

    equity: float
    cash: float
    positions: tuple[OpenPosition, ...] = ()
    open_orders: tuple[OpenOrder, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON has them."""
        return asdict(self)
