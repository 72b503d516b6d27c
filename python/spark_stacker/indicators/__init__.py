"""Indicators: plain functions of arrays, a Polars namespace, and the classes that strategies are made of.

``from spark_stacker.indicators import rsi`` is :func:`spark_stacker.indicators.functions.rsi`, and so on.
Importing :mod:`spark_stacker.indicators.polars_namespace` adds ``.spark`` to Polars expressions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

__all__ = [
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
    """Imports NumPy only when an indicator is first asked for, so that the command line starts quickly."""
    if name in __all__:
        value: object = getattr(import_module("spark_stacker.indicators.functions"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
