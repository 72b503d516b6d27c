"""A dry run on ticks from its settings: plan, engine, feed, journal and observers put together."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_stacker import __version__
from spark_stacker._core import Portfolio, TickSession
from spark_stacker.config import build_plan, enabled_strategies, markets_of, require_core_indicators
from spark_stacker.connectors.threads import in_thread
from spark_stacker.data.impact import impact_plans
from spark_stacker.trading.clock import SystemClock
from spark_stacker.trading.dry_run import fingerprint, refuse_one_market_twice
from spark_stacker.trading.events import SessionStopped
from spark_stacker.trading.journal import Journal, JournalHeader, read_journal
from spark_stacker.trading.retry import VenueCalls
from spark_stacker.trading.state_dir import StateDirectory
from spark_stacker.trading.stopping import until_stopped
from spark_stacker.trading.tick_loop import Kept, TickLoop
from spark_stacker.trading.tick_session import TickPaperSession

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spark_stacker.config import Settings
    from spark_stacker.trading.clock import Clock
    from spark_stacker.trading.event_source import EventSource
    from spark_stacker.trading.events import Observer
    from spark_stacker.trading.stopping import StopRequest

__all__ = ["TickDryRun", "run_tick_dry_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TickDryRun:
    """What is run, and on what.

    ``rules`` are queue, fills and latencies as ``TickSettings.rules`` gives them. ``state`` ``None`` keeps
    nothing, ``fresh`` sets an earlier journal aside, ``max_bars`` ends the run after so many closes.
    """

    settings: Settings
    events: EventSource
    rules: Mapping[str, Any]
    state: Path | None = None
    fresh: bool = False
    max_bars: int | None = None


async def run_tick_dry_run(
    run: TickDryRun, *, observer: Observer, stop: StopRequest, clock: Clock | None = None
) -> TickPaperSession:
    """Run until the events end or a stop is asked for; return the session as it stands then.

    Raises ``ParameterError`` for a market without events, an indicator in Python, a state directory in use,
    ``ConfigError`` when the journal belongs to another configuration, ``DataError`` for events that cannot be
    played.
    """
    strategies = enabled_strategies(run.settings)
    markets = markets_of(run.settings, strategies)
    refuse_one_market_twice(markets)
    plan = build_plan(
        run.settings,
        intervals_ns={use.symbol: use.interval_ns for use in markets},
        impacts=impact_plans(run.settings, [use.symbol for use in markets]),
    )
    require_core_indicators(plan)
    symbols = [market["symbol"] for market in plan["markets"]]
    events = [(symbol, run.events.market(symbol)) for symbol in symbols]
    late_after_ns = round(run.settings.live.events_late_after * 1e9)
    tick_sizes = [market.tick_size for _, market in events]
    session = TickPaperSession(
        TickSession(Portfolio(plan), dict(run.rules), tick_sizes),
        markets=events,
        strategies=[strategy["name"] for strategy in plan["strategies"]],
        late_after_ns=late_after_ns,
    )
    clock = clock or SystemClock()
    with ExitStack() as stack:
        kept = None
        if run.state is not None:
            directory = stack.enter_context(StateDirectory(run.state))
            if run.fresh:
                directory.set_aside()
            header = JournalHeader(
                configuration=fingerprint(plan, [dict(run.rules), tick_sizes, late_after_ns]),
                source=run.events.text,
                version=__version__,
            )
            recorded = await until_stopped(in_thread(read_journal, directory.journal, header), stop)
            if stop.is_set:
                observer(SessionStopped(reason=stop.reason, portfolio=session.view()))
                return session
            journal = Journal(directory.journal, header, recorded)
            stack.callback(journal.close)
            kept = Kept(directory=directory, journal=journal, recorded=recorded)
        loop = TickLoop(
            symbols=symbols,
            source=run.events,
            interval_ns=plan["markets"][0]["interval_ns"],
            session=session,
            clock=clock,
            calls=VenueCalls(clock=clock, observer=observer),
            observer=observer,
            max_bars=run.max_bars,
            kept=kept,
        )
        await loop.run(stop)
    return session
