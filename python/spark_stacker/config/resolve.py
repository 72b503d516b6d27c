"""What names in a configuration stand for: a strategy's exchange, symbol, indicators and market."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_stacker.config.strategy import IndicatorUse
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.config.symbols import Symbol, parse_symbol
from spark_stacker.config.values import interval_ns
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spark_stacker.config.exchange import ExchangeSettings
    from spark_stacker.config.instrument import InstrumentSettings
    from spark_stacker.config.settings import Settings
    from spark_stacker.config.strategy import IndicatorSettings, StrategySettings
    from spark_stacker.config.values import Scalar

__all__ = [
    "MarketUse",
    "ResolvedIndicator",
    "enabled_strategies",
    "exchange_of",
    "hedge_exchange",
    "indicators_of",
    "instrument_of",
    "main_exchange",
    "markets_of",
    "spot_markets",
    "symbol_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedIndicator:
    """An indicator as a strategy uses it, nothing left open."""

    name: str
    type: str
    parameters: Mapping[str, Scalar]
    timeframe: str
    weight: float
    signal_ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketUse:
    """A market that strategies trade, and the longest interval of candles that serves all timeframes."""

    symbol: str
    exchange: str | None
    interval_ns: int


def main_exchange(settings: Settings) -> ExchangeSettings | None:
    """The enabled exchange flagged ``use_as_main``, else the only enabled one."""
    return _flagged(settings, "use_as_main")


def hedge_exchange(settings: Settings) -> ExchangeSettings | None:
    """The enabled exchange flagged ``use_as_hedge``, else the only enabled one."""
    return _flagged(settings, "use_as_hedge")


def _flagged(settings: Settings, flag: str) -> ExchangeSettings | None:
    enabled = [exchange for exchange in settings.exchanges if exchange.enabled]
    flagged = [exchange for exchange in enabled if getattr(exchange, flag)]
    if flagged:
        return flagged[0]
    return enabled[0] if len(enabled) == 1 else None


def exchange_of(settings: Settings, strategy: StrategySettings) -> ExchangeSettings | None:
    """The exchange that a strategy trades on; ``None`` when the configuration has none."""
    if strategy.exchange is None:
        return main_exchange(settings)
    return next((exchange for exchange in settings.exchanges if exchange.name == strategy.exchange), None)


def symbol_of(settings: Settings, strategy: StrategySettings) -> Symbol:
    """The market of a strategy, completed by its exchange's quote currency."""
    exchange = exchange_of(settings, strategy)
    return parse_symbol(strategy.market, default_quote=exchange.quote_currency if exchange else "USD")


def instrument_of(settings: Settings, symbol: Symbol) -> InstrumentSettings | None:
    """The specification given for a market, if any."""
    for written, instrument in settings.instruments.items():
        if parse_symbol(written, default_quote=symbol.quote) == symbol:
            return instrument
    return None


def spot_markets(settings: Settings) -> frozenset[str]:
    """Symbols of the strategies' markets that are traded spot."""
    symbols = {symbol_of(settings, strategy) for strategy in settings.strategies}
    instruments = {symbol: instrument_of(settings, symbol) for symbol in symbols}
    return frozenset(str(s) for s, found in instruments.items() if found and found.market_type == "spot")


def indicators_of(settings: Settings, strategy: StrategySettings) -> tuple[ResolvedIndicator, ...]:
    """The indicators that vote in a strategy, in order, with nothing left open."""
    known = {indicator.name: indicator for indicator in settings.indicators}
    uses = strategy.indicators
    if uses is None:
        uses = tuple(IndicatorUse(name=name) for name, indicator in known.items() if indicator.enabled)
    return tuple(_resolved(known[use.name], use, strategy.timeframe) for use in uses)


def _resolved(indicator: IndicatorSettings, use: IndicatorUse, timeframe: str) -> ResolvedIndicator:
    return ResolvedIndicator(
        name=indicator.name,
        type=indicator.type,
        parameters=indicator.parameters,
        timeframe=use.timeframe or indicator.timeframe or timeframe,
        weight=use.weight or indicator.weight,
        signal_ttl=use.signal_ttl or indicator.signal_ttl,
    )


def enabled_strategies(
    settings: Settings, names: Sequence[str] | None = None
) -> tuple[StrategySettings, ...]:
    """The enabled strategies, or those named, enabled or not; ``ParameterError`` for an unknown name."""
    if names is None:
        return tuple(strategy for strategy in settings.strategies if strategy.enabled)
    known = {strategy.name: strategy for strategy in settings.strategies}
    for name in names:
        if name not in known:
            raise ParameterError(
                f'no strategy "{name}"{did_you_mean(name, known)}; known: {", ".join(known)}'
            )
    return tuple(known[name] for name in names)


def markets_of(settings: Settings, strategies: Sequence[StrategySettings]) -> tuple[MarketUse, ...]:
    """The markets of ``strategies`` in order of first use, with the interval that their candles share.

    It is the greatest common divisor of all timeframes used: ``4h`` and ``6h`` need ``2h``.
    """
    places: dict[tuple[str | None, str], None] = {}
    interval = 0
    for strategy in strategies:
        exchange = exchange_of(settings, strategy)
        places[exchange.name if exchange else None, str(symbol_of(settings, strategy))] = None
        used = [strategy.timeframe, *(indicator.timeframe for indicator in indicators_of(settings, strategy))]
        interval = math.gcd(interval, *(interval_ns(timeframe) for timeframe in used))
    return tuple(
        MarketUse(symbol=symbol, exchange=exchange, interval_ns=interval) for exchange, symbol in places
    )
