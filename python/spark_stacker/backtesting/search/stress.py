"""One set of a search under other conditions: dearer, later, in a market of another character."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker import _core
from spark_stacker.backtesting.configured import IndicatorMakers, outside_signals, plan_of, prepare_loaded
from spark_stacker.backtesting.histories import scenario_history
from spark_stacker.backtesting.perpetuals import PerpetualTerms
from spark_stacker.backtesting.python_signals import timeframe_candles
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.backtesting.search.evaluators.functions import FunctionEvaluator
from spark_stacker.config.plan import fee_rates
from spark_stacker.data.times import interval_us
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from numpy.typing import NDArray

    from spark_stacker.backtesting.histories import MarketHistory
    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.backtesting.search.evaluators import Evaluator
    from spark_stacker.backtesting.search.space import Value
    from spark_stacker.config import Settings

    Params: TypeAlias = Mapping[str, Value]

__all__ = ["in_scenario", "one_bar_later", "slippage_is_simulated", "with_costs"]


def in_scenario(evaluator: Evaluator, params: Params, scenario: str, *, seed: int) -> BacktestResult:
    """The set over made-up candles in place of the market's, of several markets each with its own seed.

    Funding and mark prices are left out: the scenario has none.
    """
    if isinstance(evaluator, FunctionEvaluator):
        history = scenario_history(evaluator.backtest.history, scenario, seed)
        backtest = replace(evaluator.backtest, history=history, perpetual=_nothing_beside(history))
        return backtest.run(evaluator.params_of(params))
    loaded = _configured(evaluator).loaded
    histories = tuple(
        scenario_history(history, scenario, seed + place) for place, history in enumerate(loaded.histories)
    )
    settings, own = _configured(evaluator).settings_of(params)
    made = replace(loaded, histories=histories, perpetuals=tuple(map(_nothing_beside, histories)))
    return prepare_loaded(settings, made, own).run()


def with_costs(evaluator: Evaluator, params: Params, factor: float) -> BacktestResult:
    """The set with maker's and taker's fees, and every number of the slippage model, times ``factor``."""
    if isinstance(evaluator, FunctionEvaluator):
        terms = evaluator.backtest.terms
        dearer = replace(
            terms,
            maker_fee=factor * terms.maker_fee,
            taker_fee=factor * terms.taker_fee,
            slippage=_dearer_slippage(_slippage_of(evaluator), factor),
        )
        return replace(evaluator.backtest, terms=dearer).run(evaluator.params_of(params))
    configured = _configured(evaluator)
    settings, own = configured.settings_of(params)
    rates = fee_rates(settings, configured.loaded.strategies)
    simulation = settings.simulation.model_copy(
        update={
            "maker_fee": factor * rates.maker,
            "taker_fee": factor * rates.taker,
            "slippage": _dearer_slippage(settings.simulation.slippage, factor),
        }
    )
    dear = settings.model_copy(update={"simulation": simulation})
    return prepare_loaded(dear, configured.loaded, own).run()


def one_bar_later(evaluator: Evaluator, params: Params) -> BacktestResult:
    """The set with its decisions a bar late.

    Of configured strategies and indicators every signal arrives one closed bar of its indicator's timeframe
    after its own, so that entries, and exits by the opposite signal, fill a bar later; stops, targets and the
    holding time stay as they are. A strategy function sees candles and indicator columns without the last
    bar, and the account as it is.
    """
    if isinstance(evaluator, FunctionEvaluator):
        return evaluator.backtest.run(evaluator.params_of(params), delay=1)
    configured = _configured(evaluator)
    settings, own = configured.settings_of(params)
    loaded = configured.loaded
    prepared = prepare_loaded(settings, loaded, own)
    plan = plan_of(settings, loaded)
    for strategy in plan["strategies"]:
        for indicator in strategy["indicators"]:
            indicator |= {"type": None, "parameters": {}}
    late = []
    for given in outside_signals(settings, loaded, plan, IndicatorMakers(settings, own)):
        place, position, direction, confidence = given
        strategy = plan["strategies"][place]
        timeframe_ns = strategy["indicators"][position]["timeframe_ns"]
        first = _first_own_row(loaded.histories[strategy["market"]], timeframe_ns)
        late.append((place, position, _later(direction, first), _later(confidence, first)))
    return replace(prepared, portfolio=_core.Portfolio(plan), signals=tuple(late)).run()


def slippage_is_simulated(evaluator: Evaluator, params: Params) -> bool:
    """Whether there is a slippage that could be dearer."""
    if isinstance(evaluator, FunctionEvaluator):
        return bool(_slippage_of(evaluator).model != "none")
    settings, _ = _configured(evaluator).settings_of(params)
    return settings.simulation.slippage.model != "none"


def _configured(evaluator: Evaluator) -> ConfiguredEvaluator:
    if not isinstance(evaluator, ConfiguredEvaluator):
        raise ParameterError(
            f"stress tests are of configured strategies, indicators and strategy functions, "
            f"was {type(evaluator).__name__}"
        )
    return evaluator


def _nothing_beside(history: MarketHistory) -> PerpetualTerms:
    return PerpetualTerms(symbol=history.symbol, bars=len(history.traded))


def _slippage_of(evaluator: FunctionEvaluator) -> Any:
    settings: Settings = evaluator.backtest.terms.settings(None, evaluator.initial_balance)
    return settings.simulation.slippage


def _dearer_slippage(slippage: Any, factor: float) -> Any:
    dearer = ("bps", "max_bps", "base_bps", "coefficient_bps", "spread_bps", "coefficient", "factor")
    found = {name: factor * getattr(slippage, name) for name in dearer if hasattr(slippage, name)}
    return slippage.model_copy(update=found)


def _first_own_row(history: MarketHistory, timeframe_ns: int) -> int:
    """The first row of the timeframe's candles that closes after trading began."""
    if timeframe_ns == history.bars.interval_ns:
        return history.first
    timeframe = _core.interval_name(timeframe_ns)
    opened = timeframe_candles(history.frame, history.interval, timeframe)["timestamp"].dt.epoch("us")
    began_us = int(history.bars.open_time_ns[history.first]) // 1_000
    return int(np.searchsorted(opened.to_numpy() + interval_us(timeframe), began_us, side="right"))


def _later(column: NDArray[Any], first: int) -> NDArray[Any]:
    """The column a row later. What was signalled before trading began does not stand then either."""
    late = np.zeros_like(column)
    late[first + 1 :] = column[first:-1]
    return late
