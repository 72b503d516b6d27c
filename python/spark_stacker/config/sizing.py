"""How a trade's margin capital is found. Each method has its own model, chosen by ``method``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from spark_stacker.config.values import (
    Fraction,
    FrozenSettings,
    Percent,
    PercentBelow100,
    Positive,
    Switch,
)
from spark_stacker.errors import ConfigError, ConfigProblem

__all__ = [
    "SIZING_ALIASES",
    "FixedUnits",
    "FixedUsd",
    "Kelly",
    "PercentEquity",
    "RiskBased",
    "SizingSettings",
]

SIZING_ALIASES = {
    "fixed": "fixed_usd",
    "equity_percentage": "percent_equity",
    "risk": "risk_based",
    "units": "fixed_units",
    "kelly_criterion": "kelly",
}
"""Other names of the methods."""


class _Sizing(FrozenSettings):
    """What every method has."""

    scale_by_confidence: Switch = False
    """Multiply the capital by the signal's confidence."""
    min_notional: Positive | None = None
    """A position of less notional is refused, quote currency."""
    max_notional: Positive | None = None
    """Upper bound of the notional, quote currency."""


class FixedUsd(_Sizing):
    """A fixed amount of quote currency."""

    method: Literal["fixed_usd"] = "fixed_usd"
    amount: Positive
    """Margin capital of a trade, quote currency."""


class PercentEquity(_Sizing):
    """A share of the equity."""

    method: Literal["percent_equity"] = "percent_equity"
    equity_pct: Annotated[Percent, Field(le=100)] = 100.0
    """Margin capital of a trade, percent of the equity."""


class RiskBased(_Sizing):
    """So much that the stop loses a share of the equity; needs ``stop_loss_pct``."""

    method: Literal["risk_based"] = "risk_based"
    risk_pct: PercentBelow100
    """Percent of the equity lost at the stop."""


class FixedUnits(_Sizing):
    """A fixed number of base units."""

    method: Literal["fixed_units"] = "fixed_units"
    units: Positive
    """Base units of the position."""


class Kelly(_Sizing):
    """Kelly's share of the equity, reduced and capped."""

    method: Literal["kelly"] = "kelly"
    win_rate: Fraction | None = None
    """Probability of a winning trade; optional with ``kelly_from_trades``."""
    payoff: Positive | None = None
    """Average win over average loss; goes with ``win_rate``."""
    fraction: Annotated[Fraction, Field(gt=0)] = 0.5
    """Multiplies Kelly's share; half Kelly by default."""
    cap_pct: Annotated[Percent, Field(le=100)] = 25.0
    """Highest margin capital, percent of the equity."""
    kelly_from_trades: Switch = False
    """Win rate and payoff from the strategy's own last 50 closed trades, once there are 20. Until then those
    configured stand in; without them every entry is refused.
    """

    @model_validator(mode="after")
    def _edge_is_whole(self) -> Kelly:
        given = {"win_rate": self.win_rate, "payoff": self.payoff}
        missing = [key for key, value in given.items() if value is None]
        if missing and not (self.kelly_from_trades and len(missing) == 2):
            message = "is required; only kelly_from_trades may do without both win_rate and payoff"
            raise ConfigError("half an edge", [ConfigProblem(key, message) for key in missing])
        return self


def _canonical_method(value: object) -> object:
    if isinstance(value, dict) and isinstance(value.get("method"), str):
        return {**value, "method": SIZING_ALIASES.get(value["method"], str(value["method"]))}
    return value


SizingSettings = Annotated[
    Annotated[FixedUsd | PercentEquity | RiskBased | FixedUnits | Kelly, Field(discriminator="method")],
    BeforeValidator(_canonical_method),
]
"""Any of the methods."""
