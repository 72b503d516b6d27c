"""Events in the catalogue: Parquet by venue, symbol and day, in parts, read in chunks.

::

    root/venue=binance/symbol=BTC%2FUSDT/events/2024-08-08-000.parquet
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.catalogue import default_root
from spark_stacker.data.events.schema import EVENT_SCHEMA, Steps, check_step, require_events
from spark_stacker.data.files import atomic_write, file_labels, file_name, symbol_of
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EventSet", "EventStore"]

ROWS_A_GROUP: Final = 1 << 18
_PART: Final = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{3,})\.parquet")
_DAY_NS: Final = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class EventSet:
    """The events of one market in the store."""

    venue: str
    symbol: str
    rows: int
    start_ns: int
    end_ns: int
    steps: Steps
    parts: tuple[Path, ...]


class EventStore:
    """Events under one directory, beside the candles; ``root`` None is that of the catalogue."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = default_root() if root is None else Path(root)

    def write(
        self,
        frame: pl.DataFrame,
        venue: str,
        symbol: str,
        *,
        steps: Steps,
        source: str = "",
        replace: bool = False,
    ) -> EventSet:
        """Adds events after those that are there, or instead of them; a part appears whole or not at all.

        Raises `DataError` when the events begin before the last that is there ends, or have other steps.
        """
        frame = require_events(frame)
        if frame.is_empty():
            raise DataError("events: no rows to write")
        if not frame["local_ns"].is_sorted():
            row = int((frame["local_ns"].diff() < 0).arg_max() or 0)
            raise DataError(f"events: column local_ns, row {row}: goes back; expected the order of arrival")
        place = self._place(venue, symbol)
        old = [] if replace else self._parts(place)
        if old:
            before = self.describe(venue, symbol)
            if before.steps.tick_size != steps.tick_size:
                raise DataError(
                    f"{place}: tick size {steps.tick_size:g}; "
                    f"expected {before.steps.tick_size:g}, which it has"
                )
            first = int(frame["local_ns"][0])
            if first < before.end_ns:
                raise DataError(
                    f"{place}: events from {_text(first)}; expected them after {_text(before.end_ns)}, "
                    "the last that is there (replace takes the new ones)"
                )
        stale = self._parts(place) if replace else []
        place.mkdir(parents=True, exist_ok=True)
        labels = {"tick_size": repr(steps.tick_size), "source": source}
        if steps.lot_size is not None:
            labels["lot_size"] = repr(steps.lot_size)
        numbers: dict[str, int] = {}
        for part in old:
            day = part.name[:10]
            numbers[day] = max(numbers.get(day, -1), int(part.name[11:-8]))
        written: list[Path] = []
        for (day_number,), rows in frame.group_by(pl.col("local_ns") // _DAY_NS, maintain_order=True):
            day = datetime.fromtimestamp(int(day_number) * 86_400, tz=UTC).date().isoformat()
            number = numbers.get(day, -1) + 1
            path = place / f"{day}-{number:03d}.parquet"
            with atomic_write(path) as file:
                rows.write_parquet(file, row_group_size=ROWS_A_GROUP, compression="zstd", metadata=labels)
            written.append(path)
        for path in stale:
            if path not in written:
                path.unlink()
        return self.describe(venue, symbol)

    def describe(self, venue: str, symbol: str) -> EventSet:
        """What there is of a market. Raises `DataError` when there is nothing, or a part is damaged."""
        place = self._place(venue, symbol)
        parts = self._parts(place)
        if not parts:
            raise DataError(f"{place}: no events of {symbol} on {venue}")
        labels = file_labels(parts[0])
        try:
            ends = (
                pl.scan_parquet(parts)
                .select(
                    pl.len().alias("rows"),
                    pl.col("local_ns").min().alias("start"),
                    pl.col("local_ns").max().alias("end"),
                )
                .collect()
                .row(0, named=True)
            )
            lot = labels.get("lot_size")
            steps = Steps(
                check_step("tick_size", float(labels["tick_size"])), None if lot is None else float(lot)
            )
        except (pl.exceptions.PolarsError, OSError, KeyError, ValueError) as error:
            raise DataError(f"{place}: damaged, or not written by this package: {error}") from error
        return EventSet(venue, symbol, ends["rows"], ends["start"], ends["end"], steps, tuple(parts))

    def sets(self) -> list[EventSet]:
        """Every market that has events, sorted by venue and symbol."""
        places = sorted(self.root.glob("venue=*/symbol=*/events"))
        names = [
            (place.parent.parent.name[6:], place.parent.name[7:]) for place in places if self._parts(place)
        ]
        return [self.describe(symbol_of(venue), symbol_of(symbol)) for venue, symbol in names]

    def read(
        self, venue: str, symbol: str, *, start_ns: int | None = None, end_ns: int | None = None
    ) -> pl.DataFrame:
        """Events received at or after ``start_ns`` and before ``end_ns``."""
        chunks = list(self.chunks(venue, symbol, start_ns=start_ns, end_ns=end_ns))
        return pl.concat(chunks).rechunk() if chunks else EVENT_SCHEMA.to_frame()

    def chunks(
        self,
        venue: str,
        symbol: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        rows: int = 1 << 20,
    ) -> Iterator[pl.DataFrame]:
        """The same events in frames of at most ``rows``, one after another, so that memory stays flat."""
        for part in self.describe(venue, symbol).parts:
            scan = pl.scan_parquet(part)
            if start_ns is not None:
                scan = scan.filter(pl.col("local_ns") >= start_ns)
            if end_ns is not None:
                scan = scan.filter(pl.col("local_ns") < end_ns)
            height = scan.select(pl.len()).collect().item()
            for first in range(0, height, rows):
                try:
                    yield scan.slice(first, rows).collect().rechunk()
                except (pl.exceptions.PolarsError, OSError) as error:
                    raise DataError(f"{part}: damaged: {str(error).splitlines()[0]}") from error

    def _place(self, venue: str, symbol: str) -> Path:
        return self.root / f"venue={file_name(venue)}" / f"symbol={file_name(symbol)}" / "events"

    @staticmethod
    def _parts(place: Path) -> list[Path]:
        if not place.is_dir():
            return []
        return sorted(path for path in place.iterdir() if _PART.fullmatch(path.name))


def _text(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, tz=UTC).isoformat(timespec="microseconds")
