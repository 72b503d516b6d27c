"""The frame of candles: its columns and types, the way in from any frame and the way into the core.

A frame of candles is a `polars.DataFrame` of six columns: ``timestamp``, ``Datetime("us", "UTC")``, the time
at which the bar opened; ``open``, ``high``, ``low``, ``close`` in the quote currency and ``volume`` in base
units, ``Float64``. Funding has ``timestamp`` and ``rate``, a fraction of the position's value per funding
interval.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from spark_stacker import _core
from spark_stacker.data.rules import COLUMNS, FUNDING_COLUMNS, first_row, require_clean
from spark_stacker.data.times import parse_times
from spark_stacker.errors import DataError

__all__ = [
    "FUNDING_SCHEMA",
    "SCHEMA",
    "TIME",
    "Normalised",
    "bars_to_frame",
    "normalise",
    "read_any",
    "to_bars",
    "to_frame",
]

TIME: Final = pl.Datetime("us", "UTC")
SCHEMA: Final = pl.Schema({"timestamp": TIME, **dict.fromkeys(COLUMNS[1:], pl.Float64())})
FUNDING_SCHEMA: Final = pl.Schema({"timestamp": TIME, "rate": pl.Float64()})

_ALIASES: Final = {
    "timestamp": (
        *("timestamp", "open_time", "time", "date", "datetime", "ts", "t", "opentime", "time_open"),
        *("timestamp_ms", "timestamp_ns", "timestamp_s", "unix", "unix_time", "__index_level_0__"),
    ),
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price"),
    "low": ("low", "l", "low_price"),
    "close": ("close", "c", "close_price"),
    "volume": ("volume", "vol", "v", "volume_base", "base_volume"),
    "rate": ("rate", "funding_rate", "fundingrate"),
}


@dataclass(frozen=True, slots=True)
class Normalised:
    """A frame in the schema, which of the source's columns became which, and the unit of its times."""

    frame: pl.DataFrame
    columns: Mapping[str, str]
    time_unit: str


def to_frame(data: object, *, where: str = "data") -> pl.DataFrame:
    """Candles in the schema from any Arrow C stream, a mapping of columns or a list of records.

    Takes Polars, pandas 3 (its time index included), pyarrow; column names such as ``Date`` or ``vol`` are
    understood, other columns are left out. Only names and types are brought to the schema: no row is dropped,
    moved or mended. Raises `DataError` naming ``where``, column, row, value and what was expected.

    >>> bar = {"time": "2024-01-01", "open": 1, "high": 2, "low": 1, "close": 2, "vol": 9}
    >>> to_frame([bar]).columns
    ['timestamp', 'open', 'high', 'low', 'close', 'volume']
    """
    if isinstance(data, pl.DataFrame) and data.schema == SCHEMA:
        return data.rechunk().clone()
    return normalise(read_any(data, where=where), where=where).frame


@dataclass(frozen=True, slots=True)
class _StreamOnly:
    """Shows nothing but the Arrow stream, which, other than Polars' own way from pandas, keeps the index."""

    frame: Any

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


def read_any(data: object, *, where: str = "data") -> pl.DataFrame:
    """``data`` as a Polars frame, with the columns it came with."""
    if isinstance(data, pl.DataFrame):
        return data
    if isinstance(data, pl.LazyFrame):
        return data.collect()
    if hasattr(data, "__arrow_c_stream__"):
        data = _StreamOnly(data)
    if isinstance(data, (_StreamOnly, Mapping, Sequence)) and not isinstance(data, str):
        try:
            return pl.DataFrame(data, infer_schema_length=None)
        except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
            raise DataError(f"{where}: cannot be read as a frame: {error}") from error
    kind = type(data).__name__
    raise DataError(f"{where}: {kind} is no frame; expected Polars, pandas, pyarrow or another Arrow stream")


def normalise(raw: pl.DataFrame, *, kind: str = "candles", where: str = "data") -> Normalised:
    """``raw`` in the schema of ``kind``, with what was understood on the way.

    ``kind`` is candles, mark or funding. Mark candles carry no trades: their volume is 0, whatever the source
    has.
    """
    wanted = FUNDING_COLUMNS if kind == "funding" else COLUMNS
    if kind == "mark":
        raw = raw.drop("volume", strict=False).with_columns(volume=pl.lit(0.0))
    found = _find_columns(raw, wanted, where)
    times = parse_times(raw[found["timestamp"]], where=where)
    stamps = times.times.cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    columns = [stamps.alias("timestamp")]
    columns += [_to_floats(raw[found[name]], where).alias(name) for name in wanted[1:]]
    return Normalised(pl.DataFrame(columns).rechunk(), found, times.unit)


def to_bars(frame: object, interval: str, *, where: str = "data") -> _core.Bars:
    """Candles checked and copied into the core, which decides, simulates and computes on them.

    Raises `DataError` naming column, row and value for a null, a NaN, a price of 0 or less, times out of
    order, or a high or low that does not enclose the bar.
    """
    candles = to_frame(frame, where=where)
    interval_ns = _core.interval_ns(interval)
    if candles["timestamp"].has_nulls():
        require_clean(candles, where=where)
    open_time_ns = candles["timestamp"].dt.epoch("ns").to_numpy()
    open_, high, low, close, volume = (np.ascontiguousarray(candles[name].to_numpy()) for name in COLUMNS[1:])
    try:
        return _core.Bars(open_time_ns, open_, high, low, close, volume, interval_ns=interval_ns)
    except DataError:
        require_clean(candles, where=where)  # names the place as the rest of the package does
        raise


def _bars_of(interval_ns: int, *columns: np.ndarray[Any, Any]) -> _core.Bars:
    return _core.Bars(*columns, interval_ns=interval_ns)


def _columns_of(bars: _core.Bars) -> tuple[Callable[..., _core.Bars], tuple[Any, ...]]:
    columns = (bars.open_time_ns, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return _bars_of, (bars.interval_ns, *columns)


copyreg.pickle(_core.Bars, _columns_of)  # so that bars can go to another process


def bars_to_frame(bars: _core.Bars) -> pl.DataFrame:
    """The frame of candles of bars in the core."""
    stamps = (
        pl.Series("timestamp", bars.open_time_ns // 1_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )
    prices = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    return pl.DataFrame([stamps, *(pl.Series(name, v) for name, v in zip(COLUMNS[1:], prices, strict=True))])


def _find_columns(raw: pl.DataFrame, wanted: tuple[str, ...], where: str) -> dict[str, str]:
    lowered: dict[str, str] = {}
    for name in raw.columns:
        lowered.setdefault(name.strip().lower().replace(" ", "_"), name)
    found = {}
    for name in wanted:
        alias = next((alias for alias in _ALIASES[name] if alias in lowered), None)
        if alias is None:
            has = ", ".join(raw.columns) or "none"
            raise DataError(f"{where}: no column {name}; expected {','.join(wanted)}; found {has}")
        found[name] = lowered[alias]
    return found


def _to_floats(column: pl.Series, where: str) -> pl.Series:
    if column.dtype == pl.String:
        column = column.str.strip_chars()
        numbers = column.replace("", None).cast(pl.Float64, strict=False)
        row = first_row(numbers.is_null() & (column != ""))
        if row is not None:
            raise DataError(f"{where}: column {column.name}, row {row}: {column[row]!r}; expected a number")
        return numbers
    if column.dtype.is_numeric() or column.dtype == pl.Null:
        return column.cast(pl.Float64)
    raise DataError(f"{where}: column {column.name} holds {column.dtype}; expected numbers")
