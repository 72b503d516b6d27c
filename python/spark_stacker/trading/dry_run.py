"""A dry run from its settings: plan, engine, feed, journal and observers put together."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_stacker import __version__
from spark_stacker._core import Portfolio, Session, interval_name
from spark_stacker.config import build_plan, enabled_strategies, markets_of
from spark_stacker.connectors.threads import in_thread
from spark_stacker.data.impact import impact_plans
from spark_stacker.errors import ConfigError, ParameterError
from spark_stacker.trading.candle_feed import CandleFeed, FeedMarket
from spark_stacker.trading.clock import SystemClock, TapeClock
from spark_stacker.trading.events import SessionStopped
from spark_stacker.trading.history import bars_needed, python_roles
from spark_stacker.trading.journal import Journal, JournalHeader, read_journal
from spark_stacker.trading.loop import LiveLoop, LoopSettings
from spark_stacker.trading.paper import PaperSession
from spark_stacker.trading.python_indicators import PythonIndicators
from spark_stacker.trading.retry import VenueCalls
from spark_stacker.trading.state_dir import StateDirectory
from spark_stacker.trading.stopping import until_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spark_stacker.config import MarketUse, Settings
    from spark_stacker.connectors.base_connector import BaseConnector
    from spark_stacker.connectors.contract import ExchangeClient
    from spark_stacker.trading.clock import Clock
    from spark_stacker.trading.events import Observer
    from spark_stacker.trading.sources import CandleSource
    from spark_stacker.trading.stopping import StopRequest

__all__ = ["DryRun", "fingerprint", "refuse_one_market_twice", "run_dry_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What is run, and on what.

    ``history_bars`` defaults to what the indicators need, ``state`` ``None`` keeps nothing, ``fresh`` sets
    an earlier journal aside, ``max_groups`` ends the run after so many groups of bars.
    """

    settings: Settings
    candles: CandleSource
    state: Path | None = None
    fresh: bool = False
    history_bars: int | None = None
    max_groups: int | None = None


async def run_dry_run(
    run: DryRun, *, observer: Observer, stop: StopRequest, clock: Clock | None = None
) -> PaperSession:
    """Run until the candles end or a stop is asked for; return the session as it stands then.

    Raises ``ConfigError`` when the journal belongs to another configuration, ``ParameterError`` when the
    state directory is in use, ``StopTradingError`` when going on would be unsafe.
    """
    settings = run.settings
    strategies = enabled_strategies(settings)
    markets = markets_of(settings, strategies)
    refuse_one_market_twice(markets)
    impacts = impact_plans(settings, [market.symbol for market in markets])
    plan = build_plan(settings, intervals_ns=run.candles.intervals_ns, impacts=impacts)
    session = PaperSession(
        Session(Portfolio(plan)),
        markets=[(market["symbol"], market["interval_ns"]) for market in plan["markets"]],
        strategies=[strategy["name"] for strategy in plan["strategies"]],
    )
    roles = python_roles(settings, strategies, plan)
    needed = run.history_bars if run.history_bars is not None else settings.live.history_bars
    clock = clock or _clock(run.candles.connectors)
    calls = VenueCalls(clock=clock, observer=observer)
    feed_markets = _feed_markets(run, markets, plan, clock)
    with ExitStack() as stack:
        journal = recorded = None
        if run.state is not None:
            directory = stack.enter_context(StateDirectory(run.state))
            if run.fresh:
                directory.set_aside()
            header = JournalHeader(
                configuration=fingerprint(
                    plan,
                    [(role.strategy, role.position, type(role.indicator).__qualname__) for role in roles],
                ),
                source=run.candles.text,
                version=__version__,
            )
            # A long journal takes a while to read; a stop is heard meanwhile.
            recorded = await until_stopped(in_thread(read_journal, directory.journal, header), stop)
            if stop.is_set:
                observer(SessionStopped(reason=stop.reason, portfolio=session.view()))
                return session
            journal = Journal(directory.journal, header, recorded)
            stack.callback(journal.close)
        loop = LiveLoop(
            markets=feed_markets,
            session=session,
            feed=CandleFeed(
                feed_markets, clock=clock, calls=calls, observer=observer, grace_s=settings.live.late_after
            ),
            indicators=PythonIndicators(roles),
            clock=clock,
            calls=calls,
            observer=observer,
            settings=LoopSettings(
                history_bars=bars_needed(plan) if needed is None else needed,
                max_groups=run.max_groups,
                source=run.candles.text,
            ),
            journal=journal,
            recorded=recorded,
        )
        await loop.run(stop)
    return session


def refuse_one_market_twice(markets: Sequence[MarketUse]) -> None:
    """Raise ``ConfigError`` for a market that strategies trade on several exchanges."""
    symbols = [market.symbol for market in markets]
    for symbol in symbols:
        if symbols.count(symbol) > 1:
            raise ConfigError(f"{symbol} is traded on several exchanges; a dry run trades a market on one")


def _clock(connectors: Mapping[str, BaseConnector]) -> Clock:
    times = {id(connector): connector.venue_time_ns for connector in connectors.values()}
    own = [time for time in times.values() if time is not None]
    if not own:
        return SystemClock()
    if len(times) > 1:
        raise ParameterError(
            "a replay plays all markets of a session, it cannot be mixed with other exchanges"
        )
    return TapeClock(own[0])


def _feed_markets(
    run: DryRun, markets: Sequence[MarketUse], plan: Mapping[str, Any], clock: Clock
) -> list[FeedMarket]:
    clients: dict[int, ExchangeClient] = {}
    feeds = []
    for market, planned in zip(markets, plan["markets"], strict=True):
        connector = run.candles.connectors[market.symbol]
        client = clients.setdefault(
            id(connector),
            connector.client(now_ns=clock.now_ns, polling_interval_s=run.settings.polling_interval),
        )
        step_ns = planned["interval_ns"]
        feeds.append(
            FeedMarket(
                symbol=market.symbol,
                interval=interval_name(step_ns),
                interval_ns=step_ns,
                client=client,
                is_spot=(planned["instrument"] or {}).get("market_type") == "spot",
            )
        )
    return feeds


def fingerprint(plan: Mapping[str, Any], beside: Sequence[Any]) -> str:
    """Return a hash of all that decides what a session does with its candles or events."""
    text = json.dumps([plan, beside], sort_keys=True, default=_text)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> object:
    """A value that JSON does not have; an array with all that is in it."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
