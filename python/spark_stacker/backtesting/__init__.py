"""Backtests and their results.

- ``backtest_engine``: `BacktestEngine`, the way to run one
- ``simulation_engine``: `SimulationEngine`, the account that a strategy function trades
- ``indicator_backtest_manager``: `IndicatorBacktestManager`, many indicators side by side
- ``result``: `BacktestResult`, what came of it
- ``lookahead``: `check_lookahead`, whether a strategy knows what it could not have known
- ``metrics``: names, units and meaning of every metric
- ``data_manager``: another way to `spark_stacker.data`
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.backtesting.backtest_engine import BacktestEngine
    from spark_stacker.backtesting.indicator_backtest_manager import IndicatorBacktestManager
    from spark_stacker.backtesting.lookahead import LookaheadReport, check_lookahead
    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.backtesting.simulation_engine import SimulationEngine

__all__ = [
    "BacktestEngine",
    "BacktestResult",
    "IndicatorBacktestManager",
    "LookaheadReport",
    "SimulationEngine",
    "check_lookahead",
]

_MODULES = {
    "BacktestEngine": "backtest_engine",
    "BacktestResult": "result",
    "IndicatorBacktestManager": "indicator_backtest_manager",
    "LookaheadReport": "lookahead",
    "SimulationEngine": "simulation_engine",
    "check_lookahead": "lookahead",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
