"""Backtests on trades, quotes and books: depth, queues, latency.

- ``settings``: `TickSettings`, the venue's rules and the latencies
- ``strategies``: `GridMaker` and `Schedule`, which run wholly in the core
- ``run``: `run_tick_backtest`, and `profit_interval` under three assumptions of the queue
- ``result``: `TickResult`, frames and statistics
- ``search``: `search_ticks`, the best parameters of a strategy by the samplers of every other search
- ``configured``: `run_configured`, bar strategies of a configuration on ticks
"""

from __future__ import annotations

from spark_stacker.backtesting.ticks.configured import run_configured
from spark_stacker.backtesting.ticks.result import TickResult
from spark_stacker.backtesting.ticks.run import ProfitInterval, profit_interval, run_tick_backtest
from spark_stacker.backtesting.ticks.settings import (
    ConstantLatency,
    FeedLatency,
    LogNormalLatency,
    RecordedLatency,
    TickSettings,
)
from spark_stacker.backtesting.ticks.strategies import GridMaker, Schedule

__all__ = [
    "ConstantLatency",
    "FeedLatency",
    "GridMaker",
    "LogNormalLatency",
    "ProfitInterval",
    "RecordedLatency",
    "Schedule",
    "TickResult",
    "TickSettings",
    "profit_interval",
    "run_configured",
    "run_tick_backtest",
]
