"""Where the catalogue stands, and the lock under which it changes."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["default_root", "locked"]


def default_root() -> Path:
    """``SPARK_STACKER_DATA``, or ``spark-stacker`` in the user's data directory (``~/.local/share``)."""
    if root := os.environ.get("SPARK_STACKER_DATA"):
        return Path(root)
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "spark-stacker"


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """One process at a time changes the catalogue under ``root``, which is made if need be."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".lock").open("w")
    except OSError as error:
        raise DataError(f"{root}: cannot be written: {error.strerror or error}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
