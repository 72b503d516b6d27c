"""Where candles come from: one small contract, and the sources that are files or frames.

`spark_stacker.data.exchange` has the source that asks an exchange.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from spark_stacker.data.candles import normalise, read_any, to_frame
from spark_stacker.data.catalogue import Catalogue
from spark_stacker.data.files import (
    LABEL,
    file_name,
    market_in_name,
    read_file,
    scenario_in_csv,
    scenario_named,
    write_file,
)
from spark_stacker.data.scenarios import scenario_in_symbol
from spark_stacker.data.times import interval_us
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CSVDataSource", "DataSource", "FrameDataSource", "ParquetDataSource", "between"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class DataSource(Protocol):
    """A place that has candles. What it gives is unchecked: `DataManager` checks order, values, coverage."""

    def load(
        self, symbol: str, interval: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> pl.DataFrame:
        """The candles that open at or after ``start`` and before ``end`` (UTC; None: no bound), oldest first.

        Raises `DataError` when the source has nothing under that symbol and interval.
        """
        ...

    def available(self) -> list[tuple[str, str]]:
        """Symbol and interval of everything the source can name; empty where it cannot say."""
        ...


def between(frame: pl.DataFrame, start: datetime | None, end: datetime | None) -> pl.DataFrame:
    """The rows of ``frame`` that open at or after ``start`` and before ``end``."""
    times = frame["timestamp"]
    if times.dtype == pl.Datetime("us", "UTC") and times.null_count() == 0 and times.is_sorted():
        # A slice by binary search: it copies nothing and does not wake Polars' threads.
        micros = times.to_numpy().view(np.int64)
        first = 0 if start is None else int(np.searchsorted(micros, (start - _EPOCH) // _MICROSECOND))
        stop = len(micros) if end is None else int(np.searchsorted(micros, (end - _EPOCH) // _MICROSECOND))
        return frame.slice(first, max(0, stop - first))
    if start is not None:
        frame = frame.filter(pl.col("timestamp") >= start)
    return frame if end is None else frame.filter(pl.col("timestamp") < end)


class CSVDataSource:
    """Candles in files named ``{symbol}_{interval}.csv`` with timestamp,open,high,low,close,volume.

    Timestamps may be seconds, ms, µs, ns or ISO 8601; a symbol's ``/`` and ``:`` stand percent-encoded in the
    name (``BTC%2FUSDT_1h.csv``). Rows are read as they stand; whatever is wrong with them is an error, never
    mended.
    """

    def __init__(self, data_directory: str | Path) -> None:
        self.data_directory = Path(data_directory)

    def path(self, symbol: str, interval: str) -> Path:
        """The file that holds, or would hold, these candles."""
        interval_us(interval)
        return self.data_directory / f"{file_name(symbol)}_{interval}.csv"

    def load(
        self, symbol: str, interval: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> pl.DataFrame:
        """See `DataSource.load`."""
        path = self.path(symbol, interval)
        if not path.exists():
            raise _missing(f"{path}: no such file", self.available())
        frame = normalise(read_file(path)[0], where=str(path)).frame
        return between(frame, start, end)

    def synthetic(self, symbol: str, interval: str) -> str | None:
        """The scenario of made-up candles, as the file's column ``synthetic`` names it; else None."""
        return scenario_in_csv(self.path(symbol, interval))

    def save(self, frame: object, symbol: str, interval: str, *, synthetic: str | None = None) -> Path:
        """Writes candles to their file, whole or not at all, replacing what was there.

        ``synthetic`` names the scenario of made-up candles; where it is not given, a column ``synthetic`` of
        the frame or a symbol that begins with ``SYNTH-`` does.
        """
        path = self.path(symbol, interval)
        raw = read_any(frame)
        scenario = synthetic or scenario_named(raw) or scenario_in_symbol(symbol)
        write_file(to_frame(raw), path, metadata={LABEL: scenario} if scenario else None)
        return path

    def available(self) -> list[tuple[str, str]]:
        """Symbol and interval of every file in the directory."""
        paths = sorted(self.data_directory.glob("*.csv"))
        return [market for path in paths if (market := market_in_name(path)) is not None]


class ParquetDataSource:
    """Candles of one venue in a `Catalogue`; only the range that is asked for is read."""

    def __init__(self, root: str | Path | Catalogue | None = None, *, venue: str) -> None:
        self.catalogue = root if isinstance(root, Catalogue) else Catalogue(root)
        self.venue = venue

    def load(
        self, symbol: str, interval: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> pl.DataFrame:
        """See `DataSource.load`."""
        return self.catalogue.read(self.venue, symbol, interval, start=start, end=end)

    def synthetic(self, symbol: str, interval: str) -> str | None:
        """The scenario of made-up candles, as the catalogue has it; else None."""
        return self.catalogue.metadata(self.venue, symbol, interval).get(LABEL)

    def load_mark(
        self, symbol: str, interval: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> pl.DataFrame:
        """Mark price candles, as `load` gives trade candles."""
        return self.catalogue.read(self.venue, symbol, interval, kind="mark", start=start, end=end)

    def load_funding(
        self, symbol: str, interval: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> pl.DataFrame:
        """Funding, columns ``timestamp`` and ``rate``; ``interval`` is that of funding, such as ``8h``."""
        return self.catalogue.read(self.venue, symbol, interval, kind="funding", start=start, end=end)

    def available(self) -> list[tuple[str, str]]:
        """Symbol and interval of all candles of this venue."""
        sets = self.catalogue.list(venue=self.venue, kind="candles")
        return [(item.symbol, item.interval) for item in sets]


@dataclass(frozen=True, slots=True)
class FrameDataSource:
    """Candles held in memory, for notebooks and tests: ``{("ETH-USD", "1h"): frame}``."""

    frames: Mapping[tuple[str, str], object]
    _read: dict[tuple[str, str], tuple[pl.DataFrame, pl.DataFrame]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Frames as they were given and as they were read, so that the same one is not read again."""

    def load(
        self, symbol: str, interval: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> pl.DataFrame:
        """See `DataSource.load`."""
        if (symbol, interval) not in self.frames:
            raise _missing(f"no frame of {symbol} {interval}", self.available())
        given = self.frames[symbol, interval]
        known = self._read.get((symbol, interval))
        if known is not None and isinstance(given, pl.DataFrame) and known[0].equals(given):
            return between(known[1], start, end)
        frame = to_frame(given, where=f"{symbol} {interval}")
        if isinstance(given, pl.DataFrame):
            self._read[symbol, interval] = given.clone(), frame
        return between(frame, start, end)

    def synthetic(self, symbol: str, interval: str) -> str | None:
        """The scenario of made-up candles, as the frame's column ``synthetic`` names it; else None."""
        return scenario_named(read_any(self.frames[symbol, interval]))

    def available(self) -> list[tuple[str, str]]:
        """Symbol and interval of every frame."""
        return sorted(self.frames)


def _missing(what: str, available: list[tuple[str, str]]) -> DataError:
    has = ", ".join(" ".join(item) for item in available) or "nothing"
    return DataError(f"{what}; there is {has}")
