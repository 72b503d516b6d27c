"""CSV files of Tardis: trades, incremental books and book snapshots; times in microseconds."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.tables import feed_frame
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_tardis", "parse_csv", "read_csv_bytes", "read_tardis"]

_MOST_BYTES: Final = 8 << 30
_LONGEST_LINE: Final = 1 << 20
_COMMON: Final = {"exchange", "symbol", "timestamp", "local_timestamp"}
_SIDES: Final = {"buy": 1, "bid": 1, "sell": -1, "ask": -1, "unknown": 0}


def read_csv_bytes(path: Path) -> bytes:
    """A CSV file, unpacked if it is gzipped. Raises `DataError` for one that is cut off, or unpacks to too
    much."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                data = file.read(_MOST_BYTES + 1)
        else:
            data = path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    if len(data) > _MOST_BYTES:
        raise DataError(f"{path}: more than {_MOST_BYTES:,} bytes; expected less, split the file")
    end = data.find(b"\n", 0, _LONGEST_LINE)
    if end < 0 and len(data) >= _LONGEST_LINE:
        raise DataError(f"{path}: a first line of more than {_LONGEST_LINE:,} bytes; expected a header")
    return data


def is_tardis(raw: pl.DataFrame) -> bool:
    """Whether a table has the columns that all files of Tardis share."""
    return set(raw.columns) >= _COMMON


def parse_csv(data: bytes, place: str) -> pl.DataFrame:
    """A table whose cells are text."""
    try:
        return pl.read_csv(io.BytesIO(data), infer_schema=False)
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise DataError(f"{place}: not a CSV file: {str(error).splitlines()[0]}") from error


def read_tardis(raw: pl.DataFrame, place: str) -> pl.DataFrame:
    """The feed in a table of Tardis. Raises `DataError` naming column, row and value."""
    if raw.is_empty():
        raise DataError(f"{place}: has no rows")
    for name in ("exchange", "symbol"):
        if raw[name].n_unique() > 1:
            row = int((raw[name] != raw[name][0]).arg_max() or 0)
            raise DataError(
                f"{place}: column {name}, row {row}: {raw[name][row]!r} after {raw[name][0]!r}; "
                "expected one a file"
            )
    columns = set(raw.columns)
    times = {
        "exchange_ns": _number(raw, "timestamp", place, pl.Int64) * 1000,
        "local_ns": _number(raw, "local_timestamp", place, pl.Int64) * 1000,
    }
    if {"is_snapshot", "side", "price", "amount"} <= columns:
        snapshot = raw["is_snapshot"].str.to_lowercase() == "true"
        kind = pl.Series(snapshot).replace_strict({True: "snapshot", False: "depth"}, return_dtype=pl.String)
        rows = times | {"kind": kind, **_level(raw, place)}
        # The first rows of a snapshot follow on rows that are none.
        return feed_frame(rows).filter((pl.col("kind") == "depth") | (pl.col("size") > 0))
    if {"id", "side", "price", "amount"} <= columns:
        rows = times | {"kind": pl.Series(["trade"]).new_from_index(0, raw.height), **_level(raw, place)}
        ids = raw["id"].cast(pl.Int64, strict=False)
        return feed_frame(rows | {"last_id": ids}).filter(pl.col("size") > 0)
    levels = sorted(
        {int(found[1]) for name in columns if (found := re.fullmatch(r"asks\[(\d+)\]\.price", name))}
    )
    if levels:
        return _snapshots(raw, times, levels, place)
    raise DataError(
        f"{place}: columns {', '.join(raw.columns)[:200]}; "
        "expected trades, incremental_book_L2 or book_snapshot_N"
    )


def _number(raw: pl.DataFrame, name: str, place: str, dtype: type[pl.DataType]) -> pl.Series:
    values = raw[name].cast(dtype, strict=False)
    wrong = values.is_null() | (~values.is_finite() if dtype is pl.Float64 else pl.Series([False]))
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        raise DataError(f"{place}: column {name}, row {row}: {raw[name][row]!r}; expected a number")
    return values


def _level(raw: pl.DataFrame, place: str) -> dict[str, pl.Series]:
    sides = raw["side"].replace_strict(_SIDES, default=None, return_dtype=pl.Int8)
    if sides.null_count():
        row = int(sides.is_null().arg_max() or 0)
        raise DataError(
            f"{place}: column side, row {row}: {raw['side'][row]!r}; expected one of {list(_SIDES)}"
        )
    size = _number(raw, "amount", place, pl.Float64)
    if (size < 0).any():
        row = int((size < 0).arg_max() or 0)
        raise DataError(f"{place}: column amount, row {row}: {size[row]}; expected at least 0")
    return {"side": sides, "price": _number(raw, "price", place, pl.Float64), "size": size}


def _snapshots(raw: pl.DataFrame, times: dict[str, pl.Series], levels: list[int], place: str) -> pl.DataFrame:
    parts = []
    for sign, side in ((1, "bids"), (-1, "asks")):
        for level in levels:
            cells = {name: raw[f"{side}[{level}].{name}"] for name in ("price", "amount")}
            values = {name: cell.cast(pl.Float64, strict=False) for name, cell in cells.items()}
            for name, cell in cells.items():
                wrong = values[name].is_null() & cell.is_not_null() & (cell != "")
                if wrong.any():
                    row = int(wrong.arg_max() or 0)
                    column = f"{side}[{level}].{name}"
                    raise DataError(f"{place}: column {column}, row {row}: {cell[row]!r}; expected a number")
            rows = times | {
                "kind": pl.Series(["snapshot"]).new_from_index(0, raw.height),
                "side": pl.Series([sign], dtype=pl.Int8).new_from_index(0, raw.height),
                "price": values["price"],
                "size": values["amount"],
            }
            parts.append(feed_frame(rows).with_row_index("row"))
    joined = pl.concat(parts).filter(pl.col("price").is_not_null() & (pl.col("size") > 0))
    return joined.sort("row", maintain_order=True).drop("row")
