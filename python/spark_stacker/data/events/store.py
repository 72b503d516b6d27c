"""Events in the catalogue: Parquet by venue, symbol and day, in parts, read in chunks.

::

    root/venue=binance/symbol=BTC%2FUSDT/events/2024-08-08-000.parquet
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.fingerprint import events_hash, joined_hash
from spark_stacker.data.events.parts import describe_part, part_chunks, part_paths
from spark_stacker.data.events.schema import EVENT_SCHEMA
from spark_stacker.data.events.steps import Steps, common_step
from spark_stacker.data.events.writing import EventWriter
from spark_stacker.data.files import file_name, symbol_of
from spark_stacker.data.places import default_root
from spark_stacker.data.times import TimeLike, to_utc
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spark_stacker.data.events.importing import EventFiles
    from spark_stacker.data.events.parts import Part

__all__ = ["CHUNK_ROWS", "EventCatalogue", "EventSet", "event_chunks", "scan_events", "utc_ns"]

CHUNK_ROWS: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EventSet:
    """The events of one market: its parts in order of time, and the steps on which all of them lie."""

    venue: str
    symbol: str
    path: Path
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Number of events."""
        return sum(part.rows for part in self.parts)

    @property
    def start_ns(self) -> int:
        """When the first was received, UTC nanoseconds."""
        return self.parts[0].start_ns

    @property
    def end_ns(self) -> int:
        """When the last was received, UTC nanoseconds."""
        return self.parts[-1].end_ns

    @property
    def steps(self) -> Steps:
        """Tick and lot size: as given, else the coarsest that fit all parts. Raises `DataError` without a
        price.
        """
        found: dict[str, float | None] = {}
        inferred = []
        for name in ("tick_size", "lot_size"):
            values = [getattr(part, name) for part in self.parts]
            given = [value for part, value in zip(self.parts, values, strict=True) if name in part.given]
            found[name] = given[0] if given else common_step(value for value in values if value is not None)
            inferred += [] if given else [name]
        if found["tick_size"] is None:
            raise DataError(f"{self.path}: no price in the events to tell the tick size from")
        return Steps(found["tick_size"], found["lot_size"], tuple(inferred))

    @property
    def data_hash(self) -> str:
        """A fingerprint of all events."""
        return joined_hash(part.data_hash for part in self.parts)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the events came from."""
        return tuple(dict.fromkeys(part.source for part in self.parts if part.source))

    @property
    def synthetic(self) -> str | None:
        """The name of the scenario where the events are made up."""
        return self.parts[0].synthetic


class EventCatalogue:
    """Events under one directory, beside the candles; ``root`` None is that of the catalogue."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = default_root() if root is None else Path(root)

    def place(self, venue: str, symbol: str) -> Path:
        """The directory of a market's events, there or not."""
        return self.root / f"venue={file_name(venue)}" / f"symbol={file_name(symbol)}" / "events"

    def describe(self, venue: str, symbol: str) -> EventSet:
        """What there is of a market. Raises `DataError` when there is nothing, or a part is damaged."""
        place = self.place(venue, symbol)
        parts = sorted((describe_part(path) for path in part_paths(place)), key=_order)
        if not parts:
            has = ", ".join(f"{item.venue} {item.symbol}" for item in self.list()) or "nothing"
            raise DataError(f"no events of {venue} {symbol} in {self.root}; there are those of {has}")
        for before, part in pairwise(parts):
            if part.start_ns < before.end_ns:
                raise DataError(
                    f"{part.path}: begins before {before.path.name} ends; expected parts one after another"
                )
        return EventSet(venue, symbol, place, tuple(parts))

    def list(self, *, venue: str | None = None, symbol: str | None = None) -> list[EventSet]:
        """Every market that has events, sorted by venue and symbol; of one venue or symbol if named."""
        first, second = ("*" if name is None else file_name(name) for name in (venue, symbol))
        places = sorted(self.root.glob(f"venue={first}/symbol={second}/events"))
        names = [(p.parent.parent.name[6:], p.parent.name[7:]) for p in places if part_paths(p)]
        return [self.describe(symbol_of(one), symbol_of(other)) for one, other in names]

    def chunks(
        self,
        venue: str,
        symbol: str,
        *,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
        rows: int = CHUNK_ROWS,
    ) -> Iterator[pl.DataFrame]:
        """Events received at or after ``start`` and before ``end``, in frames of at most ``rows``; memory
        stays flat.
        """
        return event_chunks(self.describe(venue, symbol).parts, start=start, end=end, rows=rows)

    def verify(self, venue: str, symbol: str) -> None:
        """Reads all parts and compares them with their fingerprints. Raises `DataError` naming one that has
        changed.
        """
        for part in self.describe(venue, symbol).parts:
            frames = list(part_chunks(part, rows=part.rows))
            if events_hash(pl.concat(frames)) != part.data_hash:
                raise DataError(f"{part.path}: damaged: its events are not those that were written")

    def read(
        self, venue: str, symbol: str, *, start: TimeLike | None = None, end: TimeLike | None = None
    ) -> pl.DataFrame:
        """The same in one frame."""
        frames = list(self.chunks(venue, symbol, start=start, end=end))
        return pl.concat(frames).rechunk() if frames else EVENT_SCHEMA.to_frame()

    def scan(
        self, venue: str, symbol: str, *, start: TimeLike | None = None, end: TimeLike | None = None
    ) -> pl.LazyFrame:
        """The same as a lazy frame, of which only what a query needs is read."""
        return scan_events(self.describe(venue, symbol).parts, start=start, end=end)

    def write(
        self,
        frames: pl.DataFrame | Iterable[pl.DataFrame],
        venue: str,
        symbol: str,
        *,
        tick_size: float | None = None,
        lot_size: float | None = None,
        source: str = "",
        synthetic: str | None = None,
        replace: bool = False,
    ) -> EventSet:
        """Adds events, in order of arrival, to those of a market; others see all parts of them or none.

        Steps that are not given are inferred, part by part. Raises `DataError` when the times overlap with
        those that are there, unless ``replace``: then the new events stand in their range of time.
        """
        writer = EventWriter(
            self.root,
            self.place(venue, symbol),
            labels={"venue": venue, "symbol": symbol, "source": source},
            tick_size=tick_size,
            lot_size=lot_size,
            synthetic=synthetic,
            replace=replace,
        )
        with writer:
            for frame in [frames] if isinstance(frames, pl.DataFrame) else frames:
                writer.add(frame)
        return self.describe(venue, symbol)

    def save(self, files: EventFiles, venue: str, symbol: str, *, replace: bool = False) -> EventSet:
        """Reads files of one market and writes what is in them; memory stays flat however large they are."""
        return self.write(
            files.frames(),
            venue,
            symbol,
            source=", ".join(files.sources),
            replace=replace,
            tick_size=files.given_steps["tick_size"],
            lot_size=files.given_steps["lot_size"],
        )


def event_chunks(
    parts: Iterable[Part],
    *,
    start: TimeLike | None = None,
    end: TimeLike | None = None,
    rows: int = CHUNK_ROWS,
) -> Iterator[pl.DataFrame]:
    """Events in parts that follow one another, in frames of at most ``rows``."""
    start_ns, end_ns = utc_ns(start), utc_ns(end)
    for part in parts:
        if (start_ns is None or part.end_ns >= start_ns) and (end_ns is None or part.start_ns < end_ns):
            yield from part_chunks(part, rows=rows, start_ns=start_ns, end_ns=end_ns)


def scan_events(
    parts: Iterable[Part], *, start: TimeLike | None = None, end: TimeLike | None = None
) -> pl.LazyFrame:
    """The events of parts as a lazy frame."""
    scan = pl.scan_parquet([part.path for part in parts], hive_partitioning=False, glob=False)
    if start is not None:
        scan = scan.filter(pl.col("local_ns") >= utc_ns(start))
    return scan if end is None else scan.filter(pl.col("local_ns") < utc_ns(end))


def utc_ns(time: TimeLike | None) -> int | None:
    """UTC nanoseconds; a whole number of them is taken as it is."""
    if time is None:
        return None
    if isinstance(time, int) and abs(time) >= 10**17:
        return int(time)
    return (to_utc(time) - _EPOCH) // _MICROSECOND * 1_000


_MICROSECOND: Final = datetime.resolution


def _order(part: Part) -> tuple[int, str]:
    return part.start_ns, part.path.name
