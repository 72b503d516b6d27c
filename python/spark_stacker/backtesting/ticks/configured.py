"""Bar strategies of a configuration on ticks: bars are built from trades, fills come from the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from spark_stacker import _core
from spark_stacker.backtesting.assumptions import venue_assumptions
from spark_stacker.backtesting.market import TradedMarket
from spark_stacker.backtesting.perpetuals import PerpetualTerms
from spark_stacker.backtesting.plain import plain
from spark_stacker.backtesting.record import StoredRun
from spark_stacker.backtesting.result import BacktestResult
from spark_stacker.backtesting.setup import RunSetup
from spark_stacker.backtesting.ticks.settings import TickSettings
from spark_stacker.config import build_plan, enabled_strategies, markets_of, parse_symbol
from spark_stacker.data import bars_to_frame
from spark_stacker.data.events import ImportedEvents, infer_steps, to_tape
from spark_stacker.data.impact import impact_plans
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from spark_stacker.config import Settings

__all__ = ["run_configured"]


def run_configured(
    settings: Settings,
    events: Mapping[str, pl.DataFrame | ImportedEvents],
    ticks: TickSettings | None = None,
    *,
    strategies: Sequence[str] | None = None,
) -> BacktestResult:
    """Runs the strategies of a configuration unchanged on the events of their markets, by symbol.

    A bar is built from the trades received within it and closes when the strategy's clock passes its end;
    its orders then travel to the exchange and are filled from the book, or where the events have none, at
    the last trade with the configured slippage. Fees, margin and limits are the configuration's; queue and
    latencies those of ``ticks``.

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
    for strategy in plan["strategies"]:
        for indicator in strategy["indicators"]:
            if indicator["type"] is None:
                raise ParameterError(
                    f"indicator {indicator['name']!r} is computed in Python; "
                    "on ticks only those of the core run"
                )
    tapes, sources = _tapes(events, [use.symbol for use in uses])
    session = _core.TickSession(_core.Portfolio(plan), ticks.rules(), [tape.tick_size for tape in tapes])
    session.play(tapes)
    return _result(session, plan, settings, ticks, names=names, uses=uses, sources=sources)


def _tapes(
    events: Mapping[str, pl.DataFrame | ImportedEvents], symbols: Sequence[str]
) -> tuple[list[_core.EventTape], list[str]]:
    tapes, sources = [], []
    for symbol in symbols:
        given = events.get(symbol)
        if given is None:
            raise ParameterError(
                f"events must be given of {symbol}, were of {', '.join(events) or 'nothing'}"
            )
        frame = given.frame if isinstance(given, ImportedEvents) else given
        if "trade" not in set(frame["kind"].cast(pl.String).unique()):
            raise DataError(f"{symbol}: no trades among the events; expected trades to build bars from")
        steps = given.steps if isinstance(given, ImportedEvents) else infer_steps(frame)
        tapes.append(to_tape(frame, tick_size=steps.tick_size, place=symbol))
        sources.append(", ".join(given.sources) if isinstance(given, ImportedEvents) else "events")
    return tapes, sources


def _result(
    session: _core.TickSession,
    plan: Mapping[str, Any],
    settings: Settings,
    ticks: TickSettings,
    *,
    names: Sequence[str],
    uses: Sequence[Any],
    sources: Sequence[str],
) -> BacktestResult:
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
    terms = [PerpetualTerms(symbol=use.symbol) for use in uses]
    setup = RunSetup(
        initial_balance=settings.initial_balance,
        quote=parse_symbol(uses[0].symbol).quote,
        markets=markets,
        strategies=tuple(names),
        configuration={"plan": plain(plan), "ticks": plain(ticks.rules())},
        seed=settings.simulation.seed,
        assumptions=(
            "Bars are built from the trades that the strategy has received; "
            "a decision is made at a bar's close, and its orders travel to the exchange.",
            f"Orders are filled from the book; the queue before a limit is {ticks.queue}.",
            *venue_assumptions(plan["venue"], plan["markets"], terms)[2:],
        ),
        warnings=tuple(
            f"{symbol}: {count} gaps in the events; nothing was filled from the book until the next snapshot"
            for symbol, count in gaps.items()
            if count
        ),
    )
    return BacktestResult(record, setup)
