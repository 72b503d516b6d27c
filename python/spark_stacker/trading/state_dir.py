"""The directory that keeps a session's state: one process at a time, old journals kept aside."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Self

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["StateDirectory"]


class StateDirectory:
    """A locked directory, from ``with`` to its end. The lock goes with the process, however that ends.

    Raises ``ParameterError`` when another process holds it or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.path / "journal.jsonl"

    @property
    def events(self) -> Path:
        """The file of a session's events, where it runs on ticks."""
        return self.path / "events.rows"

    def set_aside(self) -> Path | None:
        """Rename the journal so that a new one begins; return its new name, ``None`` if there was none.

        The events that belong to it go with it.
        """
        if not self.journal.exists():
            return None
        number = 1
        while (aside := self.path / f"journal.{number}.jsonl").exists():
            number += 1
        if self.events.exists():
            self.events.rename(self.path / f"events.{number}.rows")
        self.journal.rename(aside)
        return aside

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ParameterError(f"{self.path} cannot be a state directory: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(lock, 32).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            raise ParameterError(
                f"the state in {self.path} is in use by process {holder}; stop it or choose another --state"
            ) from error
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
