"""The trades and books of ``spark-stacker live --ticks``, and how the venue plays them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from spark_stacker.cli.events import reading_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spark_stacker.config import Settings
    from spark_stacker.trading.event_source import EventSource
    from spark_stacker.trading.event_sources import RecordedEvents

__all__ = ["TickRecording", "tick_options"]

QUEUES: Final = ("conservative", "proportional", "log", "fifo", "optimistic")
OWN: Final = ("queue", "order_latency", "answer_latency", "tick_size", "correct_clock", "start_empty")
"""Parameters of the command that say nothing without ``--ticks``."""


def tick_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a dry run on ticks."""
    for option in (
        click.option(
            "--answer-latency",
            type=click.FloatRange(min=0),
            help="Ticks: milliseconds back from the exchange.",
        ),
        click.option(
            "--order-latency", type=click.FloatRange(min=0), help="Ticks: milliseconds to the exchange."
        ),
        click.option(
            "--queue", type=click.Choice(QUEUES), help="Ticks: who cancels ahead.  [default: proportional]"
        ),
    ):
        command = option(command)
    given = click.option(
        "--ticks",
        multiple=True,
        metavar="[SYMBOL=]FILE|VENUE:SYMBOL",
        help="Replay trades and books, once for each file or recorded market.",
    )
    return given(reading_options(command))


@dataclass(frozen=True, slots=True, kw_only=True)
class TickRecording:
    """What the options say about events to replay."""

    ticks: tuple[str, ...]
    root: Path | None
    speed: float | str | None
    queue: str | None
    order_latency: float | None
    answer_latency: float | None
    tick_size: float | None
    correct_clock: bool
    start_empty: bool

    def check(self, others: Mapping[str, object]) -> None:
        """Refuses options that do not go together; ``others`` are those of candles by name."""
        if not self.ticks:
            own = next((name for name in OWN if getattr(self, name) not in (None, False)), None)
            if own is not None:
                raise click.UsageError(f"--{own.replace('_', '-')} belongs to --ticks")
            return
        for name, value in others.items():
            if value not in (None, ()):
                raise click.UsageError(f"{name} and --ticks exclude each other")

    def rules(self) -> dict[str, Any]:
        """Queue, fills and latencies in the core's form."""
        from spark_stacker.backtesting.ticks import ConstantLatency, TickSettings

        return TickSettings(
            queue=self.queue or "proportional",
            order_latency=ConstantLatency(_ns(self.order_latency)),
            answer_latency=ConstantLatency(_ns(self.answer_latency)),
        ).rules()

    def source(self, settings: Settings) -> EventSource:
        """The events, by the markets of the strategies."""
        from spark_stacker.config import enabled_strategies, markets_of
        from spark_stacker.errors import ParameterError
        from spark_stacker.trading.event_source import EventSource

        symbols = [use.symbol for use in markets_of(settings, enabled_strategies(settings))]
        files, recorded = self._by_market(symbols)
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

    def _by_market(self, symbols: list[str]) -> tuple[dict[str, list[Path]], dict[str, tuple[str, str]]]:
        """Files, and venues with their own symbols, by the market that they are of."""
        from spark_stacker.errors import ParameterError

        files: dict[str, list[Path]] = {}
        recorded: dict[str, tuple[str, str]] = {}
        for text in self.ticks:
            named, place = ("", text) if Path(text).exists() else text.rpartition("=")[::2]
            venue, colon, own_symbol = place.partition(":")
            is_recorded = bool(colon and venue and own_symbol) and not Path(place).exists()
            symbol = _market(named or (own_symbol if is_recorded else ""), symbols, place)
            if is_recorded and symbol in recorded:
                raise ParameterError(f"{symbol} is recorded twice: {':'.join(recorded[symbol])} and {place}")
            if symbol in (files if is_recorded else recorded):
                raise ParameterError(f"{symbol} is given by files and by the catalogue; expected one of them")
            if is_recorded:
                recorded[symbol] = (venue, own_symbol)
            else:
                files.setdefault(symbol, []).append(Path(place))
        return files, recorded

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


def _market(named: str, symbols: list[str], place: str) -> str:
    """The market of the strategies that is meant; the only one where none is named."""
    from spark_stacker.data.files import is_same_market
    from spark_stacker.errors import ParameterError

    if not named:
        if len(symbols) == 1:
            return symbols[0]
        raise ParameterError(
            f"{place}: of which market? --ticks SYMBOL={place} says it ({', '.join(symbols)})"
        )
    same = next((symbol for symbol in symbols if is_same_market(symbol, named)), None)
    if same is None:
        raise ParameterError(f"{place}: no strategy trades {named}, they trade {', '.join(symbols)}")
    return same


def _ns(milliseconds: float | None) -> int:
    return round((milliseconds or 0.0) * 1e6)
