"""A backtest of a strategy function: the core calls it at every close, nothing after that close exists for
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl

from spark_stacker import _core
from spark_stacker.backtesting.assumptions import venue_assumptions
from spark_stacker.backtesting.histories import load_history
from spark_stacker.backtesting.lines import DrawnIndicator, draw_lines
from spark_stacker.backtesting.market import TradedMarket
from spark_stacker.backtesting.perpetuals import fingerprints, perpetual_terms
from spark_stacker.backtesting.plain import describe_code, plain
from spark_stacker.backtesting.python_signals import indicator_columns
from spark_stacker.backtesting.result import BacktestResult
from spark_stacker.backtesting.setup import RunSetup
from spark_stacker.backtesting.simulation_engine import SimulationEngine
from spark_stacker.backtesting.simulation_run import SimulationRun
from spark_stacker.errors import ParameterError, SparkStackerError, StrategyError
from spark_stacker.indicators.base_indicator import BaseIndicator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.account import Account
    from spark_stacker.backtesting.histories import MarketHistory, Span
    from spark_stacker.backtesting.perpetuals import PerpetualTerms
    from spark_stacker.backtesting.terms import VenueTerms
    from spark_stacker.data import DataManager

__all__ = [
    "FunctionBacktest",
    "StrategyFunction",
    "named_columns",
    "play",
    "prepare_function",
    "view_of",
]

StrategyFunction: TypeAlias = Callable[["_core.MarketView", "SimulationEngine", Mapping[str, Any]], None]
"""Called at each bar's close with the view of everything up to then, the simulation, and the parameters."""


_HIGHEST_LEVERAGE = 1_000
"""As in a configuration."""


@dataclass(frozen=True)
class FunctionBacktest:
    """A backtest of a strategy function with candles loaded and everything checked, to be run with any
    parameters and over any part of the candles.
    """

    strategy: StrategyFunction
    history: MarketHistory
    account: Account
    terms: VenueTerms
    leverage: float
    indicators: tuple[BaseIndicator, ...]
    perpetual: PerpetualTerms

    @cached_property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The indicators' columns by the name that the function sees."""
        frame = self.history.frame
        return named_columns(
            [(indicator.name, indicator_columns(indicator, frame)) for indicator in self.indicators]
        )

    def run(self, params: Mapping[str, object]) -> BacktestResult:
        """Calls the function at every bar's close, and gives what came of it."""
        history = self.history
        simulation = self.simulate(params, history.first, len(history.bars))
        plan = simulation.plan
        setup = RunSetup(
            initial_balance=self.account.balance,
            quote=self.account.quote,
            markets=(
                TradedMarket(
                    history.symbol,
                    history.interval,
                    history.source,
                    history.traded,
                    partial(
                        draw_lines,
                        history,
                        [DrawnIndicator(indicator, history.interval) for indicator in self.indicators],
                    ),
                    history.traded_hash,
                ),
            ),
            strategies=(getattr(self.strategy, "__name__", type(self.strategy).__name__),),
            configuration={**self.configuration(), "strategy_params": plain(params), "plan": plain(plan)},
            seed=self.terms.seed,
            assumptions=venue_assumptions(plan["venue"], plan["markets"], [self.perpetual]),
            warnings=history.warnings + self.perpetual.warnings,
        )
        return BacktestResult(
            SimulationRun(simulation.core, history.bars.slice(history.first, len(history.bars))), setup
        )

    def simulate(self, params: Mapping[str, object], first: int, stop: int) -> SimulationEngine:
        """The account after the function traded rows ``first`` to ``stop`` (exclusive), those before seen."""
        history, account = self.history, self.account
        simulation = SimulationEngine(
            {account.quote: account.balance},
            symbol=history.symbol,
            interval=history.interval,
            leverage=self.leverage,
            terms=self.terms,
        )
        simulation.add_funding(self.perpetual.funding)
        whole = stop == len(history.bars)
        view = view_of(
            history.bars if whole else history.bars.slice(0, stop),
            self.columns if whole else {name: column[:stop] for name, column in self.columns.items()},
            history.frame,
        )
        play(self.strategy, simulation, view, first, params)
        return simulation

    def configuration(self) -> dict[str, object]:
        """Function, leverage and indicators as plain JSON data."""
        return {
            "strategy_function": describe_code(self.strategy),
            "leverage": self.leverage,
            "indicators": [
                {**describe_code(type(indicator)), "as": indicator.name, "params": plain(indicator.params)}
                for indicator in self.indicators
            ],
            **fingerprints([self.perpetual]),
        }


def prepare_function(
    strategy: StrategyFunction,
    *,
    manager: DataManager,
    source: str,
    symbol: str,
    interval: str,
    span: Span,
    account: Account,
    terms: VenueTerms,
    leverage: float,
    indicators: Sequence[BaseIndicator],
    funding: object | None,
    mark: object | None,
) -> FunctionBacktest:
    """Loads the candles and checks everything but the function's parameters."""
    if not callable(strategy):
        raise ParameterError(f"strategy_func must be a function, was {type(strategy).__name__}")
    if mark is not None:
        raise ParameterError(
            "mark prices are for configured strategies; strategy functions trade on trade candles"
        )
    _check_leverage(leverage)
    for indicator in indicators:
        if not isinstance(indicator, BaseIndicator):
            raise ParameterError(f"indicators must be of BaseIndicator, was {type(indicator).__name__}")
    history = load_history(manager, source, symbol, interval, span)
    plan = terms.plan(symbol, history.bars.interval_ns, account.balance)
    perpetual = perpetual_terms(funding, None, history, plan["markets"][0])
    return FunctionBacktest(strategy, history, account, terms, leverage, tuple(indicators), perpetual)


def _check_leverage(leverage: object) -> None:
    is_number = isinstance(leverage, (int, float, np.number)) and not isinstance(leverage, bool)
    if not is_number or not 1 <= float(leverage) <= _HIGHEST_LEVERAGE:  # type: ignore[arg-type]
        raise ParameterError(f"leverage must be a number from 1 to {_HIGHEST_LEVERAGE}, was {leverage!r}")


def view_of(
    bars: _core.Bars, columns: Mapping[str, NDArray[np.float64]], frame: pl.DataFrame
) -> _core.MarketView:
    """The view that a strategy function gets of candles and columns of indicators."""
    return _core.MarketView(bars, dict(columns), _Rows(frame))


def play(
    strategy: StrategyFunction,
    simulation: SimulationEngine,
    view: _core.MarketView,
    first: int,
    params: Mapping[str, object],
) -> None:
    """Calls the function at each close from row ``first`` on; its failure is a `StrategyError` that names
    function and bar.
    """
    try:
        simulation.core.run(view, first, strategy, simulation, dict(params))
    except SparkStackerError:
        raise
    except (Exception, SystemExit) as error:
        raise StrategyError(
            f"{describe_code(strategy)['name']} failed at {_when(simulation)}: {error!r}"
        ) from error


class _Rows:
    """Makes the frame of a view: the candles and columns up to now."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __call__(self, view: _core.MarketView) -> pl.DataFrame:
        rows = self.frame.head(len(view))
        others = [name for name in view.columns if name not in rows.columns]
        return rows.with_columns(pl.Series(name, view[name][:]).fill_nan(None) for name in others)


def named_columns(made: Sequence[tuple[str, pl.DataFrame]]) -> dict[str, NDArray[np.float64]]:
    """Columns of indicators, by the indicator's name, under their names; where two indicators have the same,
    under ``indicator.column``.
    """
    seen = [column for _, columns in made for column in columns.columns]
    return {
        column if seen.count(column) == 1 else f"{name}.{column}": np.ascontiguousarray(
            columns[column].fill_null(float("nan")).to_numpy()
        )
        for name, columns in made
        for column in columns.columns
    }


def _when(simulation: SimulationEngine) -> str:
    now_ns = simulation.core.now_ns
    return (
        "its start"
        if now_ns is None
        else f"the close of {datetime.fromtimestamp(now_ns / 1e9, tz=UTC):%Y-%m-%d %H:%M:%S}"
    )
