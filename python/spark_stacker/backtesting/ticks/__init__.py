"""Backtests on trades, quotes and books: depth, queues, latency.

- ``settings``: `TickSettings`, the venue's rules and the latencies
- ``strategies``: `GridMaker`, `Schedule` and `Targets`, which run wholly in the core
- ``run``: `run_tick_backtest` and `profit_interval`
- ``stream``: `EventStream`, events in memory or of the catalogue, played part by part
- ``result``: `TickResult`; ``execution``: frames of orders and fills, and the figures of execution
- ``interval``: `ProfitInterval`, a run under three assumptions of the queue
- ``film``: `book_picture`, what a heat map of the book shows
- ``search``: `search_ticks`, the best parameters of a strategy by the samplers of every other search
- ``configured``: `run_configured` and `configured_profit_interval`, bar strategies of a configuration
"""

from __future__ import annotations

from spark_stacker.backtesting.ticks.configured import (
    TickedBacktestResult,
    configured_profit_interval,
    run_configured,
)
from spark_stacker.backtesting.ticks.execution import Execution
from spark_stacker.backtesting.ticks.film import BookPicture, book_picture
from spark_stacker.backtesting.ticks.interval import ProfitInterval
from spark_stacker.backtesting.ticks.result import TickResult
from spark_stacker.backtesting.ticks.run import profit_interval, run_tick_backtest
from spark_stacker.backtesting.ticks.settings import (
    ConstantLatency,
    FeedLatency,
    LogNormalLatency,
    RecordedLatency,
    TickSettings,
)
from spark_stacker.backtesting.ticks.strategies import GridMaker, Schedule, Targets
from spark_stacker.backtesting.ticks.stream import EventStream

__all__ = [
    "BookPicture",
    "ConstantLatency",
    "EventStream",
    "Execution",
    "FeedLatency",
    "GridMaker",
    "LogNormalLatency",
    "ProfitInterval",
    "RecordedLatency",
    "Schedule",
    "Targets",
    "TickResult",
    "TickSettings",
    "TickedBacktestResult",
    "book_picture",
    "configured_profit_interval",
    "profit_interval",
    "run_configured",
    "run_tick_backtest",
]
