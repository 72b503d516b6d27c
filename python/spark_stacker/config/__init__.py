"""Configuration: frozen settings, checked whole, from a file to the plan that the core trades.

- ``load_settings``, ``parse_settings``: from a JSON or TOML file, or from values, to ``Settings``
- ``Settings`` and its parts: every key with its default, unit and bounds
- ``build_plan``: from ``Settings`` to the plan of ``_core.Portfolio``
- ``enabled_strategies``, ``markets_of``, ``symbol_of``, …: what the names in a configuration stand for
- ``register_indicator_type``, ``register_exchange_type``: how upper layers make their names known
- ``parse_symbol``: ``ETH`` or ``eth/usd`` to ``ETH-USD``
"""

from __future__ import annotations

from spark_stacker.config.exchange import ExchangeSettings
from spark_stacker.config.instrument import InstrumentSettings, MarginTier
from spark_stacker.config.loading import load_settings, parse_settings
from spark_stacker.config.plan import build_plan, fee_rates, require_core_indicators
from spark_stacker.config.registry import register_exchange_type, register_indicator_type
from spark_stacker.config.resolve import (
    MarketUse,
    ResolvedIndicator,
    enabled_strategies,
    exchange_of,
    hedge_exchange,
    indicators_of,
    instrument_of,
    main_exchange,
    markets_of,
    spot_markets,
    symbol_of,
)
from spark_stacker.config.settings import LimitSettings, LiveSettings, MetricsSettings, Settings
from spark_stacker.config.simulation import SimulationSettings
from spark_stacker.config.sizing import SizingSettings
from spark_stacker.config.strategy import IndicatorSettings, IndicatorUse, StrategySettings
from spark_stacker.config.symbols import Symbol, parse_symbol

__all__ = [
    "ExchangeSettings",
    "IndicatorSettings",
    "IndicatorUse",
    "InstrumentSettings",
    "LimitSettings",
    "LiveSettings",
    "MarginTier",
    "MarketUse",
    "MetricsSettings",
    "ResolvedIndicator",
    "Settings",
    "SimulationSettings",
    "SizingSettings",
    "StrategySettings",
    "Symbol",
    "build_plan",
    "enabled_strategies",
    "exchange_of",
    "fee_rates",
    "hedge_exchange",
    "indicators_of",
    "instrument_of",
    "load_settings",
    "main_exchange",
    "markets_of",
    "parse_settings",
    "parse_symbol",
    "register_exchange_type",
    "register_indicator_type",
    "require_core_indicators",
    "spot_markets",
    "symbol_of",
]
