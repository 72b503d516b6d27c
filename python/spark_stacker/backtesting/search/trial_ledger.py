"""The trial ledger: a file that remembers how many sets were ever tried on some data with some strategy.

::

    root/<data>-<strategy>.jsonl          one JSON line a search, each with the hash of the line before
    root/<data>-<strategy>.head.json      how many lines there are, and the hash of the last
    root/<data>-<strategy>.<hash>.sets    which sets were tried, as far as that is remembered one by one
    root/<data>-<strategy>.lock           held by whoever reads or writes

A line that was removed, cut, altered or moved breaks the chain; lines taken from the end no longer meet the
head. This shows mistakes and second thoughts; it is no signature, since whoever writes both files anew can
write anything.

A search writes its line to the disk, then the head, so that a crash in between leaves a log one line ahead:
that is accepted where its chain holds, and said.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from spark_stacker.backtesting.search.trial_chain import (
    NO_HISTORY,
    Broken,
    Entry,
    History,
    check,
    genesis,
    head_text,
)
from spark_stacker.data.files import atomic_write
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["TrialLedger", "ledgers_in"]

_MOST_KNOWN: Final = 1 << 20
"""Sets that are remembered one by one: 8 MB."""
_SHORTEST: Final = 16
"""Digits of a hash in a file's name."""


class TrialLedger:
    """The ledger ``name`` (of data and strategy) in the directory ``root``."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self.log = root / f"{name}.jsonl"
        self.head = root / f"{name}.head.json"

    def read(self) -> History:
        """Every line, checked.

        `DataError` names the file, the line and what to do when something was removed, cut, altered or moved.
        Without either file the history is empty and its note is ``no history``.
        """
        if not self.root.is_dir():
            return History(note=NO_HISTORY)
        with self._locked():
            return self._checked()[0]

    def require_writable(self) -> None:
        """`DataError` when a line could not be written, before a search is run that would want to."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise self._unwritable(error) from error

    def append(
        self, make: Callable[[History, NDArray[np.uint64]], Entry], tried: NDArray[np.uint64] | None
    ) -> History:
        """Adds the entry that ``make`` draws from the history and from the sets remembered (sorted).

        ``tried`` are the sets of this search by their hashes, None where they are too many to be remembered.
        The entry's ``known`` is filled in here.
        """
        self.require_writable()
        with self._locked():
            history, size = self._checked()
            last = history.entries[-1] if history.entries else None
            remembered = self._remembered(last)
            entry = make(history, remembered)
            known = last.known if last is not None else None
            if tried is not None:
                both = np.union1d(remembered, tried)
                if len(both) <= _MOST_KNOWN:
                    known = self._remember(both)
            made = replace(entry, known=known)
            try:
                # The head stands at what the log has, before the log goes ahead: also before a first line.
                if history.note:
                    self._write_head(history.entries)
                self._write_line(made.line(), size)
                entries = (*history.entries, made)
                self._write_head(entries)
            except OSError as error:
                raise self._unwritable(error) from error
            self._forget_all_but(known)
            return History(entries, history.note)

    def next_link(self, history: History) -> tuple[int, str]:
        """Number of the next line, and the hash that it carries of the line before."""
        return len(history.entries) + 1, history.entries[-1].hash if history.entries else genesis(self.name)

    # Reading

    def _checked(self) -> tuple[History, int]:
        """The history, and the bytes of the log that are whole lines."""
        try:
            return check(self.name, _read(self.head), _read(self.log))
        except Broken as error:
            path = self.head if error.in_head else self.log
            raise DataError(
                f"{path}: {error}. Put {self.log.name} and {self.head.name} back from a copy, both of one "
                "time; or move both away: the ledger then begins anew, and the sets tried so far no longer "
                "count"
            ) from error

    # Writing

    def _write_head(self, entries: tuple[Entry, ...]) -> None:
        _write(self.head, head_text(len(entries), entries[-1].hash if entries else genesis(self.name)))
        _sync_directory(self.root)

    def _write_line(self, line: bytes, size: int) -> None:
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.ftruncate(descriptor, size)  # what a crash cut off
            written = os.write(descriptor, line)
            if written != len(line):
                os.ftruncate(descriptor, size)
                raise OSError(f"only {written} of {len(line)} bytes could be written")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if not size:
            _sync_directory(self.root)

    def _unwritable(self, error: OSError) -> DataError:
        return DataError(
            f"{self.root}: cannot be written: {error.strerror or error}; set SPARK_STACKER_DATA or "
            "ledger= to another directory, or leave the ledger out (ledger=False, --no-ledger)"
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            lock = (self.root / f"{self.name}.lock").open("a")
        except OSError as error:
            raise self._unwritable(error) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # The sets remembered

    def _sets_file(self, known: str) -> Path:
        return self.root / f"{self.name}.{known[:_SHORTEST]}.sets"

    def _remembered(self, last: Entry | None) -> NDArray[np.uint64]:
        """The sets that are known one by one. A file that is gone or damaged leaves none, so that sets tried
        again count as new.
        """
        content = None if last is None or last.known is None else _read(self._sets_file(last.known))
        if content is None or last is None or hashlib.sha256(content).hexdigest() != last.known:
            return np.empty(0, dtype=np.uint64)
        return np.frombuffer(content, dtype="<u8")

    def _remember(self, sets: NDArray[np.uint64]) -> str:
        content = sets.astype("<u8").tobytes()
        known = hashlib.sha256(content).hexdigest()
        path = self._sets_file(known)
        if _read(path) != content:
            _write(path, content)
        return known

    def _forget_all_but(self, known: str | None) -> None:
        kept = None if known is None else self._sets_file(known)
        for path in self.root.glob(f"{self.name}.{'?' * _SHORTEST}.sets"):
            if path != kept:
                path.unlink(missing_ok=True)


def ledgers_in(root: Path) -> list[TrialLedger]:
    """Every ledger in ``root`` of which one file is there, by name."""
    names = {path.name.removesuffix(".jsonl") for path in root.glob("*.jsonl")}
    names |= {path.name.removesuffix(".head.json") for path in root.glob("*.head.json")}
    return [TrialLedger(root, name) for name in sorted(names)]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as stream:
        stream.write(content)


def _sync_directory(path: Path) -> None:
    """Makes names that were made or changed in a directory last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
