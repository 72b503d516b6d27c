"""Where a dry run's events come from: the streams of each market, and the ticks that its prices lie on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_stacker.connectors.contract import RecordedStreams
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_stacker.connectors.contract import MarketStreams

__all__ = ["FEEDS", "EventMarket", "EventSource"]

FEEDS = ("trades", "quotes", "book", "funding", "mark")
"""What is asked for where a market has it; without trades there are no bars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMarket:
    """The streams of one market; ``place`` names what they come from in errors."""

    streams: MarketStreams
    tick_size: float
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """Markets by symbol, and words for where their events come from.

    ``facts`` say how the events were understood, ``notes`` what to be warned of before a run.
    """

    markets: Mapping[str, EventMarket]
    text: str
    is_synthetic: bool = False
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def market(self, symbol: str) -> EventMarket:
        """A market's streams. Raises ``ParameterError`` if there are none, or they have no trades."""
        if symbol not in self.markets:
            raise ParameterError(
                f"events must be given of {symbol}, were of {', '.join(self.markets) or 'nothing'}"
            )
        market = self.markets[symbol]
        if not market.streams.offers("trades", symbol):
            raise ParameterError(f"{market.streams.name} has no trades of {symbol} to build bars from")
        return market

    @property
    def is_recorded(self) -> bool:
        """Whether the time is that of recordings. Raises ``ParameterError`` where only some streams are."""
        recorded = [isinstance(market.streams, RecordedStreams) for market in self.markets.values()]
        if any(recorded) and not all(recorded):
            raise ParameterError("recorded events cannot be mixed with live ones")
        return all(recorded)
