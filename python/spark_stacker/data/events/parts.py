"""Parts: the Parquet files of a market's events, each of one UTC day of the receiver's clock."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.fingerprint import events_hash
from spark_stacker.data.events.schema import EVENT_SCHEMA
from spark_stacker.data.events.steps import StepFinder
from spark_stacker.data.files import file_labels
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["DAY_NS", "Part", "day_of", "describe_part", "part_chunks", "part_paths", "publish", "stage_part"]

DAY_NS: Final = 86_400 * 10**9
_GROUP_ROWS: Final = 1 << 18
_NAME: Final = re.compile(r"\d{4}-\d{2}-\d{2}-\d{3,}\.parquet")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of events and what it says of itself. ``given`` names the steps not inferred."""

    path: Path
    rows: int
    start_ns: int
    end_ns: int
    tick_size: float | None
    lot_size: float | None
    given: frozenset[str]
    data_hash: str
    source: str
    synthetic: str | None

    @property
    def day(self) -> str:
        """The UTC day of its first row."""
        return day_of(self.start_ns)


def day_of(ns: int) -> str:
    """The UTC day of a time.

    >>> day_of(1_723_161_255_030_314_667)
    '2024-08-08'
    """
    return datetime.fromtimestamp(ns // 10**9, tz=UTC).date().isoformat()


def part_paths(place: Path) -> list[Path]:
    """The parts in a directory, by name."""
    return sorted(path for path in place.glob("*.parquet") if _NAME.fullmatch(path.name))


def stage_part(rows: pl.DataFrame, place: Path, labels: Mapping[str, str]) -> Part:
    """Writes rows of one day to a hidden file in ``place``; `publish` makes a part of it."""
    finder = StepFinder()
    finder.add(rows)
    found = finder.found()
    texts = {name: repr(value) for name, value in found.items() if value is not None and name not in labels}
    start_ns, end_ns = int(rows["local_ns"][0]), int(rows["local_ns"][-1])
    texts |= {"rows": str(rows.height), "start_ns": str(start_ns), "end_ns": str(end_ns)}
    texts |= {"data_hash": events_hash(rows), **labels}
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place, prefix=f".{day_of(start_ns)}.", suffix=".part")
    except OSError as error:
        raise DataError(f"{place}: cannot be written: {error.strerror or error}") from error
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            rows.write_parquet(
                stream, compression="zstd", compression_level=1, row_group_size=_GROUP_ROWS, metadata=texts
            )
            stream.flush()
            os.fsync(stream.fileno())
        path.chmod(0o644)
    except (OSError, pl.exceptions.ComputeError) as error:
        path.unlink(missing_ok=True)
        raise DataError(f"{place}: cannot be written: {error}") from error
    return _from_labels(path, texts)


def publish(staged: Part, place: Path) -> Path:
    """Gives a staged part the next number of its day; the catalogue is locked by the caller."""
    numbers = [int(path.stem[11:]) for path in part_paths(place) if path.name.startswith(staged.day)]
    path = place / f"{staged.day}-{max(numbers, default=-1) + 1:03d}.parquet"
    staged.path.replace(path)
    return path


def describe_part(path: Path) -> Part:
    """What a part says of itself. Raises `DataError` for a damaged file, or none of this package's."""
    labels = file_labels(path)
    try:
        return _from_labels(path, labels)
    except (KeyError, ValueError) as error:
        raise DataError(f"{path}: not written by this package: no {error} in its metadata") from error


def _from_labels(path: Path, labels: Mapping[str, str]) -> Part:
    steps = {name: float(labels[name]) if name in labels else None for name in ("tick_size", "lot_size")}
    return Part(
        path,
        rows=int(labels["rows"]),
        start_ns=int(labels["start_ns"]),
        end_ns=int(labels["end_ns"]),
        **steps,
        given=frozenset(filter(None, labels.get("given", "").split(","))),
        data_hash=labels["data_hash"],
        source=labels.get("source", ""),
        synthetic=labels.get("synthetic"),
    )


def part_chunks(
    part: Part, *, rows: int, start_ns: int | None = None, end_ns: int | None = None
) -> Iterator[pl.DataFrame]:
    """Events of a part received at or after ``start_ns`` and before ``end_ns``, in frames of at most
    ``rows``.
    """
    scan = pl.scan_parquet(part.path, hive_partitioning=False, glob=False)
    first, beyond = 0, part.rows
    try:
        if (start_ns or part.start_ns) > part.start_ns or (end_ns is not None and end_ns <= part.end_ns):
            times = scan.select("local_ns").collect().to_series()
            first = 0 if start_ns is None else int(times.search_sorted(start_ns, side="left"))
            beyond = part.rows if end_ns is None else int(times.search_sorted(end_ns, side="left"))
        for place in range(first, beyond, rows):
            wanted = min(rows, beyond - place)
            frame = scan.slice(place, wanted).collect()
            if frame.height != wanted or frame.schema != EVENT_SCHEMA:
                raise DataError(f"{part.path}: has not the rows and columns that its metadata tell of")
            yield frame
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(f"{part.path}: damaged: {next(iter(str(error).splitlines()), '')}") from error
