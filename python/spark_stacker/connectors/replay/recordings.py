"""What a replay can play: frames of candles, files of them, and what the catalogue holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spark_stacker._core import interval_ns
from spark_stacker.connectors.replay.tape import RecordedMarket, rows_of
from spark_stacker.data import (
    Catalogue,
    catalogued_perpetual,
    infer_interval,
    prepare,
    require_clean,
    to_frame,
)
from spark_stacker.data.candles import read_any
from spark_stacker.data.files import LABEL, SUFFIXES, market_in_name, scenario_named
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Recording", "catalogued_markets", "named_recordings", "recorded_market"]

Recording = object
"""A frame (anything with the Arrow C stream), the path of a file of candles, or a ``RecordedMarket``."""


def recorded_market(symbol: str, recording: Recording, interval: str | None = None) -> RecordedMarket:
    """Return the candles of a market, checked; nothing is repaired. ``interval`` is inferred unless given."""
    if isinstance(recording, RecordedMarket):
        return recording
    synthetic = None
    if isinstance(recording, str | Path):
        file = prepare(recording, interval=interval)
        if file.file.kind == "funding":
            raise DataError(f"{recording}: funding rates cannot be replayed as candles")
        frame, known, synthetic = file.frame, file.file.interval, file.file.synthetic
    else:
        raw = read_any(recording, where=symbol)
        frame, synthetic = to_frame(raw, where=symbol), scenario_named(raw)
        require_clean(frame, where=symbol)
        known = interval or infer_interval(frame["timestamp"], where=symbol)
    return RecordedMarket(symbol, interval_ns(known), rows_of(frame), synthetic=synthetic)


def catalogued_markets(
    venue: str,
    *,
    symbols: Iterable[str] = (),
    interval: str | None = None,
    root: str | Path | None = None,
    beside: bool = True,
) -> dict[str, RecordedMarket]:
    """Return candles of the catalogue by symbol, with the funding rates and mark candles ``beside`` them.

    Without ``symbols`` all of the venue. ``interval`` may be left out where the catalogue has one interval of
    a market. Raises ``DataError`` for what is not there, ``ParameterError`` where the interval is needed.
    """
    catalogue = Catalogue(root)
    sets = catalogue.list(venue=venue, kind="candles")
    found = {}
    for symbol in symbols or sorted({item.symbol for item in sets}):
        intervals = [item.interval for item in sets if item.symbol == symbol]
        if interval is None and len(intervals) > 1:
            raise ParameterError(
                f"interval must be one of {', '.join(intervals)} for {symbol}, was not given"
            )
        known = interval or (intervals[0] if intervals else "1h")
        frame = catalogue.read(venue, symbol, known)
        require_clean(frame, where=f"{venue} {symbol} {known}")
        synthetic = catalogue.metadata(venue, symbol, known).get(LABEL)
        market = RecordedMarket(symbol, interval_ns(known), rows_of(frame), synthetic=synthetic)
        if beside:
            market = market.with_perpetual(catalogued_perpetual(catalogue, venue, symbol, known))
        found[symbol] = market
    if not found:
        raise DataError(f"no candles of {venue} in {catalogue.root}")
    return found


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
