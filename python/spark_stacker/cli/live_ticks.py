"""The trades and books of ``spark-stacker live --ticks``, and how the venue plays them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from spark_stacker.cli.tick_options import TICK_OPTIONS, TickChoice, sources_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spark_stacker.config import Settings
    from spark_stacker.trading.event_source import EventSource
    from spark_stacker.trading.event_sources import RecordedEvents

__all__ = ["TickRecording"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TickRecording:
    """What the options say about events to replay."""

    ticks: tuple[str, ...]
    root: Path | None
    speed: float | str | None
    queue: str | None
    order_latency: str | None
    answer_latency: str | None
    tick_size: float | None
    correct_clock: bool
    start_empty: bool

    def check(self, others: Mapping[str, object]) -> None:
        """Refuses options that do not go together; ``others`` are those of candles by name."""
        if not self.ticks:
            if self._choice.stray is not None:
                raise click.UsageError(f"{self._choice.stray} belongs to --ticks")
            return
        for name, value in others.items():
            if value not in (None, ()):
                raise click.UsageError(f"{name} and --ticks exclude each other")

    def rules(self) -> dict[str, Any]:
        """Queue, fills and latencies in the core's form."""
        from spark_stacker.backtesting.ticks import TickSettings

        return TickSettings(**self._choice.rules()).rules()

    @property
    def _choice(self) -> TickChoice:
        return TickChoice(root=self.root, **{name: getattr(self, name) for name in TICK_OPTIONS})

    def source(self, settings: Settings) -> EventSource:
        """The events, by the markets of the strategies."""
        from spark_stacker.config import enabled_strategies, markets_of
        from spark_stacker.errors import ParameterError
        from spark_stacker.trading.event_source import EventSource

        symbols = [use.symbol for use in markets_of(settings, enabled_strategies(settings))]
        files, recorded = sources_of(self.ticks, symbols)
        missing = [symbol for symbol in symbols if symbol not in files and symbol not in recorded]
        if missing:
            raise ParameterError(
                f"no events of {', '.join(missing)} are given; --ticks SYMBOL=FILE gives them"
            )
        found: dict[str, RecordedEvents] = {}
        for symbol in symbols:
            found[symbol] = (
                self._of_files(symbol, files[symbol])
                if symbol in files
                else self._of_catalogue(symbol, *recorded[symbol])
            )
        return EventSource(
            markets={symbol: events.market for symbol, events in found.items()},
            text=f"recorded events of {', '.join(events.text for events in found.values())}",
            is_synthetic=any(events.is_synthetic for events in found.values()),
            facts=tuple(fact for events in found.values() for fact in events.facts),
        )

    def _of_files(self, symbol: str, paths: list[Path]) -> RecordedEvents:
        from spark_stacker.trading.event_sources import event_files

        return event_files(
            symbol,
            paths,
            speed=self._speed(),
            tick_size=self.tick_size,
            correct_clock=self.correct_clock,
            start_empty=self.start_empty,
        )

    def _of_catalogue(self, symbol: str, venue: str, own_symbol: str) -> RecordedEvents:
        from spark_stacker.errors import ParameterError
        from spark_stacker.trading.event_sources import catalogued_events

        for name in ("correct_clock", "start_empty"):
            if getattr(self, name):
                raise ParameterError(
                    f"--{name.replace('_', '-')} reads files; {venue}:{own_symbol} has been read already"
                )
        return catalogued_events(
            symbol, venue, own_symbol, root=self.root, speed=self._speed(), tick_size=self.tick_size
        )

    def _speed(self) -> float | None:
        return None if self.speed is None or isinstance(self.speed, str) else self.speed
