"""Settings of indicators and of the strategies that use them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from spark_stacker.config.registry import check_indicator
from spark_stacker.config.sizing import PercentEquity, SizingSettings
from spark_stacker.config.symbols import parse_symbol
from spark_stacker.config.values import (
    Count,
    Fraction,
    FrozenSettings,
    Interval,
    Many,
    Name,
    Number,
    Percent,
    PercentBelow100,
    Positive,
    Scalar,
    Switch,
)
from spark_stacker.errors import ConfigError, ConfigProblem, ParameterError

__all__ = ["IndicatorSettings", "IndicatorUse", "StrategySettings"]

Leverage = Annotated[Number, Field(ge=1, le=1000)]
SignalTtl = Annotated[Count, Field(le=1_000_000)]


class IndicatorSettings(FrozenSettings):
    """An indicator under a name, with its parameters checked by its type."""

    name: Name
    type: str
    """One of ``spark-stacker indicators list``, or a registered type."""
    enabled: Switch = True
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    timeframe: Interval | None = None
    """Candles that it sees; the strategy's timeframe if not given."""
    weight: Positive = 1.0
    """Weight in a ``weighted`` vote."""
    signal_ttl: SignalTtl = 1
    """Closed bars of its timeframe for which a signal stands."""

    @model_validator(mode="after")
    def _type_and_parameters_fit(self) -> IndicatorSettings:
        check_indicator(self.type, self.parameters)
        return self


class IndicatorUse(FrozenSettings):
    """A strategy's use of an indicator; what is given here goes before the indicator's own."""

    name: Name
    timeframe: Interval | None = None
    weight: Positive | None = None
    signal_ttl: SignalTtl | None = None


def _use(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _market(value: object) -> object:
    if isinstance(value, str):
        try:
            parse_symbol(value, default_quote="USD")
        except ParameterError as error:
            message = str(error).removeprefix("market ")
            raise ConfigError(message, [ConfigProblem("", message)]) from None
    return value


class StrategySettings(FrozenSettings):
    """A market, the indicators that vote on it, and how a position is sized, stopped and hedged."""

    name: Name
    market: Annotated[str, BeforeValidator(_market)]
    """``ETH-USD``, or ``ETH`` in the exchange's quote currency."""
    enabled: Switch = True
    exchange: Name | None = None
    """Name of an exchange; the one flagged ``use_as_main`` if not given."""
    timeframe: Interval = "1h"
    """Decisions are taken at the closes of these candles."""
    indicators: Many[Annotated[IndicatorUse, BeforeValidator(_use)]] | None = None
    """Names, or tables with ``name``, ``timeframe``, ``weight``, ``signal_ttl``; by default all enabled."""
    signal_mode: Literal["any", "all", "majority", "weighted"] = "any"
    """How the indicators' signals become one."""
    min_confidence: Fraction = 0.0
    """Lowest confidence that acts."""
    side: Literal["long", "short", "both"] = "both"
    """Directions that may be held."""
    exit_on_opposite: Switch = True
    """Close on the opposite signal."""
    max_entries: Annotated[Count, Field(le=1000)] = 1
    """Entries into one position; 1 is no pyramiding."""

    sizing: SizingSettings = PercentEquity()
    max_position_size: Positive | None = None
    """Upper bound of a trade's margin capital, quote currency."""
    main_leverage: Leverage = 1.0
    """Notional of the main leg over its margin."""

    stop_loss_pct: PercentBelow100 | None = None
    """Stop, percent of the entry price against the position."""
    take_profit_pct: Percent | None = None
    """Target, percent of the entry price in favour."""
    trailing_stop_pct: PercentBelow100 | None = None
    """Stop that follows the best price at this distance, percent."""
    break_even_pct: Percent | None = None
    """Gain in percent from which the stop stands at the entry price."""
    max_holding_time: Interval | None = None
    """Longest time that a position is held, such as ``12h``."""

    hedge_ratio: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    """Share of a trade's capital that margins the hedge; 0 is no hedge."""
    hedge_leverage: Leverage = 1.0
    """Notional of the hedge leg over its margin."""
    hedge_net_stop_loss_pct: Annotated[Percent, Field(le=100)] | None = None
    """Stop when both legs together have lost this percent of the trade's capital."""
    hedge_reduce_at_pct: Percent | None = None
    """Gain of the main leg in percent of price at which the hedge is reduced."""
    hedge_reduce_by_pct: Annotated[Percent, Field(le=100)] = 50.0
    """Share of the hedge taken off there, percent."""
    hedge_keep_on_reversal: Switch = False
    """On the opposite signal close the main leg and keep the hedge."""

    @model_validator(mode="after")
    def _settings_fit_each_other(self) -> StrategySettings:
        problems = [*self._problems_of_sizing(), *self._problems_of_hedge(), *self._problems_of_indicators()]
        if problems:
            raise ConfigError("strategy", problems)
        return self

    def _problems_of_sizing(self) -> list[ConfigProblem]:
        problems = []
        if self.sizing.method == "risk_based" and self.stop_loss_pct is None:
            problems.append(ConfigProblem("stop_loss_pct", "is required by sizing method risk_based"))
        low, high = self.sizing.min_notional, self.sizing.max_notional
        if low is not None and high is not None and low > high:
            problems.append(
                ConfigProblem("sizing.min_notional", f"must be at most max_notional {high:g}, was {low:g}")
            )
        return problems

    def _problems_of_hedge(self) -> list[ConfigProblem]:
        if self.hedge_ratio > 0:
            return []
        keys = ("hedge_net_stop_loss_pct", "hedge_reduce_at_pct", "hedge_keep_on_reversal")
        return [ConfigProblem(key, "needs a hedge_ratio above 0") for key in keys if getattr(self, key)]

    def _problems_of_indicators(self) -> list[ConfigProblem]:
        if self.indicators is None:
            return []
        if not self.indicators:
            return [ConfigProblem("indicators", "must name at least one indicator; leave it out to use all")]
        names = [use.name for use in self.indicators]
        return [
            ConfigProblem(f"indicators[{index}]", f'"{name}" is named twice')
            for index, name in enumerate(names)
            if name in names[:index]
        ]
