"""From settings to a prepared backtest: the plan, each market's candles, the signals of Python indicators."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from spark_stacker import _core
from spark_stacker.backtesting.assumptions import venue_assumptions
from spark_stacker.backtesting.histories import MarketHistory, load_history
from spark_stacker.backtesting.lines import DrawnIndicator, draw_lines
from spark_stacker.backtesting.market import TradedMarket
from spark_stacker.backtesting.perpetuals import fingerprints, perpetual_terms
from spark_stacker.backtesting.plain import describe_code, plain
from spark_stacker.backtesting.prepared import PreparedBacktest
from spark_stacker.backtesting.python_signals import signal_columns, timeframe_candles
from spark_stacker.backtesting.setup import RunSetup
from spark_stacker.config import (
    build_plan,
    enabled_strategies,
    indicators_of,
    markets_of,
    parse_symbol,
    symbol_of,
)
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from spark_stacker.backtesting.histories import Span
    from spark_stacker.config import Settings, StrategySettings
    from spark_stacker.data import DataManager
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["prepare_settings"]


def prepare_settings(
    settings: Settings,
    manager: DataManager,
    *,
    source: str,
    span: Span,
    strategies: Sequence[str] | None = None,
    intervals: Mapping[str, str] | None = None,
    funding: Mapping[str, object] | None = None,
    mark: Mapping[str, object] | None = None,
    own_indicators: Mapping[str, BaseIndicator] | None = None,
    names: Mapping[str, str] | None = None,
) -> PreparedBacktest:
    """Loads and checks everything that the strategies of ``settings`` need.

    ``intervals`` are those of the candles (by default the longest that serves all timeframes of a market);
    they, ``funding`` and ``mark`` go by symbol; ``own_indicators`` are indicator objects that stand under the
    name of an indicator of the settings; ``names`` gives the symbol that the source knows a market by.
    """
    chosen = enabled_strategies(settings, strategies)
    uses = markets_of(settings, chosen)
    if len({parse_symbol(use.symbol).quote for use in uses}) > 1:
        quotes = ", ".join(sorted({parse_symbol(use.symbol).quote for use in uses}))
        raise ParameterError(
            f"the markets of one account must share a quote currency, were quoted in {quotes}"
        )
    histories = [
        load_history(
            manager,
            source,
            (names or {}).get(use.symbol, use.symbol),
            (intervals or {}).get(use.symbol) or _core.interval_name(use.interval_ns),
            span,
        )
        for use in uses
    ]
    symbols = [use.symbol for use in uses]
    intervals_ns = {
        symbol: history.bars.interval_ns for symbol, history in zip(symbols, histories, strict=True)
    }
    plan = build_plan(settings, strategies=[strategy.name for strategy in chosen], intervals_ns=intervals_ns)
    beside = (_by_symbol("funding", funding, symbols), _by_symbol("mark", mark, symbols))
    perpetuals = [perpetual_terms(*given) for given in zip(*beside, histories, plan["markets"], strict=True)]
    makers = _Indicators(settings, own_indicators or {})
    markets = tuple(
        TradedMarket(
            symbol,
            history.interval,
            history.source,
            history.traded,
            partial(_draw, history, makers, [s for s in chosen if str(symbol_of(settings, s)) == symbol]),
        )
        for symbol, history in zip(symbols, histories, strict=True)
    )
    setup = RunSetup(
        initial_balance=settings.initial_balance,
        quote=parse_symbol(symbols[0]).quote,
        markets=markets,
        strategies=tuple(strategy.name for strategy in chosen),
        configuration={
            "plan": plain(plan),
            "indicators_in_python": {
                name: describe_code(type(indicator)) for name, indicator in makers.own.items()
            },
            **fingerprints(perpetuals),
        },
        seed=settings.simulation.seed,
        assumptions=venue_assumptions(plan["venue"], plan["markets"], perpetuals),
        warnings=tuple(
            warning
            for history, terms in zip(histories, perpetuals, strict=True)
            for warning in history.warnings + terms.warnings
        ),
    )
    return PreparedBacktest(
        portfolio=_core.Portfolio(plan),
        bars=tuple(history.bars for history in histories),
        first=tuple(history.first for history in histories),
        signals=tuple(_signals(settings, chosen, plan, histories, makers)),
        funding=tuple(terms.funding for terms in perpetuals),
        mark=tuple(terms.mark for terms in perpetuals),
        setup=setup,
    )


class _Indicators:
    """Indicator objects by name: those given, else made by the factory."""

    def __init__(self, settings: Settings, own: Mapping[str, BaseIndicator]) -> None:
        self.settings = settings
        self.own = own

    def make(self, name: str, kind: str, parameters: Mapping[str, Any]) -> BaseIndicator:
        """The indicator that goes by this name."""
        if name in self.own:
            return self.own[name]
        from spark_stacker.indicators.indicator_factory import IndicatorFactory

        return IndicatorFactory.create_indicator(name, kind, parameters)


def _signals(
    settings: Settings,
    strategies: Sequence[StrategySettings],
    plan: Mapping[str, Any],
    histories: Sequence[MarketHistory],
    makers: _Indicators,
) -> list[tuple[int, int, NDArray[np.int8], NDArray[np.float64]]]:
    """Signals of every indicator that the core does not compute."""
    found = []
    for place, strategy in enumerate(strategies):
        planned = plan["strategies"][place]
        history = histories[planned["market"]]
        for position, use in enumerate(indicators_of(settings, strategy)):
            if planned["indicators"][position]["type"] is not None:
                continue
            indicator = makers.make(use.name, use.type, use.parameters)
            candles = timeframe_candles(history.frame, history.interval, use.timeframe)
            found.append((place, position, *signal_columns(indicator, candles)))
    return found


def _draw(history: MarketHistory, makers: _Indicators, strategies: Sequence[StrategySettings]) -> Any:
    drawn = {
        use.name: DrawnIndicator(makers.make(use.name, use.type, use.parameters), use.timeframe)
        for strategy in strategies
        for use in indicators_of(makers.settings, strategy)
    }
    return draw_lines(history, list(drawn.values()))


def _by_symbol(name: str, given: Mapping[str, object] | None, symbols: Sequence[str]) -> list[object | None]:
    unknown = [symbol for symbol in given or {} if symbol not in symbols]
    if unknown:
        raise ParameterError(f"{name} must be of a market traded ({', '.join(symbols)}), was of {unknown[0]}")
    return [(given or {}).get(symbol) for symbol in symbols]
