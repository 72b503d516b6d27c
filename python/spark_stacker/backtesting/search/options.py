"""The keyword arguments that every search takes, beside what it searches."""

from __future__ import annotations

# Imported at run time, so that the types can be looked up: the annotations are the list of options.
# ruff: noqa: TC001, TC003
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from spark_stacker.backtesting.search.estimate import Estimate
from spark_stacker.backtesting.search.loop import Listener
from spark_stacker.config import InstrumentSettings, Settings, StrategySettings
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ParameterError
from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["SearchOptions", "check_options"]


class SearchOptions(TypedDict, total=False):
    """What is searched, and how.

    Of the strategies: ``settings`` (with ``strategies``, ``intervals``), or ``indicators`` (with
    ``strategy``), or a strategy function (with ``strategy_params`` that all sets share, ``indicators`` whose
    columns it sees).
    """

    settings: Settings
    strategies: Sequence[str]
    intervals: Mapping[str, str]
    indicators: Sequence[BaseIndicator]
    strategy: StrategySettings | Mapping[str, object]
    strategy_params: Mapping[str, object]
    leverage: float
    market_type: str
    instrument: InstrumentSettings | Mapping[str, object]
    funding: Any
    mark: Any
    allow_partial: bool
    warm_up_bars: int

    constraints: Sequence[str] | str
    """Conditions on parameters (``fast_period < slow_period``) and on metrics (``total_trades >= 30``)."""
    metrics: Sequence[str] | str
    """Columns of the trials; by default all."""
    threads: int
    """Threads of the core, or processes for strategy functions; by default one for each processor."""
    executor: Any
    """Runs the sets elsewhere: a `concurrent.futures.Executor`, or a ``distributed.Client`` of a cluster."""
    workers: int
    """How many tasks that executor runs at a time."""
    out: str | Path
    """Directory that keeps the search, so that it can be resumed."""
    resume: str | Path
    """Directory of a search to go on with."""
    ledger: bool | str | Path
    """Directory of the trial ledgers, by default ``trials`` in the user's data directory; False: none."""
    searched_at: datetime
    """When the search was made, for the ledger; nothing here reads the clock."""
    honesty: bool
    """Whether to report how likely the best set is luck; by default yes."""
    seed: int
    progress: Listener
    """Told how far the search is."""
    estimated: Callable[[Estimate], None]
    """Told how long it will take, as measured on some of its sets, before it starts."""


def check_options(options: Mapping[str, object]) -> None:
    """`ParameterError` for an option that no search has."""
    for name in options:
        if name not in SearchOptions.__annotations__:
            raise ParameterError(
                f"no option {name!r}{did_you_mean(name, SearchOptions.__annotations__)}; "
                f"known: {', '.join(SearchOptions.__annotations__)}"
            )
    for name, least in (("threads", 1), ("workers", 1), ("seed", 0)):
        value = options.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise ParameterError(f"{name} must be a whole number from {least} on, was {value!r}")
    for name in ("honesty", "allow_partial"):
        if not isinstance(options.get(name, False), bool):
            raise ParameterError(f"{name} must be True or False, was {options[name]!r}")
    for name in ("progress", "estimated"):
        if name in options and not callable(options[name]):
            raise ParameterError(f"{name} must be a function, was {options[name]!r}")
    if not isinstance(options.get("ledger", True), (bool, str, Path)):
        raise ParameterError(f"ledger must be a directory, True or False, was {options['ledger']!r}")
    if options.get("out") is not None and options.get("resume") is not None:
        raise ParameterError("out begins a search and resume goes on with one: give one of them")
