"""What a replay can play: frames of candles, and files of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spark_stacker._core import interval_ns
from spark_stacker.connectors.replay.tape import RecordedMarket
from spark_stacker.data import infer_interval, prepare, require_clean, to_frame
from spark_stacker.data.files import SUFFIXES, market_in_name
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

__all__ = ["Recording", "named_recordings", "recorded_market"]

Recording = object
"""A frame (anything with the Arrow C stream), the path of a file of candles, or a ``RecordedMarket``."""


def recorded_market(symbol: str, recording: Recording, interval: str | None = None) -> RecordedMarket:
    """Return the candles of a market, checked; nothing is repaired. ``interval`` is inferred unless given."""
    if isinstance(recording, RecordedMarket):
        return recording
    if isinstance(recording, str | Path):
        file = prepare(recording, interval=interval)
        if file.file.kind == "funding":
            raise DataError(f"{recording}: funding rates cannot be replayed as candles")
        frame, known = file.frame, file.file.interval
    else:
        frame = to_frame(recording, where=symbol)
        require_clean(frame, where=symbol)
        known = interval or infer_interval(frame["timestamp"], where=symbol)
    return RecordedMarket(symbol, interval_ns(known), rows_of(frame))


def rows_of(frame: pl.DataFrame) -> list[tuple[int, float, float, float, float, float]]:
    """Return a frame of candles as rows: open time in UTC nanoseconds, open, high, low, close, volume."""
    columns = [frame["timestamp"].dt.epoch("ns").to_list()]
    columns += [frame[name].to_list() for name in ("open", "high", "low", "close", "volume")]
    return list(zip(*columns, strict=True))


def named_recordings(paths: Iterable[str | Path]) -> Mapping[str, Path]:
    """Return files by the symbol in their names, ``{symbol}_{interval}.csv``; of a directory all that are
    so named.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        files = [path]
        if path.is_dir():
            files = sorted(file for file in path.glob("*_*") if file.suffix in SUFFIXES)
            if not files:
                raise DataError(f"{path}: holds no files of candles, {{symbol}}_{{interval}}.csv")
        for file in files:
            named = market_in_name(file)
            if named is None:
                raise ParameterError(f"{file}: its name does not say its market, as ETH-USD_1h.csv does")
            symbol = named[0]
            if symbol in found:
                raise ParameterError(f"{symbol} is recorded twice: {found[symbol]} and {file}")
            found[symbol] = file
    return found
