"""The catalogue: candles, mark candles and funding rates as Parquet, by venue, symbol and interval; events
beside them.

::

    root/venue=kraken/symbol=BTC%2FUSD/interval=1h/candles.parquet
                                                   mark.parquet
                                                   funding.parquet
                                      /events/2024-08-08-000.parquet

A data set of candles or rates is replaced as a whole by renaming a complete file over it, under a lock of the
catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.candles import FUNDING_SCHEMA, SCHEMA
from spark_stacker.data.events.store import EventCatalogue
from spark_stacker.data.files import file_labels, file_name, symbol_of, write_file
from spark_stacker.data.fingerprint import data_hash
from spark_stacker.data.places import default_root, locked
from spark_stacker.data.rules import require_clean
from spark_stacker.data.times import interval_us
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_stacker.data.events.store import EventSet

__all__ = ["KINDS", "Catalogue", "DataSet", "Saved", "default_root"]

KINDS: Final = ("candles", "mark", "funding")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DataSet:
    """One entry of the catalogue. ``synthetic`` names the scenario when the data are made up, else None.

    Events are of the kind ``events`` and the interval ``tick``; their path is a directory.
    """

    venue: str
    symbol: str
    interval: str
    kind: str
    rows: int
    start: datetime
    end: datetime
    synthetic: str | None
    path: Path


@dataclass(frozen=True, slots=True)
class Saved:
    """What a write did: rows in the data set now, and how many were new, there already, or replaced."""

    path: Path
    rows: int
    added: int
    identical: int
    replaced: int


class Catalogue:
    """Market data under one directory; ``root`` None is `default_root`."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = default_root() if root is None else Path(root)
        if self.root.exists() and not self.root.is_dir():
            raise DataError(f"{self.root}: is no directory; expected the directory of a catalogue")

    @property
    def events(self) -> EventCatalogue:
        """Trades, quotes and books of the same markets."""
        return EventCatalogue(self.root)

    def path(self, venue: str, symbol: str, interval: str, *, kind: str = "candles") -> Path:
        """The file of a data set, there or not."""
        interval_us(interval)
        if kind not in KINDS:
            raise ParameterError(f"kind must be one of {', '.join(KINDS)}, was {kind!r}")
        place = (
            self.root / f"venue={file_name(venue)}" / f"symbol={file_name(symbol)}" / f"interval={interval}"
        )
        return place / f"{kind}.parquet"

    def list(
        self, *, venue: str | None = None, symbol: str | None = None, kind: str | None = None
    ) -> list[DataSet]:
        """Every data set, sorted by venue, symbol and interval, events first; of one venue, symbol or kind if
        named.
        """
        place, market = ("*" if name is None else file_name(name) for name in (venue, symbol))
        pattern = f"venue={place}/symbol={market}/interval=*/{kind or '*'}.parquet"
        found = [self._describe(path) for path in self.root.glob(pattern) if path.stem in KINDS]
        if kind in (None, "events"):
            found += [self._described(events) for events in self.events.list(venue=venue, symbol=symbol)]
        return sorted(found, key=_place_in_list)

    def metadata(self, venue: str, symbol: str, interval: str, *, kind: str = "candles") -> dict[str, str]:
        """What the data set says of itself: ``source``, ``data_hash`` and, if made up, ``synthetic``."""
        return file_labels(self._existing(venue, symbol, interval, kind))

    def read(
        self,
        venue: str,
        symbol: str,
        interval: str,
        *,
        kind: str = "candles",
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> pl.DataFrame:
        """Rows at or after ``start`` and before ``end``; only these are read from disk.

        Raises `DataError` when there is no such data set or its file is damaged.
        """
        path = self._existing(venue, symbol, interval, kind)
        rows = _scan(path)
        if start is not None:
            rows = rows.filter(pl.col("timestamp") >= start)
        if end is not None:
            rows = rows.filter(pl.col("timestamp") < end)
        return _collect(rows, path)

    def write(
        self,
        frame: pl.DataFrame,
        venue: str,
        symbol: str,
        interval: str,
        *,
        kind: str = "candles",
        replace: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> Saved:
        """Merges ``frame`` into its data set; other readers see the old file or the whole new one.

        Rows that the data set has already are left out. A row with the time of another but other values is a
        `DataError` naming it, unless ``replace``: then the new row stands. Synthetic candles are not merged:
        they become the whole data set. Rows must be clean (`require_clean`).
        """
        path = self.path(venue, symbol, interval, kind=kind)
        where = f"{venue} {symbol} {interval} {kind}"
        schema = FUNDING_SCHEMA if kind == "funding" else SCHEMA
        if frame.schema != schema:
            raise DataError(f"{where}: frame has {dict(frame.schema)}; expected {dict(schema)}")
        if frame.is_empty():
            raise DataError(f"{where}: no rows to write")
        require_clean(frame, where=where)
        with locked(self.root):
            labels = dict(metadata or {})
            merged, saved = frame, Saved(path, len(frame), len(frame), 0, 0)
            if path.exists():
                old_labels = file_labels(path)
                if ("synthetic" in old_labels) != ("synthetic" in labels):
                    raise DataError(f"{path}: synthetic and other data are never mixed in one data set")
                if "synthetic" not in labels:
                    merged, saved = _merge(_collect(_scan(path), path), frame, path, replace=replace)
            labels |= {"symbol": symbol, "venue": venue, "interval": interval, "data_hash": data_hash(merged)}
            write_file(merged, path, metadata=labels)
        return saved

    def _existing(self, venue: str, symbol: str, interval: str, kind: str) -> Path:
        path = self.path(venue, symbol, interval, kind=kind)
        if not path.is_file():
            has = ", ".join(f"{s.venue} {s.symbol} {s.interval} {s.kind}" for s in self.list()) or "nothing"
            raise DataError(f"no {kind} of {venue} {symbol} {interval} in {self.root}; there is {has}")
        return path

    @staticmethod
    def _described(events: EventSet) -> DataSet:
        times = (_EPOCH + timedelta(microseconds=ns // 1_000) for ns in (events.start_ns, events.end_ns))
        start, end = times
        return DataSet(
            *(events.venue, events.symbol, "tick", "events", events.rows, start, end),
            synthetic=events.synthetic,
            path=events.path,
        )

    def _describe(self, path: Path) -> DataSet:
        venue, symbol, interval = (part.partition("=")[2] for part in path.parts[-4:-1])
        time = pl.col("timestamp")
        summary = _scan(path).select(rows=pl.len(), start=time.min(), end=time.max())
        rows, start, end = _collect(summary, path).row(0)
        synthetic = file_labels(path).get("synthetic")
        names = (symbol_of(venue), symbol_of(symbol), interval, path.stem)
        return DataSet(*names, rows=rows, start=start, end=end, synthetic=synthetic, path=path)


def _place_in_list(item: DataSet) -> tuple[str, str, int, int]:
    is_events = item.kind == "events"
    order = (0, 0) if is_events else (interval_us(item.interval), KINDS.index(item.kind))
    return (item.venue, item.symbol, *order)


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, hive_partitioning=False)


def _collect(rows: pl.LazyFrame, path: Path) -> pl.DataFrame:
    try:
        return rows.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: damaged or not a Parquet file: {str(error).splitlines()[0]}") from error


def _merge(old: pl.DataFrame, new: pl.DataFrame, path: Path, *, replace: bool) -> tuple[pl.DataFrame, Saved]:
    both = new.with_row_index("row").join(old, on="timestamp", suffix="_old", maintain_order="left")
    values = [name for name in new.columns if name != "timestamp"]
    changed = both.filter(pl.any_horizontal(pl.col(name) != pl.col(f"{name}_old") for name in values))
    if not changed.is_empty() and not replace:
        first = changed.row(0, named=True)
        name = next(name for name in values if first[name] != first[f"{name}_old"])
        raise DataError(
            f"{path}: column {name}, row {first['row']} ({first['timestamp']}): {first[name]}; "
            f"expected {first[f'{name}_old']}, which the data set has "
            f"({len(changed)} rows differ; replace takes the new ones)"
        )
    kept = old.join(new, on="timestamp", how="anti") if replace else old
    fresh = new if replace else new.join(old, on="timestamp", how="anti")
    merged = pl.concat([kept, fresh]).sort("timestamp").rechunk()
    identical, added = len(both) - len(changed), len(new) - len(both)
    return merged, Saved(path, len(merged), added, identical, len(changed))
