"""The options of commands that run on trades and books: which events, and how the venue plays them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from spark_stacker.cli.events import reading_options
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spark_stacker.backtesting.ticks import EventStream
    from spark_stacker.backtesting.ticks.settings import Latency

__all__ = ["TICK_OPTIONS", "TickChoice", "latency_of", "sources_of", "tick_options"]

TICK_OPTIONS: Final = (
    *("ticks", "queue", "order_latency", "answer_latency", "tick_size", "correct_clock", "start_empty"),
)
"""Names of the parameters that `tick_options` adds."""
QUEUES: Final = ("conservative", "proportional", "log", "fifo", "optimistic")
_LATENCY: Final = "MS, feed[,factor=1,offset_ms=0] or log_normal,median_ms=M,sigma=S[,floor_ms=0]"


def tick_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a command that can run on ticks."""
    command = reading_options(command)
    for option in (
        click.option("--answer-latency", metavar="MS|MODEL", help="Ticks: from the exchange.  [default: 0]"),
        click.option(
            "--order-latency", metavar="MS|MODEL", help=f"Ticks: to the exchange: {_LATENCY}.  [default: 0]"
        ),
        click.option(
            "--queue", type=click.Choice(QUEUES), help="Ticks: who cancels ahead.  [default: proportional]"
        ),
        click.option(
            "--ticks",
            multiple=True,
            metavar="[SYMBOL=]FILE|VENUE:SYMBOL",
            help="Trades and books, once for each file or recorded market.",
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class TickChoice:
    """What the options say."""

    ticks: tuple[str, ...]
    root: Path | None
    queue: str | None
    order_latency: str | None
    answer_latency: str | None
    tick_size: float | None
    correct_clock: bool
    start_empty: bool
    start: str | None = None
    end: str | None = None

    @property
    def stray(self) -> str | None:
        """An option that says nothing without ``--ticks``."""
        given = next((name for name in TICK_OPTIONS[1:] if getattr(self, name) not in (None, False)), None)
        return None if given is None else f"--{given.replace('_', '-')}"

    def rules(self) -> dict[str, Any]:
        """Arguments of `TickSettings`: queue and latencies."""
        return {
            "queue": self.queue or "proportional",
            "order_latency": latency_of("--order-latency", self.order_latency),
            "answer_latency": latency_of("--answer-latency", self.answer_latency),
        }

    def streams(self, symbols: Sequence[str]) -> tuple[dict[str, EventStream], list[str]]:
        """The events of each market, and notes on how files were understood."""
        files, recorded = sources_of(self.ticks, symbols)
        missing = [symbol for symbol in symbols if symbol not in files and symbol not in recorded]
        if missing:
            raise ParameterError(
                f"no events of {', '.join(missing)} are given; --ticks SYMBOL=FILE gives them"
            )
        notes: list[str] = []
        found = {}
        for symbol in symbols:
            if symbol in files:
                found[symbol] = self._of_files(files[symbol], notes)
            else:
                found[symbol] = self._of_catalogue(*recorded[symbol])
        if self.start is not None or self.end is not None:
            found = {symbol: stream.between(self.start, self.end) for symbol, stream in found.items()}
        return found, notes

    def _of_files(self, paths: list[Path], notes: list[str]) -> EventStream:
        from spark_stacker.backtesting.ticks import EventStream
        from spark_stacker.data.events import import_events

        imported = import_events(
            paths,
            tick_size=self.tick_size,
            correct_clock=self.correct_clock,
            start_empty=self.start_empty,
        )
        notes += imported.notes
        return EventStream.of(imported)

    def _of_catalogue(self, venue: str, symbol: str) -> EventStream:
        from spark_stacker.backtesting.ticks import EventStream
        from spark_stacker.data import Catalogue

        for name in ("correct_clock", "start_empty", "tick_size"):
            if getattr(self, name):
                raise ParameterError(
                    f"--{name.replace('_', '-')} reads files; {venue}:{symbol} has been read already"
                )
        events = Catalogue(self.root).events
        return EventStream.of_catalogue(events, venue, symbol)


def sources_of(
    ticks: Sequence[str], symbols: Sequence[str]
) -> tuple[dict[str, list[Path]], dict[str, tuple[str, str]]]:
    """Files, and venues with their own symbols, by the market of ``symbols`` that they are of."""
    files: dict[str, list[Path]] = {}
    recorded: dict[str, tuple[str, str]] = {}
    for text in ticks:
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


def _market(named: str, symbols: Sequence[str], place: str) -> str:
    """The market that is meant; the only one where none is named."""
    from spark_stacker.data.files import is_same_market

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


def latency_of(option: str, text: str | None) -> Latency:
    """A latency as it is written: milliseconds, or a model and its numbers."""
    from spark_stacker.backtesting.ticks import ConstantLatency, FeedLatency, LogNormalLatency
    from spark_stacker.cli.values import key_values

    if text is None:
        return ConstantLatency()
    model, *numbers = text.split(",")
    given = key_values(option, numbers)
    models: dict[str, dict[str, float | None]] = {
        "feed": {"factor": 1.0, "offset_ms": 0.0},
        "log_normal": {"median_ms": None, "sigma": None, "floor_ms": 0.0},
    }
    known = models.get(model)
    if known is None:
        return ConstantLatency(_ns(option, model))
    values: dict[str, Any] = {**known, **given}
    wrong = next((key for key in given if key not in known), None)
    if wrong is not None:
        raise ParameterError(f"{option} {model} has no {wrong!r}; known: {', '.join(known)}")
    for key, value in values.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ParameterError(f"{option} {model} needs a number for {key}, was {value!r}")
    if model == "feed":
        return FeedLatency(values["factor"], round(values["offset_ms"] * 1e6))
    return LogNormalLatency(
        values["median_ms"] * 1e6, values["sigma"], floor_ns=round(values["floor_ms"] * 1e6)
    )


def _ns(option: str, text: str) -> int:
    try:
        milliseconds = float(text)
    except ValueError:
        milliseconds = -1.0
    if not 0.0 <= milliseconds < 1e9:
        raise ParameterError(f"{option} must be {_LATENCY}, was {text!r}")
    return round(milliseconds * 1e6)
