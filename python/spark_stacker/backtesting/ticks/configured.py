"""Bar strategies of a configuration on ticks: bars are built from trades, fills come from the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from spark_stacker import _core
from spark_stacker.backtesting.assumptions import tick_assumptions
from spark_stacker.backtesting.market import TradedMarket
from spark_stacker.backtesting.plain import plain
from spark_stacker.backtesting.record import StoredRun
from spark_stacker.backtesting.result import BacktestResult
from spark_stacker.backtesting.setup import RunSetup
from spark_stacker.backtesting.ticks.execution import Execution
from spark_stacker.backtesting.ticks.interval import ProfitInterval
from spark_stacker.backtesting.ticks.settings import TickSettings
from spark_stacker.backtesting.ticks.stream import EventStream
from spark_stacker.config import (
    build_plan,
    enabled_strategies,
    markets_of,
    parse_symbol,
    require_core_indicators,
)
from spark_stacker.data import bars_to_frame
from spark_stacker.data.events import ImportedEvents
from spark_stacker.data.impact import impact_plans
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from spark_stacker.backtesting.ticks.stream import Events
    from spark_stacker.config import Settings

__all__ = ["TickedBacktestResult", "configured_profit_interval", "run_configured"]


class TickedBacktestResult(BacktestResult):
    """The result of a backtest on ticks: as of one on bars, and how its orders were executed."""

    def __init__(
        self,
        run: StoredRun,
        setup: RunSetup,
        *,
        execution: Execution,
        final_equity: float,
        ticks: TickSettings,
    ) -> None:
        super().__init__(run, setup)
        self.execution = execution
        self.ticks = ticks
        self._final_equity = final_equity

    @property
    def profit(self) -> float:
        """Equity after the last event less the balance at the start, quote currency, after fees."""
        return self._final_equity - self.initial_balance


def run_configured(
    settings: Settings,
    events: Mapping[str, Events],
    ticks: TickSettings | None = None,
    *,
    strategies: Sequence[str] | None = None,
) -> TickedBacktestResult:
    """Runs the strategies of a configuration unchanged on the events of their markets, by symbol.

    A bar is built from the trades received within it and closes when the strategy's clock passes its end;
    its orders then travel to the exchange and are filled from the book, or where the events have none, at
    the last trade with the configured slippage. Fees, margin and limits are the configuration's; queue and
    latencies those of ``ticks``. An `EventStream` of the catalogue is played in flat memory.

    Raises `ParameterError` for a market without events, an indicator in Python, `DataError` for events
    that cannot be played or have no trades.
    """
    ticks = ticks or TickSettings()
    chosen = enabled_strategies(settings, strategies)
    uses = markets_of(settings, chosen)
    names = [strategy.name for strategy in chosen]
    intervals = {use.symbol: use.interval_ns for use in uses}
    plan = build_plan(
        settings, strategies=names, intervals_ns=intervals, impacts=impact_plans(settings, intervals)
    )
    require_core_indicators(plan)
    streams = [_stream(events, use.symbol) for use in uses]
    starts = {stream.start_ns for stream in streams}
    if len(starts) > 1:
        raise ParameterError("events of several markets must start together")
    session = _core.TickSession(
        _core.Portfolio(plan), ticks.rules(), [stream.tick_size for stream in streams], starts.pop()
    )
    session.play([stream.tapes() for stream in streams])
    sources = [stream.source for stream in streams]
    return _result(session, plan, settings, ticks, names=names, uses=uses, sources=sources)


def configured_profit_interval(
    settings: Settings,
    events: Mapping[str, Events],
    ticks: TickSettings | None = None,
    *,
    strategies: Sequence[str] | None = None,
) -> ProfitInterval[TickedBacktestResult]:
    """`run_configured` between a queue that never shortens in one's favour and one that always does.

    Events in parts must be an `EventStream`, since they are played three times.
    """
    chosen = ticks or TickSettings()
    streams = {symbol: EventStream.of(given, place=symbol) for symbol, given in events.items()}
    return ProfitInterval.of(
        lambda queue: run_configured(settings, streams, chosen.with_queue(queue), strategies=strategies)
    )


def _stream(events: Mapping[str, Events], symbol: str) -> EventStream:
    given = events.get(symbol)
    if given is None:
        raise ParameterError(f"events must be given of {symbol}, were of {', '.join(events) or 'nothing'}")
    frame = given.frame if isinstance(given, ImportedEvents) else given
    if isinstance(frame, pl.DataFrame) and "trade" not in set(frame["kind"].cast(pl.String).unique()):
        raise DataError(f"{symbol}: no trades among the events; expected trades to build bars from")
    return EventStream.of(given, place=symbol)


def _result(
    session: _core.TickSession,
    plan: Mapping[str, Any],
    settings: Settings,
    ticks: TickSettings,
    *,
    names: Sequence[str],
    uses: Sequence[Any],
    sources: Sequence[str],
) -> TickedBacktestResult:
    bars = [session.bars(market) for market in range(len(uses))]
    frames = [bars_to_frame(columns) for columns in bars]
    markets = tuple(
        TradedMarket(use.symbol, _core.interval_name(use.interval_ns), source, frame)
        for use, source, frame in zip(uses, sources, frames, strict=True)
    )
    gaps = {use.symbol: session.gaps(market) for market, use in enumerate(uses)}
    record = StoredRun(
        open_time_ns=session.open_time_ns(),
        equity=session.equity_curve(),
        tables={
            "fills": session.fills(0),
            "orders": session.orders(0),
            "trades": session.trades(0),
            "open_positions": session.open_positions(),
            "refused": session.refused(0),
        },
        values=session.metrics(),
        reasons=session.undefined(),
    )
    setup = RunSetup(
        initial_balance=settings.initial_balance,
        quote=parse_symbol(uses[0].symbol).quote,
        markets=markets,
        strategies=tuple(names),
        configuration={"plan": plain(plan), "ticks": plain(ticks.rules())},
        seed=settings.simulation.seed,
        assumptions=(
            *ticks.assumptions(),
            *tick_assumptions(plan["venue"], plan["markets"]),
        ),
        warnings=tuple(
            f"{symbol}: {count} gaps in the events; nothing was filled from the book until the next snapshot"
            for symbol, count in gaps.items()
            if count
        ),
    )
    execution = Execution(session.orders(0), session.fills(0), session)
    return TickedBacktestResult(record, setup, execution=execution, final_equity=session.equity, ticks=ticks)
