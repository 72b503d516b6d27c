"""Settings of the simulated venue: fees, slippage, margin."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spark_stacker.config.fees import FEE_SCHEDULES, FeeRates
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.config.values import (
    Count,
    Fraction,
    FrozenSettings,
    Location,
    Name,
    NotNegative,
    Number,
    Switch,
    Whole,
)
from spark_stacker.errors import ConfigError, ConfigProblem

__all__ = [
    "CalibratedSlippage",
    "FixedSlippage",
    "NoSlippage",
    "RandomSlippage",
    "SimulationSettings",
    "SlippageSettings",
    "SquareRootSlippage",
    "VolumeShareSlippage",
]

BasisPoints = Annotated[NotNegative, Field(le=10_000)]


class NoSlippage(FrozenSettings):
    """Market orders fill at the price seen."""

    model: Literal["none"] = "none"


class FixedSlippage(FrozenSettings):
    """Every market order fills the same share worse."""

    model: Literal["fixed"] = "fixed"
    bps: BasisPoints = 1.0


class RandomSlippage(FrozenSettings):
    """Uniform between nothing and ``max_bps``, drawn from seed and order."""

    model: Literal["random"] = "random"
    max_bps: BasisPoints = 2.0


class VolumeShareSlippage(FrozenSettings):
    """``base_bps`` + ``coefficient_bps`` · (size / bar volume)²."""

    model: Literal["volume_share"] = "volume_share"
    base_bps: BasisPoints = 0.0
    coefficient_bps: NotNegative = 1000.0
    max_share_fraction: Annotated[Fraction, Field(gt=0)] = 0.025
    """Most of a bar's volume that an order may take."""


class SquareRootSlippage(FrozenSettings):
    """Half the spread + ``coefficient`` · volatility · √(size / bar volume)."""

    model: Literal["square_root"] = "square_root"
    spread_bps: BasisPoints = 1.0
    coefficient: NotNegative = 1.0
    volatility_bars: Annotated[Count, Field(ge=2)] = 20


class CalibratedSlippage(FrozenSettings):
    """``factor`` times the cost by size and hour that `spark-stacker slippage calibrate` found in books."""

    model: Literal["calibrated"] = "calibrated"
    venue: Name | None = None
    """Where the books were recorded; needed if the catalogue has a model of the market at several venues."""
    path: Location | None = None
    """A model in a file of its own, of the one market traded."""
    root: Location | None = None
    """Directory of the catalogue; the usual one if not given."""
    factor: Annotated[NotNegative, Field(lt=10_000)] = 1.0


SlippageSettings = Annotated[
    NoSlippage
    | FixedSlippage
    | RandomSlippage
    | VolumeShareSlippage
    | SquareRootSlippage
    | CalibratedSlippage,
    Field(discriminator="model"),
]
"""Any of the models."""

FeeRate = Annotated[Number, Field(ge=0, lt=0.1)]
"""A fraction of the notional; a tenth and more is a percentage by mistake."""


class SimulationSettings(FrozenSettings):
    """Rules of the simulated venue that fills a backtest's and a dry run's orders."""

    venue: str | None = None
    """Fee schedule; that of the exchange traded on if not given."""
    tier: str | None = None
    """Tier of the schedule; the one of a new account if not given."""
    maker_fee: FeeRate | None = None
    """Own rate in place of the schedule's, a fraction of the notional."""
    taker_fee: FeeRate | None = None
    liquidation_fee: FeeRate = 0.005
    """Fee of a liquidation, a fraction of the notional."""
    fee_in_base: Switch = False
    """Spot buys pay their fee in the asset bought."""
    slippage: SlippageSettings = FixedSlippage()
    fill_on_touch: Switch = False
    """A limit fills when its price is touched, not only when it is traded through."""
    margin_mode: Literal["isolated", "cross"] = "isolated"
    seed: Annotated[Whole, Field(ge=0, lt=2**63)] = 0
    """Seed of the random slippage."""

    @model_validator(mode="after")
    def _schedule_exists(self) -> SimulationSettings:
        problem = self._problem_with_schedule()
        if problem is not None:
            raise ConfigError(str(problem), [problem])
        return self

    def _problem_with_schedule(self) -> ConfigProblem | None:
        if self.venue is None:
            missing = "needs simulation.venue beside it" if self.tier is not None else None
            return ConfigProblem("tier", missing) if missing else None
        schedule = FEE_SCHEDULES.get(self.venue)
        if schedule is None:
            return _not_one_of("venue", self.venue, list(FEE_SCHEDULES))
        if self.tier is not None and self.tier not in schedule.tiers:
            return _not_one_of("tier", self.tier, list(schedule.tiers))
        return None

    def fee_rates(self, exchange_type: str | None, *, fallback: FeeRates) -> FeeRates:
        """Own rates, else those of the schedule named, else of ``exchange_type``'s, else ``fallback``."""
        schedule = FEE_SCHEDULES.get(self.venue or exchange_type or "")
        published = schedule.tiers[self.tier or schedule.base_tier] if schedule is not None else fallback
        return FeeRates(
            maker=published.maker if self.maker_fee is None else self.maker_fee,
            taker=published.taker if self.taker_fee is None else self.taker_fee,
        )


def _not_one_of(key: str, value: str, known: list[str]) -> ConfigProblem:
    return ConfigProblem(key, f'must be one of {", ".join(known)}, was "{value}"{did_you_mean(value, known)}')
