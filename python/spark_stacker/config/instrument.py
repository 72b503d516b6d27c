"""The specification of a market: how it is margined, its steps and minimums."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from spark_stacker.config.values import FrozenSettings, Many, NotNegative, Number, Positive
from spark_stacker.errors import ConfigError, ConfigProblem

__all__ = ["InstrumentSettings", "MarginTier"]

Leverage = Annotated[Number, Field(ge=1)]


class MarginTier(FrozenSettings):
    """Margin rules from a notional on."""

    min_notional: NotNegative
    """Lowest notional of the tier, quote currency; the first tier's is 0."""
    maintenance_rate: Annotated[Number, Field(ge=0, lt=1)]
    """Maintenance margin, a fraction of the notional."""
    deduction: NotNegative | None = None
    """Subtracted from it, quote currency; by default what keeps the margin continuous between tiers."""
    max_leverage: Leverage


def _market_type(value: object) -> object:
    return "margin" if value == "perpetual" else value


class InstrumentSettings(FrozenSettings):
    """What a venue demands of orders in one market; what is not given is not demanded."""

    market_type: Annotated[Literal["margin", "spot"], BeforeValidator(_market_type)] = "margin"
    """``margin`` (or ``perpetual``): shorts and leverage; ``spot``: neither."""
    tick_size: Positive | None = None
    """Smallest price step, quote currency."""
    lot_size: Positive | None = None
    """Smallest quantity step, base units."""
    min_quantity: Positive | None = None
    """Smallest order, base units."""
    min_notional: Positive | None = None
    """Smallest order value, quote currency."""
    max_leverage: Leverage | None = None
    """Short for one tier whose maintenance margin is half the initial margin at this leverage."""
    margin_tiers: Many[MarginTier] = ()

    @model_validator(mode="after")
    def _tiers_rise_from_zero(self) -> InstrumentSettings:
        problems = []
        if self.max_leverage is not None and self.margin_tiers:
            problems.append(ConfigProblem("max_leverage", "stands in margin_tiers when these are given"))
        if self.market_type == "spot":
            problems += [
                ConfigProblem(key, "does not apply to market_type spot")
                for key in ("max_leverage", "margin_tiers")
                if getattr(self, key)
            ]
        floor = -1.0
        for index, tier in enumerate(self.margin_tiers):
            if (index == 0 and tier.min_notional != 0) or tier.min_notional <= floor:
                expected = "0 in the first tier" if index == 0 else f"above {floor:g}, the tier's before"
                problems.append(
                    ConfigProblem(
                        f"margin_tiers[{index}].min_notional",
                        f"must be {expected}, was {tier.min_notional:g}",
                    )
                )
            floor = tier.min_notional
        if problems:
            raise ConfigError("instrument", problems)
        return self

    @property
    def leverage_limit(self) -> float | None:
        """Highest leverage of the smallest positions, if limited."""
        if self.market_type == "spot":
            return 1.0
        return self.margin_tiers[0].max_leverage if self.margin_tiers else self.max_leverage
