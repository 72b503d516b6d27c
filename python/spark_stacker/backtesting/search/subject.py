"""From a call of the engine to the evaluator of what it searches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from spark_stacker import _core
from spark_stacker.backtesting.account import opening_account
from spark_stacker.backtesting.configured import load_markets
from spark_stacker.backtesting.function_backtest import StrategyFunction, prepare_function
from spark_stacker.backtesting.histories import Span, only_source
from spark_stacker.backtesting.indicator_strategy import strategy_of_indicators
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.backtesting.search.evaluators.functions import FunctionEvaluator
from spark_stacker.config import enabled_strategies, markets_of, parse_symbol
from spark_stacker.data.times import interval_us
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spark_stacker.backtesting.backtest_engine import BacktestEngine
    from spark_stacker.backtesting.search.options import SearchOptions
    from spark_stacker.backtesting.search.space import Space
    from spark_stacker.config import Settings
    from spark_stacker.data.times import TimeLike

__all__ = ["Subject", "evaluator_of"]


class Subject(NamedTuple):
    """What the guide's calls name by position."""

    strategy_func: StrategyFunction | None
    symbol: str | None
    interval: str | None
    start_date: TimeLike | None
    end_date: TimeLike | None
    data_source_name: str | None


def evaluator_of(
    engine: BacktestEngine, subject: Subject, space: Space, options: SearchOptions
) -> ConfiguredEvaluator | FunctionEvaluator:
    """Loads the candles and checks everything that does not depend on a set."""
    span = Span(
        start=subject.start_date,
        end=subject.end_date,
        allow_partial=options.get("allow_partial", False),
        warm_up_bars=options.get("warm_up_bars", 0),
    )
    source = only_source(engine.data_manager, subject.data_source_name)
    if options.get("settings") is not None:
        return _of_settings(engine, subject, space, options, span=span, source=source)
    if subject.symbol is None or subject.interval is None:
        raise ParameterError(
            f"{'symbol' if subject.symbol is None else 'interval'} must be given, or settings"
        )
    interval_us(subject.interval)
    market = str(parse_symbol(subject.symbol))
    terms = engine.terms.with_market(
        market_type=options.get("market_type"), instrument=options.get("instrument"), seed=None
    )
    account = opening_account(engine.initial_balance, symbol=market, conversion=engine.conversion)
    if subject.strategy_func is not None:
        if options.get("strategy") is not None:
            raise ParameterError("strategy and strategy_func exclude each other")
        backtest = prepare_function(
            subject.strategy_func,
            manager=engine.data_manager,
            source=source,
            symbol=subject.symbol,
            interval=subject.interval,
            span=span,
            account=account,
            terms=terms,
            leverage=options.get("leverage", 1.0),
            indicators=options.get("indicators") or (),
            funding=options.get("funding"),
            mark=options.get("mark"),
        )
        return FunctionEvaluator(space, backtest, options.get("strategy_params") or {})
    indicators = options.get("indicators")
    if not indicators:
        raise ParameterError(
            "strategy_func, settings or indicators must be given: there is nothing to search"
        )
    from spark_stacker.backtesting.backtest_engine import strategy_values

    values = strategy_values(
        options.get("strategy"), options.get("strategy_params"), options.get("leverage", 1.0)
    )
    made = strategy_of_indicators(indicators, market=market, interval=subject.interval, values=values)
    settings = terms.settings(market, account.balance, strategies=[made.strategy], indicators=made.indicators)
    loaded = load_markets(
        settings,
        engine.data_manager,
        source=source,
        span=span,
        intervals={market: subject.interval},
        funding=_of_market(market, options.get("funding")),
        mark=_of_market(market, options.get("mark")),
        names={market: subject.symbol},
    )
    return ConfiguredEvaluator(space, settings, loaded, made.own)


def _of_settings(
    engine: BacktestEngine,
    subject: Subject,
    space: Space,
    options: SearchOptions,
    *,
    span: Span,
    source: str,
) -> ConfiguredEvaluator:
    for name in ("indicators", "strategy", "strategy_params", "leverage", "market_type", "instrument"):
        if options.get(name) is not None:
            raise ParameterError(f"{name} and settings exclude each other: settings have their own")
    if subject.strategy_func is not None:
        raise ParameterError("strategy_func and settings exclude each other")
    intervals = options.get("intervals")
    if subject.symbol is not None:
        if subject.interval is None:
            raise ParameterError("interval must be given with symbol")
        intervals = {str(parse_symbol(subject.symbol)): subject.interval}
    if intervals is None:
        intervals = _serving_all_timeframes(options["settings"], options.get("strategies"), space)
    loaded = load_markets(
        options["settings"],
        engine.data_manager,
        source=source,
        span=span,
        strategies=options.get("strategies"),
        intervals=intervals,
        funding=options.get("funding"),
        mark=options.get("mark"),
        names=None if subject.symbol is None else {str(parse_symbol(subject.symbol)): subject.symbol},
    )
    if not loaded.strategies:
        raise ParameterError("no strategy is enabled")
    return ConfiguredEvaluator(space, options["settings"], loaded)


def _serving_all_timeframes(
    settings: Settings, strategies: Sequence[str] | None, space: Space
) -> dict[str, str] | None:
    """The longest interval of candles that serves every timeframe searched; None where none is."""
    lengths = [
        interval_us(str(value)) * 1_000
        for axis in space.axes
        if axis.path.rpartition(".")[2] == "timeframe"
        for value in axis.values
        if value is not None
    ]
    if not lengths:
        return None
    uses = markets_of(settings, enabled_strategies(settings, strategies))
    longest = _core.interval_name(math.gcd(*lengths, *(use.interval_ns for use in uses)))
    return {use.symbol: longest for use in uses}


def _of_market(market: str, given: object | None) -> Mapping[str, object] | None:
    return None if given is None else {market: given}
