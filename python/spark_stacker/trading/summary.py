"""What happened: counted while a session runs, told at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from spark_stacker.trading.events import (
    BarDuplicated,
    BarLate,
    BarRejected,
    BarRevised,
    BarsBackFilled,
    BarsMissing,
    BarsProcessed,
    CallFailed,
    EntryRefused,
    Event,
    EventsLate,
    EventsMissing,
    Fill,
    FundingDue,
    OrderRefused,
    OrderSent,
    SessionStarted,
    SessionStopped,
    SignalGiven,
    StateRestored,
    TradeClosed,
    WarmedUp,
)

if TYPE_CHECKING:
    from spark_stacker.trading.portfolio import PortfolioView

__all__ = ["Summary"]

PROBLEMS: dict[type[Event], str] = {
    BarLate: "late bars",
    BarDuplicated: "duplicated bars",
    BarRevised: "revised bars",
    BarRejected: "rejected bars",
    BarsMissing: "missing bars",
    EventsMissing: "gaps in the events",
    EventsLate: "late messages",
    CallFailed: "failed calls",
    OrderRefused: "orders rejected by the venue",
    EntryRefused: "entries refused by a limit",
}


@dataclass(slots=True)
class Summary:
    """Counts events; itself an observer. Money is in quote currency, times are UTC nanoseconds.

    ``bars``, ``fills`` and so on count this run; ``trades`` and ``profit`` those closed in it.
    """

    exchange: str = ""
    source: str = ""
    markets: tuple[str, ...] = ()
    warm_up_bars: int = 0
    restored_bars: int = 0
    bars: int = 0
    first_open_time_ns: int | None = None
    last_open_time_ns: int | None = None
    back_filled_bars: int = 0
    indicator_signals: int = 0
    orders: int = 0
    orders_by_purpose: Counter[str] = field(default_factory=Counter)
    fills: int = 0
    fees: float = 0.0
    funding_rates: int = 0
    trades: int = 0
    winning_trades: int = 0
    profit: float = 0.0
    problems: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    stopped: str = "has not stopped"
    portfolio: PortfolioView | None = None

    def __call__(self, event: Event) -> None:
        """Take an event into account."""
        match event:
            case BarsProcessed():
                self.bars += len(event.closes)
                self.first_open_time_ns = self.first_open_time_ns or event.open_time_ns
                self.last_open_time_ns = event.open_time_ns
                self.portfolio = event.portfolio
            case OrderSent():
                self.orders += 1
                self.orders_by_purpose[event.purpose] += 1
            case Fill():
                self.fills += 1
                self.fees += event.fee
            case TradeClosed():
                self.trades += 1
                self.winning_trades += event.profit > 0
                self.profit += event.profit
            case FundingDue():
                self.funding_rates += 1
            case SignalGiven():
                self.indicator_signals += 1
            case SessionStarted():
                self.exchange, self.markets, self.source = event.exchange, event.markets, event.source
            case WarmedUp():
                self.warm_up_bars += event.bars
            case StateRestored():
                self.restored_bars = event.bar_groups
                self.warnings += event.warnings
            case BarsBackFilled():
                self.back_filled_bars += event.bars
            case SessionStopped():
                self.stopped, self.portfolio = event.reason, event.portfolio
            case _ if type(event) in PROBLEMS:
                times = getattr(event, "bars", getattr(event, "messages", 1))
                self.problems[PROBLEMS[type(event)]] += times

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON has them."""
        return {
            **asdict(self),
            "orders_by_purpose": dict(self.orders_by_purpose),
            "problems": dict(self.problems),
        }
