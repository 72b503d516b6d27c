"""Runs on ticks: one, or the same under three assumptions of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from spark_stacker import _core
from spark_stacker.backtesting.ticks.interval import ProfitInterval
from spark_stacker.backtesting.ticks.result import TickResult
from spark_stacker.backtesting.ticks.settings import TickSettings
from spark_stacker.backtesting.ticks.strategies import GridMaker, Schedule, Targets
from spark_stacker.backtesting.ticks.stream import EventStream
from spark_stacker.errors import DataError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spark_stacker.backtesting.ticks.stream import Events

__all__ = ["profit_interval", "run_tick_backtest"]

_METHODS: Final = ("on_trade", "on_book", "on_bar", "on_timer", "on_fill")


def run_tick_backtest(
    events: Events,
    strategy: object,
    settings: TickSettings | None = None,
    *,
    tick_size: float | None = None,
    place: str = "events",
) -> TickResult:
    """Plays a strategy over the events of one market.

    ``events`` are a frame in `EVENT_SCHEMA`, what `import_events` gave, an `EventStream` of the catalogue,
    or consecutive frames, such as those of `EventCatalogue.chunks`; the last two are played part by part in
    flat memory (of frames ``tick_size`` must be given; the first must hold the book's beginning, since
    changes of a book build on what is there). ``strategy`` is a `GridMaker`, a `Schedule`, `Targets`, or an
    object with any of ``on_trade(desk, trade)``, ``on_book(desk)``, ``on_bar(desk, bar)``,
    ``on_timer(desk)`` and ``on_fill(desk, fill)``: its attributes ``timer_interval_ns``, ``bar_interval``
    (such as ``"1m"``) and ``depth_levels`` say what it wants; `spark_stacker._core.TickDesk` is its view of
    the market and its hand on it.

    Raises `DataError` naming column and row of what cannot be played, `StrategyError` around an exception
    of the strategy's, `ParameterError` for a setting that cannot be.
    """
    settings = settings or TickSettings()
    stream = _stream(events, settings, tick_size=tick_size, place=place)
    return _result(stream, strategy, settings)


def profit_interval(
    events: Events,
    strategy: object,
    settings: TickSettings | None = None,
    *,
    place: str = "events",
) -> ProfitInterval[TickResult]:
    """The profit between a queue that never shortens in one's favour and one that always does.

    A strategy that keeps state of its own must be callable: it is then called for a fresh one before each
    run. Events in parts must be an `EventStream`, since they are played three times.
    """
    settings = settings or TickSettings()
    stream = _stream(events, settings, tick_size=None, place=place)

    def played(queue: str) -> TickResult:
        fresh = strategy() if callable(strategy) else strategy
        return _result(stream, fresh, settings.with_queue(queue))

    return ProfitInterval.of(played)


def _stream(events: Events, settings: TickSettings, *, tick_size: float | None, place: str) -> EventStream:
    step = settings.tick_size if tick_size is None else tick_size
    return EventStream.of(events, tick_size=step, lot_size=settings.lot_size, place=place)


def _result(stream: EventStream, strategy: object, settings: TickSettings) -> TickResult:
    setup = settings.setup(tick_size=stream.tick_size, lot_size=stream.lot_size, start_ns=stream.start_ns)
    result = TickResult(_play(stream.tapes(), setup, strategy), settings, type(strategy).__name__)
    if not result.events:
        raise DataError(f"{stream.source}: no events from the start asked for on")
    return result


def _play(tapes: Iterable[_core.EventTape], setup: dict[str, Any], strategy: object) -> _core.TickRun:
    if isinstance(strategy, GridMaker):
        return _core.run_grid_maker(tapes, setup, strategy.plan())
    if isinstance(strategy, Schedule):
        return _core.run_schedule(tapes, setup, strategy.plan())
    if isinstance(strategy, Targets):
        return _core.run_targets(tapes, setup, strategy.time_ns, strategy.position)
    if not any(callable(getattr(strategy, name, None)) for name in _METHODS):
        raise StrategyError(
            f"{type(strategy).__name__} has none of {', '.join(_METHODS)}; expected at least one of them"
        )
    return _core.run_tick_class(tapes, setup, strategy)
