"""Import: files of trades, quotes and books, understood and joined into one stream of events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.joining import join_feeds
from spark_stacker.data.events.npz import read_npz
from spark_stacker.data.events.schema import EVENT_SCHEMA, Steps, check_step, infer_steps, require_events
from spark_stacker.data.events.tables import read_table
from spark_stacker.data.events.tardis import is_tardis, parse_csv, read_csv_bytes, read_tardis
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ImportedEvents", "import_events"]

_TABLES: Final = (".parquet", ".feather", ".arrow", ".ipc")


@dataclass(frozen=True, slots=True)
class ImportedEvents:
    """A stream of events, its steps, and what was understood, left out or missing on the way."""

    frame: pl.DataFrame
    steps: Steps
    notes: tuple[str, ...]
    sources: tuple[str, ...]


def import_events(
    paths: str | Path | Sequence[str | Path],
    *,
    tick_size: float | None = None,
    lot_size: float | None = None,
    correct_clock: bool = False,
) -> ImportedEvents:
    """The events in one file, or in several files of one market, in order of arrival.

    Formats, told from name and columns: hftbacktest's ``.npz``; Tardis CSV (``trades``,
    ``incremental_book_L2``, ``book_snapshot_N``, plain or ``.gz``); recorded tables (CSV, Parquet,
    Feather) of trades, quotes or books; Parquet of this package's own recordings. Increments before the
    first snapshot are left out, and a break in the feed's sequence becomes a row of kind ``gap``; both are
    told in ``notes``. With ``correct_clock`` the local clock is moved on by a constant where it shows
    events before they happened.

    Raises `DataError` naming the file, and column, row and value of what cannot be understood.
    """
    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not files:
        raise ParameterError("paths must name at least one file, was empty")
    notes: list[str] = []
    streams: list[pl.DataFrame] = []
    feeds: list[pl.DataFrame] = []
    for path in files:
        frame, is_stream = _read(path)
        (streams if is_stream else feeds).append(frame)
    if feeds:
        streams.append(join_feeds(feeds, notes))
    stream = pl.concat([_typed(stream) for stream in streams]).sort("local_ns", maintain_order=True)
    stream = _in_time(stream, notes, correct=correct_clock)
    found = infer_steps(stream)
    if tick_size is None:
        notes.append(f"tick size {found.tick_size:g} inferred from the prices")
    steps = Steps(
        found.tick_size if tick_size is None else check_step("tick_size", tick_size),
        found.lot_size if lot_size is None else check_step("lot_size", lot_size),
    )
    return ImportedEvents(stream, steps, tuple(notes), tuple(path.name for path in files))


def _typed(stream: pl.DataFrame) -> pl.DataFrame:
    return require_events(stream)


def _read(path: Path) -> tuple[pl.DataFrame, bool]:
    """What a file holds: a stream of events, or one feed."""
    if path.is_dir():
        raise DataError(f"{path}: is a directory; expected a file")
    if not path.exists():
        raise DataError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise DataError(f"{path}: is empty")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path), True
    if suffix in _TABLES:
        raw = _read_table(path, suffix)
    elif suffix in (".csv", ".gz"):
        raw = parse_csv(read_csv_bytes(path), str(path))
    else:
        known = ".npz, .csv, .csv.gz, " + ", ".join(_TABLES)
        raise DataError(f"{path}: unknown kind of file {path.suffix!r}; expected one of {known}")
    if is_tardis(raw):
        return read_tardis(raw, str(path)), False
    if set(raw.columns) >= set(EVENT_SCHEMA) - {"sequence"}:
        return require_events(raw, place=str(path)), True
    return read_table(raw, str(path)), False


def _read_table(path: Path, suffix: str) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, hive_partitioning=False) if suffix == ".parquet" else pl.read_ipc(path)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise DataError(f"{path}: not a whole {suffix[1:]} file: {str(error).splitlines()[0]}") from error


def _in_time(stream: pl.DataFrame, notes: list[str], *, correct: bool) -> pl.DataFrame:
    """Looks at how far the local clock is behind the exchange's."""
    least = (stream["local_ns"] - stream["exchange_ns"]).min()
    if not isinstance(least, int) or least >= 0:
        return stream
    behind = f"{-least / 1e6:,.3f} ms"
    if not correct:
        notes.append(
            f"the local clock shows events up to {behind} before they happened: correct_clock moves it on"
        )
        return stream
    notes.append(f"the local clock was up to {behind} behind the exchange's and is moved on by that")
    return stream.with_columns(pl.col("local_ns") - least)
