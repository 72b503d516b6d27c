"""Parquet and Feather files that others wrote, tried out by a process of its own before they are read.

A damaged file can claim so many values that its reader asks for more memory than there is, and that ends the
process it runs in: there is no exception to catch. Here it ends a process that does nothing else, and the
caller gets an error.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import IO, TYPE_CHECKING, cast

from spark_stacker.data import table_reader
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    import polars as pl

__all__ = ["table_frame", "table_frames", "table_names"]


class _Reader:
    """The process, begun when first needed and again after a file that ended it; one request at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def require(self, path: Path, what: str, **arguments: int | None) -> None:
        """Raises `DataError` unless the process could read the same."""
        request = {"path": str(path.absolute()), "what": what, **arguments}
        with self._lock:
            process = self._running()
            try:
                answer = _exchange(process, request)
            except BaseException as error:
                # An answer may be on its way: the next request begins with a new process.
                self.close()
                if not isinstance(error, OSError | EOFError):
                    raise
                answer = {"error": "reading it takes more memory than there is"}
        if "error" in answer:
            reason = next(iter(answer["error"].splitlines()), "no reason given")[:200]
            raise DataError(f"{path}: not a whole {path.suffix[1:]} file: {reason}")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            # Its panics are told in its answers; what it prints on the way would only alarm.
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", table_reader.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def close(self) -> None:
        """Ends the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _exchange(process: subprocess.Popen[bytes], request: dict[str, str | int | None]) -> dict[str, str]:
    to, back = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    to.write(json.dumps(request).encode() + b"\n")
    to.flush()
    line = back.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    answer: dict[str, str] = json.loads(line)
    return answer


_READER = _Reader()
atexit.register(_READER.close)


def table_names(path: Path) -> list[str]:
    """Names of a table's columns. Raises `DataError` naming a file that is no whole table."""
    _READER.require(path, "names")
    return table_reader.names(path)


def table_frame(path: Path) -> pl.DataFrame:
    """All rows of a table. Raises `DataError` naming a file that is no whole table."""
    _READER.require(path, "rows")
    return table_reader.rows(path)


def table_frames(path: Path, count: int) -> Iterator[pl.DataFrame]:
    """A table's rows, ``count`` of them at a time; the last frame has fewer, perhaps none. Raises `DataError`
    naming a file that is no whole table, where the damage is.
    """

    def tried(first: int) -> Future[None]:
        return ahead.submit(_READER.require, path, "rows", first=first, count=count)

    # The process tries out a batch while the one before is read and worked on here.
    with ThreadPoolExecutor(1, "sheltered") as ahead:
        first, trial = 0, tried(0)
        while True:
            trial.result()
            trial = tried(first + count)
            frame = table_reader.rows(path, first, count)
            yield frame
            if frame.height < count:
                return
            first += count
