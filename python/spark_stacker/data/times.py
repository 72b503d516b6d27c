"""Points in time as users and files write them, brought to UTC microseconds.

A number is seconds, milliseconds, microseconds or nanoseconds since 1970 by its size alone: the four ranges
of the years 1973 to 2286 do not meet (1e8 to 1e10 s, 1e11 to 1e13 ms, 1e14 to 1e16 µs, 1e17 to 1e19 ns). Text
is ISO 8601; text without an offset is UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import polars as pl

from spark_stacker import _core
from spark_stacker.data.rules import first_row
from spark_stacker.errors import DataError, ParameterError

__all__ = ["TimeLike", "bucket_start", "grid_offset_us", "interval_us", "parse_times", "to_utc"]

TimeLike: TypeAlias = datetime | date | str | int | float
"""What calls take as a time: a datetime (a naive one is UTC), a date, ISO 8601 text, a number by its size."""

_DAY_US: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# name, first value, first value beyond, microseconds of one
_UNITS: Final = (
    ("seconds", 1e8, 1e10, 1_000_000.0),
    ("milliseconds", 1e11, 1e13, 1_000.0),
    ("microseconds", 1e14, 1e16, 1.0),
    ("nanoseconds", 1e17, 1e19, 0.001),
)
_EXPECTED: Final = "a time since 1973 in s, ms, µs or ns, or ISO 8601 such as 2024-01-31T12:00:00Z"
_ISO: Final = (
    r"^(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<minute>\d{2}:\d{2})(?P<second>:\d{2})?(?P<fraction>\.\d{1,6}0*)?"
    r" ?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?$"
)
_NUMBER: Final = r"^-?\d+(\.\d*)?([eE][+-]?\d+)?$"


def interval_us(interval: str) -> int:
    """Length of an interval such as ``1h`` in microseconds; `ParameterError` for a text that is none.

    >>> interval_us("1h")
    3600000000
    """
    return _core.interval_ns(interval) // 1_000


def grid_offset_us(interval: str) -> int:
    """Microseconds from 1970-01-01 to an open time of ``interval``: 0, and for whole weeks to a Monday."""
    # 1970-01-01 was a Thursday.
    return 4 * _DAY_US if interval_us(interval) % (7 * _DAY_US) == 0 else 0


def bucket_start(times: pl.Expr, interval: str) -> pl.Expr:
    """The open time of the bar of ``interval`` that each time falls into, on the UTC grid."""
    micros = times.dt.epoch("us")
    into = (micros - grid_offset_us(interval)) % interval_us(interval)
    return (micros - into).cast(pl.Datetime("us", "UTC"))


def to_utc(time: TimeLike, *, name: str = "time") -> datetime:
    """``time`` as an aware datetime in UTC; ``name`` is what an error calls it. 0 is 1970-01-01.

    >>> to_utc("2024-01-01"), to_utc(1_704_067_200_000) == to_utc("2024-01-01")
    (datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), True)
    """
    if isinstance(time, np.generic):
        time = time.item()
    if isinstance(time, datetime):
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    if isinstance(time, date):
        return datetime(time.year, time.month, time.day, tzinfo=UTC)
    if time == 0 and not isinstance(time, (bool, str)):
        return _EPOCH
    if isinstance(time, (str, int, float)) and not isinstance(time, bool):
        try:
            return _EPOCH + timedelta(microseconds=_single(time))
        except DataError:
            raise ParameterError(f"{name} must be {_EXPECTED}, was {time!r}") from None
    raise ParameterError(f"{name} must be {_EXPECTED}, was {time!r}")


@lru_cache(maxsize=256, typed=True)
def _single(time: str | float) -> int:
    """Microseconds since 1970; remembered, since reading one text costs as much as a short backtest."""
    return int(parse_times(pl.Series("time", [time])).times.item())


@dataclass(frozen=True, slots=True)
class ParsedTimes:
    """Times of a column as Int64 microseconds since 1970, and the unit they were written in."""

    times: pl.Series
    unit: str


def parse_times(column: pl.Series, *, where: str = "data") -> ParsedTimes:
    """Times of a column of datetimes, dates, numbers or text; nulls stay null.

    Raises `DataError` naming ``where``, the row and the value when a value is no time, is written in another
    unit than the others, or is finer than a microsecond.
    """
    dtype = column.dtype
    if isinstance(dtype, pl.Datetime):
        if dtype.time_unit == "ns":
            nanoseconds = column.dt.epoch("ns")
            _refuse(nanoseconds % 1_000 != 0, column, where, "no part finer than a microsecond")
        unit = {"ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}[dtype.time_unit]
        return ParsedTimes(column.dt.epoch("us"), f"datetimes in {unit}")
    if dtype == pl.Date:
        return ParsedTimes(column.cast(pl.Datetime("us")).dt.epoch("us"), "dates")
    if dtype == pl.String:
        text = column.str.strip_chars()
        if bool(text.str.contains(_NUMBER).all()):
            whole = text.cast(pl.Int64, strict=False)
            exact = whole.null_count() == text.null_count()
            return _from_numbers(whole if exact else text.cast(pl.Float64, strict=False), column, where)
        numbers = text.str.contains(_NUMBER)
        if bool(numbers.head(1).fill_null(value=False).all()):
            _refuse(~numbers, column, where, "a number, as the rows before have")
        return _from_text(text, column, where)
    if dtype.is_integer() or dtype.is_float():
        return _from_numbers(column, column, where)
    raise DataError(f"{where}: column {column.name} holds {dtype}; expected {_EXPECTED}")


def _from_numbers(numbers: pl.Series, written: pl.Series, where: str) -> ParsedTimes:
    known = numbers.drop_nulls()
    for unit, first, beyond, microseconds in _UNITS:
        if known.is_empty() or not first <= float(known[0]) < beyond:
            continue
        fits = (numbers >= first) & (numbers < beyond)
        _refuse(~fits, written, where, f"{unit} since 1970, as the rows before have")
        if unit == "nanoseconds" and numbers.dtype.is_integer():
            _refuse(numbers % 1_000 != 0, written, where, "no part finer than a microsecond")
            return ParsedTimes((numbers // 1_000).cast(pl.Int64), unit)
        if numbers.dtype.is_integer():
            return ParsedTimes(numbers.cast(pl.Int64) * int(microseconds), unit)
        return ParsedTimes((numbers * microseconds).round().cast(pl.Int64), unit)
    _refuse(numbers.is_not_null(), written, where, _EXPECTED)
    return ParsedTimes(numbers.cast(pl.Int64), "none")


def _from_text(text: pl.Series, written: pl.Series, where: str) -> ParsedTimes:
    parts = text.str.extract_groups(_ISO).struct.unnest()
    zone = pl.col("zone").replace({"Z": "+00:00", "UTC": "+00:00"}).fill_null("+00:00")
    times = parts.select(
        pl.concat_str(
            pl.col("day"),
            pl.lit("T"),
            pl.col("minute").fill_null("00:00"),
            pl.col("second").fill_null(":00"),
            pl.col("fraction").str.slice(0, 7).fill_null(""),
            zone,
        ).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)
    ).to_series()
    _refuse(times.is_null() & written.is_not_null(), written, where, _EXPECTED)
    return ParsedTimes(times.dt.epoch("us"), "ISO 8601")


def _refuse(bad: pl.Series, written: pl.Series, where: str, expected: str) -> None:
    row = first_row(bad)
    if row is not None:
        raise DataError(f"{where}: column {written.name}, row {row}: {written[row]!r}; expected {expected}")
