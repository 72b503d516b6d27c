"""The whole configuration, one frozen object."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from spark_stacker.config.exchange import ExchangeSettings
from spark_stacker.config.instrument import InstrumentSettings
from spark_stacker.config.references import reference_problems
from spark_stacker.config.simulation import SimulationSettings
from spark_stacker.config.strategy import IndicatorSettings, StrategySettings
from spark_stacker.config.values import (
    LARGEST_BALANCE,
    Count,
    FrozenSettings,
    Location,
    Many,
    Name,
    Percent,
    PercentBelow100,
    Positive,
    Switch,
    Whole,
)
from spark_stacker.errors import ConfigError, ConfigProblem

__all__ = [
    "LimitSettings",
    "LiveSettings",
    "MetricsSettings",
    "Settings",
]

_NO_LIVE_ORDERS = (
    "must be true, was false: live orders are not part of this version, "
    "because the safety that they need comes first"
)

Port = Annotated[Whole, Field(ge=0, le=65_535)]


class LimitSettings(FrozenSettings):
    """Limits of the account; what is not given is not limited."""

    max_exposure_pct: Percent | None = None
    """Gross notional of all positions, percent of the equity."""
    max_market_exposure_pct: Percent | None = None
    """Gross notional in one market, percent of the equity."""
    max_daily_loss_pct: PercentBelow100 | None = None
    """No new position after this loss since 00:00 UTC, percent of the equity at the end of the day before."""
    max_drawdown_pct: PercentBelow100 | None = None
    """No new position beyond this drawdown from the peak, percent."""
    close_on_breach: Switch = False
    """Also close what is open when the daily loss or the drawdown limit is reached."""


class MetricsSettings(FrozenSettings):
    """The Prometheus endpoint of ``spark-stacker live``."""

    enabled: Switch = True
    host: Name = "127.0.0.1"
    port: Port = 8000
    """0 takes any free port and says which."""


class LiveSettings(FrozenSettings):
    """The live loop."""

    history_bars: Annotated[Count, Field(le=1_000_000)] | None = None
    """Closed candles that warm the indicators before the first decision; what they need if not given."""
    late_after: Positive = 10.0
    """Seconds after its close from which a missing candle is reported as late."""
    events_late_after: Positive = 2.0
    """Seconds for which the simulated venue waits for trades and changes of books that have happened."""


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class Settings(FrozenSettings):
    """Everything a backtest or a dry run needs beside its candles."""

    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)
    ] = "INFO"
    webhook_enabled: Switch = False
    webhook_port: Annotated[Port, Field(ge=1)] = 8080
    webhook_host: Name = "0.0.0.0"  # noqa: S104 - the default of the documented configuration, off unless enabled
    max_parallel_trades: Count = 1
    """Positions open at once, hedge legs not counted."""
    polling_interval: Positive = 60.0
    """Seconds between two questions to an exchange that does not push."""
    dry_run: Switch = True
    """Simulated orders. This version has no other."""
    initial_balance: Annotated[Positive, Field(le=LARGEST_BALANCE)] = 10_000.0
    """Cash at the start of a backtest or dry run, quote currency."""
    data_directory: Annotated[Location, Field(validate_default=True)] = Path("data")
    """Where recorded candles lie."""
    state_directory: Annotated[Location, Field(validate_default=True)] = Path("state")
    """Where a dry run keeps what it needs to go on after a restart."""
    plugins: Many[Name] = ()
    """Own Python files or modules to import first: they register indicators and connectors."""
    exchanges: Many[ExchangeSettings] = ()
    strategies: Many[StrategySettings] = ()
    indicators: Many[IndicatorSettings] = ()
    simulation: SimulationSettings = SimulationSettings()
    limits: LimitSettings = LimitSettings()
    instruments: dict[str, InstrumentSettings] = Field(default_factory=dict)
    """Specifications by market, ``ETH-USD``."""
    metrics: MetricsSettings = MetricsSettings()
    live: LiveSettings = LiveSettings()

    @field_validator("dry_run")
    @classmethod
    def _live_orders_are_refused(cls, value: bool) -> bool:
        if not value:
            raise ConfigError(_NO_LIVE_ORDERS, [ConfigProblem("", _NO_LIVE_ORDERS)])
        return value

    @model_validator(mode="after")
    def _references_resolve(self) -> Settings:
        problems = reference_problems(self)
        if problems:
            raise ConfigError("references", problems)
        return self
