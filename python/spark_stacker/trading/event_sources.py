"""Recorded events for a dry run: files, or what the catalogue has of a market, played as if they happened
now.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from spark_stacker.connectors.replay import ReplayMarket
from spark_stacker.data import Catalogue
from spark_stacker.data.events import open_events
from spark_stacker.data.events.fingerprint import events_hash
from spark_stacker.errors import DataError
from spark_stacker.trading.event_source import EventMarket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

__all__ = ["RecordedEvents", "catalogued_events", "event_files"]


@dataclass(frozen=True, slots=True)
class RecordedEvents:
    """One market's recorded events, and what is to be said of them."""

    market: EventMarket
    text: str
    is_synthetic: bool = False
    facts: tuple[str, ...] = ()


def event_files(
    symbol: str,
    paths: Sequence[Path],
    *,
    speed: float | None = None,
    tick_size: float | None = None,
    correct_clock: bool = False,
    start_empty: bool = False,
) -> RecordedEvents:
    """Events of one market in files, which are read twice: once for their steps and fingerprint, once played.

    Raises ``DataError`` naming the file that cannot be read, and files without trades.
    """
    files = open_events(paths, tick_size=tick_size, correct_clock=correct_clock, start_empty=start_empty)
    place = ", ".join(str(path) for path in paths)
    digest, has_trades, rows = hashlib.sha256(), False, 0
    for frame in files.frames():
        _require_clock(frame, place, rows)
        rows += frame.height
        digest.update(events_hash(frame).encode())
        has_trades = has_trades or _has_trades(frame)
    if not has_trades:
        raise _no_trades(place)
    steps = files.steps()
    market = _played(files.frames, symbol, tick_size=steps.tick_size, speed=speed, place=place)
    text = f"{', '.join(files.sources)} ({digest.hexdigest()[:12]})"
    return RecordedEvents(market, text, facts=files.notes)


def catalogued_events(
    symbol: str,
    venue: str,
    recorded_symbol: str,
    *,
    root: Path | None = None,
    speed: float | None = None,
    tick_size: float | None = None,
) -> RecordedEvents:
    """What the catalogue has of a market. Raises ``DataError`` when that is nothing, or has no trades."""
    catalogue = Catalogue(root).events
    found = catalogue.describe(venue, recorded_symbol)
    place = f"{venue} {recorded_symbol}"
    trades = catalogue.scan(venue, recorded_symbol).filter(pl.col("kind") == "trade").head(1).collect()
    if trades.is_empty():
        raise _no_trades(place)
    step = found.steps.tick_size if tick_size is None else tick_size
    frames = partial(catalogue.chunks, venue, recorded_symbol)
    market = _played(frames, symbol, tick_size=step, speed=speed, place=place)
    return RecordedEvents(market, f"{place} ({found.data_hash[:12]})", found.synthetic is not None)


def _played(
    frames: Callable[[], Iterable[pl.DataFrame]],
    symbol: str,
    *,
    tick_size: float,
    speed: float | None,
    place: str,
) -> EventMarket:
    return EventMarket(streams=ReplayMarket(frames, symbol, speed=speed), tick_size=tick_size, place=place)


def _has_trades(frame: pl.DataFrame) -> bool:
    return bool((frame["kind"].cast(pl.String) == "trade").any())


def _require_clock(frame: pl.DataFrame, place: str, first_row: int) -> None:
    early = frame["local_ns"] < frame["exchange_ns"]
    if early.any():
        row = int(early.arg_max() or 0)
        behind_ms = (frame["exchange_ns"][row] - frame["local_ns"][row]) / 1e6
        raise DataError(
            f"{place}: row {first_row + row} of the stream: received {behind_ms:,.3f} ms before it happened; "
            "--correct-clock moves the receiver's clock on"
        )


def _no_trades(place: str) -> DataError:
    return DataError(f"{place}: no trades among the events; expected trades to build bars from")
