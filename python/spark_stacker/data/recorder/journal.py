"""The journal of a recording: rows appended and forced to disk, so that a killed process loses a moment only.

A file of fixed rows behind a short head. What a kill or a power cut leaves of the last row or message is left
out when the journal is read; a journal is deleted once its rows are a part of the catalogue.
"""

from __future__ import annotations

import fcntl
import os
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from spark_stacker.data.events.schema import EVENT_SCHEMA, KINDS
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["JOURNAL", "ROW", "Journal", "as_events", "read_journal"]

JOURNAL: Final = ".recording.journal"
_HEAD: Final = b"spark-stacker events journal 1\n"
ROW: Final = np.dtype(
    [
        ("exchange_ns", "<i8"),
        ("local_ns", "<i8"),
        ("kind", "u1"),
        ("side", "i1"),
        ("price", "<f8"),
        ("size", "<f8"),
        ("last", "u1"),
        ("sequence", "<i8"),
        ("has_sequence", "u1"),
    ]
)


class Journal:
    """A journal open for appending; one process has it at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("ab")
        except OSError as error:
            raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise DataError(f"{path.parent}: is being recorded by another process") from error

    def restart(self) -> None:
        """Empties it for the rows of the next part."""
        self._file.truncate(0)
        self.append(None)

    def append(self, rows: NDArray[Any] | None) -> None:
        """Writes rows and waits until they are on disk."""
        try:
            self._file.write(_HEAD if rows is None else rows.tobytes())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise DataError(f"{self.path}: cannot be written: {error.strerror or error}") from error

    def close(self, *, delete: bool) -> None:
        """Lets go of it; with ``delete`` nothing of it is left."""
        if delete:
            self.path.unlink(missing_ok=True)
        self._file.close()


def read_journal(path: Path) -> NDArray[Any]:
    """The whole messages in a journal. Raises `DataError` for a file that is none."""
    data = path.read_bytes()
    if not data.startswith(_HEAD):
        if _HEAD.startswith(data):
            return np.zeros(0, ROW)
        raise DataError(f"{path}: is no journal of a recording")
    body = data[len(_HEAD) :]
    rows = np.frombuffer(body[: len(body) // ROW.itemsize * ROW.itemsize], ROW)
    ends = np.flatnonzero(rows["last"])
    return rows[: ends[-1] + 1] if len(ends) else rows[:0]


def as_events(rows: NDArray[Any]) -> pl.DataFrame:
    """Rows of a journal in the schema of events."""
    kinds = pl.Series([*KINDS]).cast(EVENT_SCHEMA["kind"])
    return pl.DataFrame(
        {
            "exchange_ns": np.ascontiguousarray(rows["exchange_ns"]),
            "local_ns": np.ascontiguousarray(rows["local_ns"]),
            "kind": kinds.gather(np.ascontiguousarray(rows["kind"]).astype(np.int64) - 1),
            "side": np.ascontiguousarray(rows["side"]),
            "price": np.ascontiguousarray(rows["price"]),
            "size": np.ascontiguousarray(rows["size"]),
            "last": np.ascontiguousarray(rows["last"]).astype(np.bool_),
            "sequence": pl.Series(np.ascontiguousarray(rows["sequence"])).zip_with(
                pl.Series(np.ascontiguousarray(rows["has_sequence"]).astype(np.bool_)),
                pl.Series([None], dtype=pl.Int64).new_from_index(0, len(rows)),
            ),
        },
        schema=EVENT_SCHEMA,
    )
