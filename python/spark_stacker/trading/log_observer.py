"""From the loop's events to log lines: one event name each, its fields as they are."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from spark_stacker.trading.events import (
    BarDuplicated,
    BarLate,
    BarRejected,
    BarRevised,
    BarsBackFilled,
    BarsMissing,
    BarsProcessed,
    CallFailed,
    CallMade,
    EntryRefused,
    Event,
    EventsLate,
    EventsMissing,
    FundingDue,
    OrderRefused,
    OrderSent,
    SessionStopped,
    StateRestored,
    fields_of,
)

if TYPE_CHECKING:
    from spark_stacker.trading.portfolio import PortfolioView

__all__ = ["LogObserver"]

DEBUG = (BarsProcessed, CallMade, FundingDue, OrderSent)
WARNING = (
    BarDuplicated,
    BarLate,
    BarRejected,
    BarRevised,
    BarsBackFilled,
    BarsMissing,
    CallFailed,
    EntryRefused,
    EventsLate,
    EventsMissing,
    OrderRefused,
)


class LogObserver:
    """Logs every event: bars and calls at debug, what went wrong as a warning, the rest as information."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("spark_stacker.trading")

    def say(self, event: str, **fields: object) -> None:
        """Log something that is no event of the loop."""
        self._log.info(event, **fields)

    def __call__(self, event: Event) -> None:
        """Log an event."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        if isinstance(event, DEBUG):
            self._log.debug(name, **_shown(event))
        elif isinstance(event, WARNING):
            self._log.warning(name, **_shown(event))
        else:
            self._log.info(name, **_shown(event))
        if isinstance(event, SessionStopped):
            for position in event.portfolio.positions:
                self._log.info("position_open", **position.to_dict())
        if isinstance(event, StateRestored):
            for warning in event.warnings:
                self._log.warning("journal_warning", warning=warning)


def _shown(event: Event) -> dict[str, Any]:
    fields = fields_of(event)
    fields.pop("trades", None)
    shown: dict[str, Any] = {}
    for name, value in fields.items():
        if name.endswith("time_ns") or name == "time_ns":
            shown[name.removesuffix("_ns")] = None if value is None else _utc(value)
        elif name == "portfolio":
            shown |= _totals(value)
        else:
            shown[name] = value
    return shown


def _totals(portfolio: PortfolioView) -> dict[str, Any]:
    return {"equity": portfolio.equity, "cash": portfolio.cash, "open_positions": len(portfolio.positions)}


def _utc(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).isoformat().replace("+00:00", "Z")
