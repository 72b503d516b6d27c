"""Times as users and files write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_stacker.data.times import interval_us, parse_times, to_utc
from spark_stacker.errors import DataError, ParameterError

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
SECONDS = 1_704_067_200
FIRST, LAST = datetime.fromisoformat("1973-04-01"), datetime.fromisoformat("2285-12-31")


@pytest.mark.parametrize(
    "time",
    [
        NEW_YEAR,
        NEW_YEAR.replace(tzinfo=None),
        NEW_YEAR.astimezone(timezone(timedelta(hours=9))),
        date(2024, 1, 1),
        "2024-01-01",
        "2024-01-01T00:00",
        "2024-01-01 00:00:00",
        "2024-01-01T00:00:00.000Z",
        "2024-01-01 00:00:00 UTC",
        "2024-01-01T02:00:00+02:00",
        "2023-12-31T19:00:00-0500",
        SECONDS,
        float(SECONDS),
        np.int64(SECONDS),
        np.datetime64("2024-01-01T00:00", "ns"),
        pd.Timestamp("2024-01-01"),
        SECONDS * 1_000,
        SECONDS * 1_000_000,
        SECONDS * 1_000_000_000,
        str(SECONDS),
        str(SECONDS * 1_000),
    ],
)
def test_every_way_to_write_a_time_gives_the_same_instant(time: object) -> None:
    assert to_utc(time) == NEW_YEAR  # type: ignore[arg-type]
    assert to_utc(time).utcoffset() == timedelta(0)  # type: ignore[arg-type]


def test_zero_is_the_epoch() -> None:
    assert to_utc(0) == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "time",
    ["", "soon", "2024-13-01", "2024-02-30", "01/02/2024", 20240101, -5, True, None, float("nan"), 1e30],
)
def test_what_is_no_time_is_refused_by_name(time: object) -> None:
    with pytest.raises(ParameterError, match="start_time must be a time since 1973"):
        to_utc(time, name="start_time")  # type: ignore[arg-type]


@given(st.datetimes(FIRST, LAST), st.sampled_from([1, 1_000, 1_000_000, 1_000_000_000]))
def test_the_unit_of_a_column_is_told_by_its_size(time: datetime, per_second: int) -> None:
    seconds = int(time.replace(tzinfo=UTC, microsecond=0).timestamp())
    if seconds * per_second > 2**63 - 1:  # nanoseconds end in 2262
        return
    parsed = parse_times(pl.Series("time", [seconds * per_second], dtype=pl.Int64))
    names = {1: "seconds", 1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
    assert parsed.unit == names[per_second]
    assert parsed.times.to_list() == [seconds * 1_000_000]


@given(st.datetimes(FIRST, LAST))
def test_iso_text_keeps_every_microsecond(time: datetime) -> None:
    assert to_utc(time.isoformat()) == time.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("dtype", "unit"),
    [
        (pl.Datetime("ms", "UTC"), "datetimes in milliseconds"),
        (pl.Datetime("us", "UTC"), "datetimes in microseconds"),
        (pl.Datetime("ns", "UTC"), "datetimes in nanoseconds"),
        (pl.Datetime("us"), "datetimes in microseconds"),
        (pl.Date, "dates"),
    ],
)
def test_datetime_columns_of_any_unit_are_understood(dtype: pl.DataType, unit: str) -> None:
    parsed = parse_times(pl.Series("time", [NEW_YEAR]).cast(dtype))
    assert (parsed.unit, parsed.times.item()) == (unit, SECONDS * 1_000_000)


def test_a_zone_other_than_utc_is_converted() -> None:
    column = pl.Series("time", [NEW_YEAR]).dt.convert_time_zone("Asia/Tokyo")
    assert parse_times(column).times.item() == SECONDS * 1_000_000


def test_a_row_in_another_unit_is_named() -> None:
    with pytest.raises(DataError, match=r"prices.csv: column time, row 1: 1704067260; expected milliseconds"):
        parse_times(pl.Series("time", [SECONDS * 1_000, SECONDS + 60]), where="prices.csv")


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("time", [SECONDS * 1_000_000_000 + 1]),
        pl.Series("time", [SECONDS * 1_000_000_000 + 1]).cast(pl.Datetime("ns")),
        pl.Series("time", ["2024-01-01T00:00:00.000000001Z"]),
    ],
)
def test_nanoseconds_that_would_be_lost_are_refused(column: pl.Series) -> None:
    with pytest.raises(DataError, match="column time, row 0"):
        parse_times(column)


def test_text_that_is_no_time_is_named() -> None:
    with pytest.raises(DataError, match=r"column time, row 1: 'noon'; expected a time since 1973"):
        parse_times(pl.Series("time", ["2024-01-01", "noon"]))
    with pytest.raises(DataError, match=r"row 2: 'total'; expected a number, as the rows before have"):
        parse_times(pl.Series("time", ["1704067200", "1704070800", "total"]))


def test_nulls_stay_nulls() -> None:
    assert parse_times(pl.Series("time", ["2024-01-01", None])).times.null_count() == 1
    assert parse_times(pl.Series("time", [SECONDS, None])).times.null_count() == 1


def test_a_column_of_truth_values_holds_no_times() -> None:
    with pytest.raises(DataError, match="column time holds Boolean"):
        parse_times(pl.Series("time", [True]))


def test_intervals_are_microseconds() -> None:
    assert interval_us("4h") == 14_400_000_000
    with pytest.raises(ParameterError, match="interval"):
        interval_us("4 hours")
