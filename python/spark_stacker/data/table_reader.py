"""Reads Parquet and Feather files; as a program, for another process that wants to know whether it can.

A request is a line of JSON: ``{"path": ..., "what": ..., ...}`` with the arguments of the function ``what``.
The answer is one too: ``{}``, or ``{"error": text}``. To a file that ends this process there is none.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import polars as pl

__all__ = ["names", "rows"]

# What decoding takes beside the file itself; a file that claims more than this is refused.
_MOST_BYTES = 8 << 30


def names(path: Path) -> list[str]:
    """Names of a table's columns."""
    return _scan(path).collect_schema().names()


def rows(path: Path, first: int = 0, count: int | None = None) -> pl.DataFrame:
    """A table's rows from row ``first``, ``count`` of them or all."""
    return _scan(path).slice(first, count).collect()


def _scan(path: Path) -> pl.LazyFrame:
    if path.suffix.lower() == ".parquet":
        return pl.scan_parquet(path, hive_partitioning=False, glob=False)
    return pl.scan_ipc(path)


def _answer(line: str) -> dict[str, str]:
    request = json.loads(line)
    path = Path(request.pop("path"))
    try:
        most = _MOST_BYTES + 2 * path.stat().st_size
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
        if request.pop("what") == "rows":
            rows(path, **request)
        else:
            names(path)
    # A reader's panic is no Exception; whatever it is, the one who asked hears of it.
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {}


if __name__ == "__main__":
    for asked in sys.stdin:
        sys.stdout.write(json.dumps(_answer(asked)) + "\n")
        sys.stdout.flush()
