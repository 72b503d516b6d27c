"""What happens in a session, as values. The loop tells observers: the log, the metrics, the summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spark_stacker.trading.portfolio import PortfolioView

__all__ = [
    "BarDuplicated",
    "BarLate",
    "BarRejected",
    "BarRevised",
    "BarsBackFilled",
    "BarsMissing",
    "BarsProcessed",
    "CallFailed",
    "CallMade",
    "EntryRefused",
    "Event",
    "EventsLate",
    "EventsMissing",
    "Fill",
    "FundingDue",
    "MarketEvent",
    "Observer",
    "OrderRefused",
    "OrderSent",
    "SessionStarted",
    "SessionStopped",
    "SignalGiven",
    "StateRestored",
    "TradeClosed",
    "WarmedUp",
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    """The session begins; ``source`` says where its candles or events come from."""

    exchange: str
    markets: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRestored(Event):
    """An earlier session goes on: its portfolio and closed ``trades``; ``warnings`` are what the journal's
    reader forgave. On ticks ``bar_groups`` are the bars that had closed.
    """

    bar_groups: int
    last_open_time_ns: int | None
    portfolio: PortfolioView
    trades: tuple[TradeClosed, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmedUp(Event):
    """The indicators of a market have seen ``bars`` candles of history."""

    market: str
    bars: int
    last_open_time_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketEvent(Event):
    """Something about candles of one market; ``open_time_ns`` is that of the first one."""

    market: str
    open_time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarLate(MarketEvent):
    """A candle came after its moment had passed without it; it is not traded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarDuplicated(MarketEvent):
    """A candle came again, unchanged; it is ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRevised(MarketEvent):
    """A closed candle came again with other values; the first stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRejected(MarketEvent):
    """A candle breaks a rule; it is not traded."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsMissing(MarketEvent):
    """Candles neither came nor stand in the venue's history; the market did not trade in them."""

    bars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsBackFilled(MarketEvent):
    """Candles that had not come were found in the venue's history."""

    bars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsMissing(Event):
    """Events of a market are missing before this time; its book is unknown until the next snapshot."""

    market: str
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsLate(Event):
    """Messages came later than is waited for; they count as having happened that long before they came."""

    market: str
    time_ns: int
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingDue(MarketEvent):
    """Funding fell due at ``time_ns``; what is held at the open of this bar pays or gets it."""

    time_ns: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMade(Event):
    """A call to a venue succeeded."""

    exchange: str
    endpoint: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailed(Event):
    """A call to a venue failed and will be made again after ``retry_in_s``."""

    exchange: str
    endpoint: str
    error: str
    retry_in_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalGiven(Event):
    """A Python indicator gave a signal at a close."""

    strategy: str
    market: str
    indicator: str
    direction: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused(Event):
    """The simulated venue rejected an order."""

    strategy: str
    market: str
    side: str
    purpose: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRefused(Event):
    """A limit or rule forbade an entry: its name, the limit and the value that broke it."""

    strategy: str
    market: str
    direction: str
    rule: str
    limit: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSent(Event):
    """An order went to the simulated venue."""

    order: int
    account: int
    strategy: str
    market: str
    side: str
    kind: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill(Event):
    """An execution on the simulated venue."""

    order: int
    account: int
    strategy: str
    market: str
    side: str
    quantity: float
    price: float
    fee: float
    liquidity: str
    purpose: str
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeClosed(Event):
    """A position went flat; ``profit`` is net of fees and funding."""

    strategy: str
    market: str
    side: str
    account: int
    quantity: float
    entry_price: float
    exit_price: float
    profit: float
    exit_purpose: str
    exit_time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsProcessed(Event):
    """All markets' candles of one open time have been decided on."""

    open_time_ns: int
    closes: Mapping[str, float]
    portfolio: PortfolioView


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStopped(Event):
    """The session ends; what is open stays open on paper."""

    reason: str
    portfolio: PortfolioView


Observer = Callable[[Event], None]
"""Is told every event, in order."""


def fields_of(event: Event) -> dict[str, Any]:
    """Return an event's fields by name."""
    return {name: getattr(event, name) for name in event.__dataclass_fields__}
