"""From settings to a prepared backtest: the plan, each market's candles, the signals of Python indicators."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from spark_stacker import _core
from spark_stacker.backtesting.assumptions import venue_assumptions
from spark_stacker.backtesting.histories import load_history
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
from spark_stacker.data.impact import impact_plans
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from spark_stacker.backtesting.histories import MarketHistory, Span
    from spark_stacker.backtesting.perpetuals import PerpetualTerms
    from spark_stacker.config import Settings, StrategySettings
    from spark_stacker.config.resolve import ResolvedIndicator
    from spark_stacker.data import DataManager
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = [
    "IndicatorMakers",
    "LoadedMarkets",
    "SignalMemory",
    "load_markets",
    "outside_signals",
    "plan_of",
    "prepare_loaded",
    "prepare_settings",
]

OutsideSignals: TypeAlias = "tuple[int, int, NDArray[np.int8], NDArray[np.float64]]"
"""Places of a strategy and of its indicator; direction and confidence at each bar's close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedMarkets:
    """The strategies chosen of a configuration, and their markets' candles, funding and mark prices."""

    strategies: tuple[StrategySettings, ...]
    symbols: tuple[str, ...]
    histories: tuple[MarketHistory, ...]
    perpetuals: tuple[PerpetualTerms, ...]


def load_markets(
    settings: Settings,
    manager: DataManager,
    *,
    source: str,
    span: Span,
    strategies: Sequence[str] | None = None,
    intervals: Mapping[str, str] | None = None,
    funding: Mapping[str, object] | None = None,
    mark: Mapping[str, object] | None = None,
    names: Mapping[str, str] | None = None,
) -> LoadedMarkets:
    """Loads and checks the data that the strategies of ``settings`` need; see `prepare_settings`."""
    chosen = enabled_strategies(settings, strategies)
    uses = markets_of(settings, chosen)
    if len({parse_symbol(use.symbol).quote for use in uses}) > 1:
        quotes = ", ".join(sorted({parse_symbol(use.symbol).quote for use in uses}))
        raise ParameterError(
            f"the markets of one account must share a quote currency, were quoted in {quotes}"
        )
    histories = tuple(
        load_history(
            manager,
            source,
            (names or {}).get(use.symbol, use.symbol),
            (intervals or {}).get(use.symbol) or _core.interval_name(use.interval_ns),
            span,
        )
        for use in uses
    )
    symbols = tuple(use.symbol for use in uses)
    beside = (_by_symbol("funding", funding, symbols), _by_symbol("mark", mark, symbols))
    markets: Sequence[Mapping[str, Any]] = [{"instrument": None} for _ in symbols]
    if funding or mark:  # what they may be of depends on the markets' specifications
        markets = _plan(settings, chosen, symbols, histories)["markets"]
    return LoadedMarkets(
        strategies=chosen,
        symbols=symbols,
        histories=histories,
        perpetuals=tuple(perpetual_terms(*given) for given in zip(*beside, histories, markets, strict=True)),
    )


def plan_of(settings: Settings, loaded: LoadedMarkets) -> dict[str, Any]:
    """The plan of the chosen strategies on the candles loaded."""
    return _plan(settings, loaded.strategies, loaded.symbols, loaded.histories)


def _plan(
    settings: Settings,
    strategies: Sequence[StrategySettings],
    symbols: Sequence[str],
    histories: Sequence[MarketHistory],
) -> dict[str, Any]:
    intervals_ns = {
        symbol: history.bars.interval_ns for symbol, history in zip(symbols, histories, strict=True)
    }
    names = [strategy.name for strategy in strategies]
    impacts = impact_plans(settings, symbols)
    return build_plan(settings, strategies=names, intervals_ns=intervals_ns, impacts=impacts)


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
    loaded = load_markets(
        settings,
        manager,
        source=source,
        span=span,
        strategies=strategies,
        intervals=intervals,
        funding=funding,
        mark=mark,
        names=names,
    )
    return prepare_loaded(settings, loaded, own_indicators or {})


def prepare_loaded(
    settings: Settings, loaded: LoadedMarkets, own_indicators: Mapping[str, BaseIndicator]
) -> PreparedBacktest:
    """The backtest of ``settings``, which may differ from those that ``loaded`` was loaded for in anything
    but markets and candles.
    """
    chosen = enabled_strategies(settings, [strategy.name for strategy in loaded.strategies])
    plan = plan_of(settings, loaded)
    makers = IndicatorMakers(settings, own_indicators)
    markets = tuple(
        TradedMarket(
            symbol,
            history.interval,
            history.source,
            history.traded,
            partial(_draw, history, makers, [s for s in chosen if str(symbol_of(settings, s)) == symbol]),
            history.traded_hash,
        )
        for symbol, history in zip(loaded.symbols, loaded.histories, strict=True)
    )
    setup = RunSetup(
        initial_balance=settings.initial_balance,
        quote=parse_symbol(loaded.symbols[0]).quote,
        markets=markets,
        strategies=tuple(strategy.name for strategy in chosen),
        configuration={
            "plan": plain(plan),
            "indicators_in_python": {
                name: describe_code(type(indicator)) for name, indicator in makers.own.items()
            },
            **fingerprints(loaded.perpetuals),
        },
        seed=settings.simulation.seed,
        assumptions=venue_assumptions(plan["venue"], plan["markets"], loaded.perpetuals),
        warnings=tuple(
            warning
            for history, terms in zip(loaded.histories, loaded.perpetuals, strict=True)
            for warning in history.warnings + terms.warnings
        ),
    )
    return PreparedBacktest(
        portfolio=_core.Portfolio(plan),
        bars=tuple(history.bars for history in loaded.histories),
        first=tuple(history.first for history in loaded.histories),
        signals=tuple(outside_signals(settings, loaded, plan, makers)),
        funding=tuple(terms.funding for terms in loaded.perpetuals),
        mark=tuple(terms.mark for terms in loaded.perpetuals),
        setup=setup,
    )


class IndicatorMakers:
    """Indicator objects by name: those given, else made by the factory.

    ``known`` remembers signals by indicator, parameters and candles.
    """

    def __init__(
        self, settings: Settings, own: Mapping[str, BaseIndicator], known: SignalMemory | None = None
    ) -> None:
        self.settings = settings
        self.own = own
        self.known = known

    def make(self, name: str, kind: str, parameters: Mapping[str, Any]) -> BaseIndicator:
        """The indicator that goes by this name."""
        if name in self.own:
            return self.own[name]
        from spark_stacker.indicators.indicator_factory import IndicatorFactory

        return IndicatorFactory.create_indicator(name, kind, parameters)

    def signals(
        self, use: ResolvedIndicator, history: MarketHistory
    ) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """Direction and confidence at the close of every candle that the indicator sees."""
        parameters = self.own[use.name].params if use.name in self.own else use.parameters
        key = (use.name, use.type, history.symbol, use.timeframe, repr(sorted(parameters.items())))
        found = None if self.known is None else self.known.get(key)
        if found is None:
            indicator = self.make(use.name, use.type, use.parameters)
            candles = timeframe_candles(history.frame, history.interval, use.timeframe)
            found = signal_columns(indicator, candles)
            if self.known is not None:
                self.known.put(key, found)
        return found


class SignalMemory:
    """Signals computed before, up to so many bytes; those not used for longest go first."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._held: OrderedDict[tuple[str, ...], tuple[NDArray[np.int8], NDArray[np.float64]]] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[str, ...]) -> tuple[NDArray[np.int8], NDArray[np.float64]] | None:
        """What was put under ``key``, if it is still there."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: tuple[str, ...], signals: tuple[NDArray[np.int8], NDArray[np.float64]]) -> None:
        """Remembers signals."""
        self._held[key] = signals
        self._bytes += signals[0].nbytes + signals[1].nbytes
        while self._bytes > self.limit_bytes and len(self._held) > 1:
            _, (direction, confidence) = self._held.popitem(last=False)
            self._bytes -= direction.nbytes + confidence.nbytes


def outside_signals(
    settings: Settings, loaded: LoadedMarkets, plan: Mapping[str, Any], makers: IndicatorMakers
) -> list[OutsideSignals]:
    """Signals of every indicator that the core does not compute."""
    found = []
    names = [strategy.name for strategy in loaded.strategies]
    for place, strategy in enumerate(enabled_strategies(settings, names)):
        planned = plan["strategies"][place]
        history = loaded.histories[planned["market"]]
        for position, use in enumerate(indicators_of(settings, strategy)):
            if planned["indicators"][position]["type"] is not None:
                continue
            found.append((place, position, *makers.signals(use, history)))
    return found


def _draw(history: MarketHistory, makers: IndicatorMakers, strategies: Sequence[StrategySettings]) -> Any:
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
