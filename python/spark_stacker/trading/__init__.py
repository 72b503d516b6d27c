"""The live loop, as a dry run.

- ``dry_run``: from settings and connectors to a running session
- ``session``: what it does on candles as on ticks; ``loop``: restore or warm up, then bar by bar
- ``candle_feed``, ``bar_groups``, ``bar_rules``: closed bars in order, whatever the feed delivers
- ``paper``, ``paper_account``, ``portfolio``: the Rust engine with its simulated venue, and the view of it
- ``python_indicators``: indicators written in Python, evaluated at each close
- ``tick_run``, ``tick_loop``, ``tick_session``: the same on trades and books
- ``event_source``, ``event_sources``, ``event_feed``, ``event_rows``: where those come from, in what order
- ``journal``, ``event_journal``, ``state_dir``: paper state across a restart
- ``events``, ``log_observer``, ``summary``: what happened
- ``clock``, ``retry``, ``stopping``: time, failures that pass, signals
"""

from __future__ import annotations

from spark_stacker.trading.dry_run import DryRun, run_dry_run
from spark_stacker.trading.event_source import EventMarket, EventSource
from spark_stacker.trading.stopping import StopRequest, stop_on_signals
from spark_stacker.trading.summary import Summary
from spark_stacker.trading.tick_run import TickDryRun, run_tick_dry_run

__all__ = [
    "DryRun",
    "EventMarket",
    "EventSource",
    "StopRequest",
    "Summary",
    "TickDryRun",
    "run_dry_run",
    "run_tick_dry_run",
    "stop_on_signals",
]
