"""Calibration of a market in the catalogue or in files: where the events come from, what is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spark_stacker.data.events import EventCatalogue, open_events
from spark_stacker.data.events.fingerprint import events_hash, joined_hash
from spark_stacker.data.impact.calibrating import Calibration, calibrate
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from spark_stacker.data.times import TimeLike

__all__ = ["calibrate_catalogue", "calibrate_files"]


def calibrate_catalogue(
    root: str | Path | None,
    *,
    venue: str,
    symbol: str,
    start: TimeLike | None = None,
    end: TimeLike | None = None,
    **options: Any,
) -> Calibration:
    """Calibrates on the events of the catalogue received at or after ``start`` and before ``end``.

    ``options`` are those of `calibrate`; the fingerprint is that of the events read.
    """
    catalogue = EventCatalogue(root)
    events = catalogue.describe(venue, symbol)
    hashes: list[str] = []
    frames = _hashed(catalogue.chunks(venue, symbol, start=start, end=end), hashes)
    return calibrate(
        frames,
        venue=venue,
        symbol=symbol,
        tick_size=events.steps.tick_size,
        data_hash=lambda: joined_hash(hashes),
        sources=events.sources,
        synthetic=events.synthetic,
        **options,
    )


def calibrate_files(
    paths: Sequence[Path],
    *,
    venue: str,
    symbol: str | None = None,
    tick_size: float | None = None,
    start_empty: bool = False,
    **options: Any,
) -> Calibration:
    """Calibrates on files of one market, read as `open_events` reads them; twice if the tick size is to be
    inferred.
    """
    files = open_events(paths, tick_size=tick_size, start_empty=start_empty)
    market = symbol or files.symbol
    if market is None:
        raise ParameterError("symbol must be given, as no file says which market it is of")
    if tick_size is None:
        for _ in files.frames():
            pass
        tick_size = files.steps().tick_size
    hashes: list[str] = []
    return calibrate(
        _hashed(files.frames(), hashes),
        venue=venue,
        symbol=market,
        tick_size=tick_size,
        data_hash=lambda: joined_hash(hashes),
        sources=files.sources,
        notes=lambda: files.notes,
        **options,
    )


def _hashed(frames: Iterable[pl.DataFrame], hashes: list[str]) -> Iterator[pl.DataFrame]:
    for frame in frames:
        hashes.append(events_hash(frame))
        yield frame
    if not hashes:
        raise DataError("no events in the range of time")
