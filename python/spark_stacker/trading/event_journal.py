"""The events of a session on disk, beside its journal: appended before they are acted on.

A file of fixed rows behind a short head. After a restart the core is given the same rows in the same order,
so that it stands where it stood. What a kill has left of a message whose rows were not all written is left
out.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from spark_stacker.errors import DataError, StopTradingError
from spark_stacker.trading.event_rows import ROW
from spark_stacker.trading.journal import AFRESH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["EventJournal", "recorded_rows"]

_HEAD: Final = b"spark-stacker events of a session 1\n"
_ROWS_AT_ONCE: Final = 1 << 16


class EventJournal:
    """Appends events. With ``goes_on`` after the whole messages that are there, else to an empty file."""

    def __init__(self, path: Path, *, goes_on: bool) -> None:
        self._path = path
        sound = sum(rows.nbytes for rows in recorded_rows(path)) if goes_on else 0
        try:
            self._file = path.open("r+b" if goes_on and path.exists() else "wb", buffering=0)
            self._file.truncate(len(_HEAD) + sound if sound else 0)
            self._file.seek(0, os.SEEK_END)
            if not sound:
                self._write(_HEAD)
        except OSError as error:
            raise StopTradingError(f"{path}: the events cannot be kept: {error.strerror}") from error

    def append(self, rows: NDArray[Any]) -> None:
        """Hand rows to the operating system, which survives a killed process."""
        try:
            self._write(rows.tobytes())
        except OSError as error:
            raise StopTradingError(f"{self._path}: the events cannot be kept: {error.strerror}") from error

    def sync(self) -> None:
        """Put everything on the disk."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StopTradingError(f"{self._path}: the events cannot be kept: {error.strerror}") from error

    def close(self) -> None:
        """Put everything on the disk and let go of the file."""
        if not self._file.closed:
            self.sync()
            self._file.close()

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]


def recorded_rows(path: Path) -> Iterator[NDArray[Any]]:
    """Yield the whole messages that were written, many rows at a time; nothing if there is no file.

    Raises ``DataError`` for a file that is none of a session's events.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(len(_HEAD))
        if head != _HEAD:
            if _HEAD.startswith(head):
                return
            raise DataError(f"{path}: not the events of a session; {AFRESH}")
        begun = np.zeros(0, ROW)
        while data := file.read(_ROWS_AT_ONCE * ROW.itemsize):
            whole = np.frombuffer(data[: len(data) // ROW.itemsize * ROW.itemsize], ROW)
            rows = np.concatenate([begun, whole])
            ends = np.flatnonzero(rows["last"])
            cut = int(ends[-1]) + 1 if len(ends) else 0
            begun = rows[cut:]
            if cut:
                yield rows[:cut]
