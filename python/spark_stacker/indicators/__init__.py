"""Indicators: plain functions of arrays, a Polars namespace, and the classes that strategies are made of.

- ``functions``: ``sma(close, 20)``, ``rsi(close, 14)``, … NumPy in and out
- ``base_indicator``: `BaseIndicator`, what every indicator is
- ``builtin``: the built-in types as classes
- ``indicator_factory``: `IndicatorFactory`, indicators by type name
- ``frames``: any Arrow frame on its way in
- ``polars_namespace``: importing it adds ``.spark`` to Polars expressions: ``pl.col("close").spark.rsi(14)``

The names below are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.indicators.base_indicator import BaseIndicator
    from spark_stacker.indicators.builtin import (
        AdaptiveSuperTrendIndicator,
        AdaptiveTrendFinderIndicator,
        BollingerBandsIndicator,
        BollingerIndicator,
        MACDIndicator,
        MovingAverageIndicator,
        RSIIndicator,
        UltimateMAIndicator,
    )
    from spark_stacker.indicators.functions import (
        atr,
        bollinger,
        ema,
        hull,
        linear_regression,
        linear_regression_intercept,
        linear_regression_slope,
        macd,
        rma,
        rsi,
        sma,
        supertrend,
        t3,
        tema,
        vwma,
        wma,
    )
    from spark_stacker.indicators.indicator_factory import IndicatorFactory

__all__ = [
    "AdaptiveSuperTrendIndicator",
    "AdaptiveTrendFinderIndicator",
    "BaseIndicator",
    "BollingerBandsIndicator",
    "BollingerIndicator",
    "IndicatorFactory",
    "MACDIndicator",
    "MovingAverageIndicator",
    "RSIIndicator",
    "UltimateMAIndicator",
    "atr",
    "bollinger",
    "ema",
    "hull",
    "linear_regression",
    "linear_regression_intercept",
    "linear_regression_slope",
    "macd",
    "rma",
    "rsi",
    "sma",
    "supertrend",
    "t3",
    "tema",
    "vwma",
    "wma",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "BaseIndicator":
        home = "base_indicator"
    elif name == "IndicatorFactory":
        home = "indicator_factory"
    else:
        home = "builtin" if name.endswith("Indicator") else "functions"
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
