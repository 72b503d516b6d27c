"""Import: files of trades, quotes and books, understood and joined into one stream of events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.books import book_events
from spark_stacker.data.events.merging import merge
from spark_stacker.data.events.messages import in_order, last_of
from spark_stacker.data.events.opening import open_feeds, require_one_market
from spark_stacker.data.events.schema import EVENT_SCHEMA
from spark_stacker.data.events.steps import StepFinder, Steps, check_step
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spark_stacker.data.events.feeds import Feed

__all__ = ["EventFiles", "ImportedEvents", "import_events", "open_events"]

_MOST_IN_MEMORY: Final = 100_000_000
# Trades first: the level that a trade has eaten is told in the book's own message, which must come after it.
_RANK: Final = {"events": 0, "trades": 1, "quotes": 2, "book": 3}
_QUOTE: Final = pl.struct("local_ns", "row")


@dataclass(frozen=True, slots=True)
class ImportedEvents:
    """A stream of events, its steps, and what was understood, left out or missing on the way."""

    frame: pl.DataFrame
    steps: Steps
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    symbol: str | None


class EventFiles:
    """Files of one market as one stream; made by `open_events`. `frames` reads them, each time from the
    beginning.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        *,
        symbol: str | None,
        tick_size: float | None,
        lot_size: float | None,
        correct_clock: bool,
        start_empty: bool,
        sort: bool,
    ) -> None:
        self._feeds = sorted(feeds, key=lambda feed: _RANK[feed.kind])
        self._given = {"tick_size": tick_size, "lot_size": lot_size}
        self._correct_clock = correct_clock
        self._start_empty = start_empty
        self._sort = sort
        self._finder = StepFinder()
        self._notes: list[str] = []
        self.symbol = symbol
        self.sources = tuple(feed.path.name for feed in feeds)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was understood, left out or missing, as far as the files have been read."""
        return tuple(dict.fromkeys(self._notes))

    @property
    def given_steps(self) -> dict[str, float | None]:
        """Tick and lot size as they were given; None where not."""
        return dict(self._given)

    def note(self, text: str) -> None:
        """Keeps a note."""
        self._notes.append(text)

    def steps(self) -> Steps:
        """Tick and lot size, given or of all events read so far."""
        steps = self._finder.steps(**self._given)
        for name in steps.inferred:
            value = getattr(steps, name)
            if value is not None:
                self.note(f"{name.replace('_', ' ')} {value:.12g} inferred from the data")
        return steps

    def frames(self) -> Iterator[pl.DataFrame]:
        """The events in order of arrival, in frames of about half a million rows; memory stays flat.

        Raises `DataError` naming the file, and column, row and value of what cannot be understood.
        """
        behind = self._behind() if self._correct_clock else 0
        if behind:
            self.note(
                f"the receiver's clock was up to {behind / 1e6:,.3f} ms behind the exchange's and "
                "is moved on by that"
            )
        least, rows = 0, 0
        for frame in self._merged(behind):
            least = min(least, int((frame["local_ns"] - frame["exchange_ns"]).min()))  # type: ignore[arg-type]
            rows += frame.height
            if None in self._given.values():
                self._finder.add(frame)
            yield frame
        if not rows:
            raise DataError(f"{', '.join(self.sources)}: no events")
        if least < 0:
            self.note(
                f"the receiver's clock shows events up to {-least / 1e6:,.3f} ms before they happened; "
                "correct_clock moves it on"
            )

    def _behind(self) -> int:
        least = 0
        notes = list(self._notes)
        for frame in self._merged(0):
            least = min(least, int((frame["local_ns"] - frame["exchange_ns"]).min()))  # type: ignore[arg-type]
        self._notes = notes
        return -least

    def _merged(self, moved_ns: int) -> Iterator[pl.DataFrame]:
        streams = [self._stream(feed) for feed in self._feeds]
        for rows in merge(streams):
            moved = rows.with_columns(pl.col("local_ns") + moved_ns)
            # Where nobody tells when something happened, it happened when it came or when the next did.
            at_most = pl.min_horizontal("local_ns", "happened_by")
            filled = moved.with_columns(pl.col("exchange_ns").fill_null(at_most))
            yield filled.select(EVENT_SCHEMA.names()).rechunk()

    def _stream(self, feed: Feed) -> Iterator[pl.DataFrame]:
        batches = in_order(feed.batches(), path=feed.path, sort=self._sort)
        if feed.kind == "events":
            return map(_typed, batches)
        if feed.kind == "book":
            events = book_events(batches, path=feed.path, note=self.note, start_empty=self._start_empty)
            return map(_typed, events)
        ends = pl.lit(value=True) if feed.kind == "trades" else last_of(_QUOTE)
        return (_typed(batch.with_columns(last=ends)) for batch in batches)


def open_events(
    paths: str | Path | Sequence[str | Path],
    format: str | None = None,  # noqa: A002
    *,
    tick_size: float | None = None,
    lot_size: float | None = None,
    correct_clock: bool = False,
    start_empty: bool = False,
    sort: bool = False,
) -> EventFiles:
    """One file, or several of one market, ready to be read as one stream of events in order of arrival.

    Formats (``format``, else told from name and columns): ``hftbacktest`` (``.npz``), ``tardis`` (CSV:
    trades, incremental_book_L2, book_snapshot_N, book_ticker, plain or gzipped), ``table`` (CSV, Parquet or
    Feather of trades, quotes or books), ``recording`` (Parquet in the schema of events, or a directory of its
    parts).

    A break in the sequence of a book becomes a row of kind ``gap``. Tick and lot size, where they are not
    given, are inferred. ``correct_clock`` moves the receiver's clock on by a constant so that nothing is
    received before it happened; ``sort`` puts a file whose receiver's clock goes back in order;
    ``start_empty`` takes a book that has increments only. What was done or left out stands in ``notes``.

    Raises `DataError` naming a file that is missing, empty, damaged at its head or of no known format.
    """
    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not files:
        raise ParameterError("paths must name at least one file, was empty")
    for name, value in (("tick_size", tick_size), ("lot_size", lot_size)):
        if value is not None:
            check_step(name, value)
    notes: list[str] = []
    feeds = [feed for path in files for feed in open_feeds(path, note=notes.append, format=format)]
    opened = EventFiles(
        feeds,
        symbol=require_one_market(feeds),
        tick_size=tick_size,
        lot_size=lot_size,
        correct_clock=correct_clock,
        start_empty=start_empty,
        sort=sort,
    )
    opened._notes = notes  # noqa: SLF001 - the feeds were given this list to write to
    return opened


def import_events(
    paths: str | Path | Sequence[str | Path],
    format: str | None = None,  # noqa: A002
    *,
    tick_size: float | None = None,
    lot_size: float | None = None,
    correct_clock: bool = False,
    start_empty: bool = False,
    sort: bool = False,
) -> ImportedEvents:
    """The same as `open_events`, read whole into one frame. Raises `DataError` also for more than 100 million
    events.
    """
    files = open_events(
        paths,
        format,
        tick_size=tick_size,
        lot_size=lot_size,
        correct_clock=correct_clock,
        start_empty=start_empty,
        sort=sort,
    )
    frames, rows = [], 0
    for frame in files.frames():
        rows += frame.height
        if rows > _MOST_IN_MEMORY:
            raise DataError(
                f"{', '.join(files.sources)}: more than {_MOST_IN_MEMORY:,} events; import them into the "
                "catalogue and read that in chunks"
            )
        frames.append(frame)
    steps = files.steps()
    return ImportedEvents(pl.concat(frames).rechunk(), steps, files.notes, files.sources, files.symbol)


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a feed in the schema of events; the exchange's time may be null, bounded by ``happened_by``."""
    if "sequence" not in rows.columns:
        rows = rows.rename({"last_id": "sequence"})
    if "happened_by" not in rows.columns:
        rows = rows.with_columns(happened_by=pl.lit(None, pl.Int64))
    return rows.select(*(pl.col(name).cast(dtype) for name, dtype in EVENT_SCHEMA.items()), "happened_by")
