"""Runs on ticks: one, or the same under three assumptions of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from spark_stacker import _core
from spark_stacker.backtesting.ticks.result import TickResult
from spark_stacker.backtesting.ticks.settings import TickSettings
from spark_stacker.backtesting.ticks.strategies import GridMaker, Schedule
from spark_stacker.data.events import ImportedEvents, infer_steps, to_tape
from spark_stacker.errors import DataError, SparkStackerError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["INTERVAL_QUEUES", "ProfitInterval", "profit_interval", "run_tick_backtest", "tapes_of"]

INTERVAL_QUEUES: Final = ("conservative", "proportional", "optimistic")
"""The queue models between which a profit is given."""

_METHODS: Final = ("on_trade", "on_book", "on_bar", "on_timer", "on_fill")


@dataclass(frozen=True, slots=True)
class ProfitInterval:
    """The same run under conservative, middle and optimistic assumptions of the queue."""

    conservative: TickResult
    middle: TickResult
    optimistic: TickResult

    @property
    def profits(self) -> tuple[float, float, float]:
        """Profit of each, quote currency."""
        return self.conservative.profit, self.middle.profit, self.optimistic.profit

    def __str__(self) -> str:
        low, middle, high = self.profits
        return f"profit {low:,.2f} (conservative), {middle:,.2f} (middle), {high:,.2f} (optimistic)"


def run_tick_backtest(
    events: pl.DataFrame | ImportedEvents | Iterable[pl.DataFrame],
    strategy: object,
    settings: TickSettings | None = None,
    *,
    tick_size: float | None = None,
    place: str = "events",
) -> TickResult:
    """Plays a strategy over the events of one market.

    ``events`` are a frame in `EVENT_SCHEMA`, what `import_events` gave, or consecutive frames, which are
    played one after another (then ``tick_size`` must be given). ``strategy`` is a
    `GridMaker`, a `Schedule`, or an object with any of ``on_trade(desk, trade)``, ``on_book(desk)``,
    ``on_bar(desk, bar)``, ``on_timer(desk)`` and ``on_fill(desk, fill)``: its attributes
    ``timer_interval_ns``, ``bar_interval`` (such as ``"1m"``) and ``depth_levels`` say what it wants;
    `spark_stacker._core.TickDesk` is its view of the market and its hand on it.

    Raises `DataError` naming column and row of what cannot be played, `StrategyError` around an exception
    of the strategy's, `ParameterError` for a setting that cannot be.
    """
    settings = settings or TickSettings()
    tapes, steps = tapes_of(events, settings, tick_size=tick_size, place=place)
    setup = settings.setup(tick_size=steps[0], lot_size=steps[1])
    return TickResult(_play(tapes, setup, strategy), settings, type(strategy).__name__)


def profit_interval(
    events: pl.DataFrame | ImportedEvents,
    strategy: object,
    settings: TickSettings | None = None,
    *,
    place: str = "events",
) -> ProfitInterval:
    """The profit between a queue that never shortens in one's favour and one that always does.

    A strategy that keeps state of its own must be callable: it is then called for a fresh one before each
    run.
    """
    settings = settings or TickSettings()
    tapes, steps = tapes_of(events, settings, tick_size=None, place=place)
    results = []
    for queue in INTERVAL_QUEUES:
        fresh = strategy() if callable(strategy) else strategy
        chosen = settings.with_queue(queue)
        setup = chosen.setup(tick_size=steps[0], lot_size=steps[1])
        results.append(TickResult(_play(tapes, setup, fresh), chosen, type(fresh).__name__))
    return ProfitInterval(*results)


def tapes_of(
    events: pl.DataFrame | ImportedEvents | Iterable[pl.DataFrame],
    settings: TickSettings,
    *,
    tick_size: float | None,
    place: str,
) -> tuple[list[_core.EventTape], tuple[float, float | None]]:
    """The events inside the core, and the steps on which they lie."""
    if isinstance(events, ImportedEvents):
        frames, steps = [events.frame], (events.steps.tick_size, events.steps.lot_size)
    elif isinstance(events, pl.DataFrame):
        frames = [events]
        if tick_size is None and settings.tick_size is None:
            found = infer_steps(events)
            steps = (found.tick_size, found.lot_size)
        else:
            steps = (tick_size or settings.tick_size or 0.0, settings.lot_size)
    else:
        frames = list(events)
        steps = (tick_size or settings.tick_size or 0.0, settings.lot_size)
        if not frames:
            raise DataError(f"{place}: no events")
        if steps[0] <= 0.0:
            raise DataError(f"{place}: the tick size of events in parts must be given")
    return [to_tape(frame, tick_size=steps[0], place=place) for frame in frames], steps


def _play(tapes: list[_core.EventTape], setup: dict[str, Any], strategy: object) -> _core.TickRun:
    if isinstance(strategy, GridMaker):
        return _core.run_grid_maker(tapes, setup, strategy.plan())
    if isinstance(strategy, Schedule):
        return _core.run_schedule(tapes, setup, strategy.plan())
    if not any(callable(getattr(strategy, name, None)) for name in _METHODS):
        raise StrategyError(
            f"{type(strategy).__name__} has none of {', '.join(_METHODS)}; expected at least one of them"
        )
    try:
        return _core.run_tick_class(tapes, setup, strategy)
    except SparkStackerError:
        raise
    except Exception as error:
        raise StrategyError(f"{type(strategy).__name__}: {type(error).__name__}: {error}") from error
