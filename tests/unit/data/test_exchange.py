"""An exchange is asked until the whole range is there, whatever it cuts off."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spark_stacker.data import DataManager, ExchangeDataSource, synthesise
from spark_stacker.errors import DataError, ParameterError, RetryableError
from unit.data.made import at, hours


class Exchange:
    """Gives at most ``cap`` candles a call, the earliest or the latest of those asked for."""

    def __init__(
        self, frame: pl.DataFrame, *, cap: int, latest: bool = True, end_inclusive: bool = False
    ) -> None:
        self.frame, self.cap, self.latest, self.end_inclusive = frame, cap, latest, end_inclusive
        self.calls = 0

    def get_candles(
        self,
        symbol: str,
        interval: str,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        self.calls += 1
        times = pl.col("timestamp").dt.epoch("ms")
        until = times <= end_time if self.end_inclusive else times < end_time
        rows = self.frame.filter((times >= start_time) & until).with_columns(times)
        count = min(self.cap, limit or self.cap)
        return (rows.tail(count) if self.latest else rows.head(count)).to_dicts()


@settings(deadline=None)
@given(
    cap=st.integers(1, 60),
    page_size=st.integers(1, 60),
    latest=st.booleans(),
    end_inclusive=st.booleans(),
    kept=st.lists(st.booleans(), min_size=48, max_size=48),
)
def test_the_whole_range_comes_whatever_the_exchange_cuts(
    cap: int, page_size: int, latest: bool, end_inclusive: bool, kept: list[bool]
) -> None:
    frame = hours(48).filter(pl.Series(kept))
    exchange = Exchange(frame, cap=cap, latest=latest, end_inclusive=end_inclusive)
    source = ExchangeDataSource(exchange, page_size=page_size)
    got = source.load("ETH", "1h", start=at("2024-01-01T03:00"), end=at("2024-01-02T20:00"))
    wanted = frame.filter(pl.col("timestamp").is_between(at("2024-01-01T03:00"), at("2024-01-02T19:00")))
    assert_frame_equal(got, wanted)


def test_a_year_of_hours_is_a_year() -> None:
    frame = hours(8_784)
    source = ExchangeDataSource(connector=Exchange(frame, cap=300))
    manager = DataManager()
    manager.register_source("exchange", source)
    assert_frame_equal(manager.get_data("exchange", "ETH", "1h", "2024-01-01", "2025-01-01"), frame)


def test_weeks_come_from_their_monday_on_and_odd_starts_lose_nothing() -> None:
    weeks = synthesise("bull", interval="1w", bars=10, start="2024-01-01").frame
    for frame in (weeks, weeks.with_columns(pl.col("timestamp").dt.offset_by("3d"))):
        source = ExchangeDataSource(Exchange(frame, cap=3), page_size=4)
        for start in ("2024-01-01", "2024-01-03T07:00"):
            got = source.load("ETH", "1w", start=at(start), end=at("2024-02-20"))
            wanted = frame.filter(pl.col("timestamp").is_between(at(start), at("2024-02-19T23:59")))
            assert_frame_equal(got, wanted)


def test_progress_tells_bars_asked_and_bars_in_all() -> None:
    seen: list[tuple[int, int]] = []
    source = ExchangeDataSource(
        Exchange(hours(48), cap=500), page_size=20, progress=lambda done, total: seen.append((done, total))
    )
    source.load("ETH", "1h", start=at("2024-01-01"), end=at("2024-01-03"))
    assert seen == [(20, 48), (40, 48), (48, 48)]


def test_history_the_exchange_no_longer_has_is_a_shortfall() -> None:
    manager = DataManager()
    manager.register_source("exchange", ExchangeDataSource(Exchange(hours(48)[24:], cap=10), page_size=10))
    with pytest.raises(DataError, match="data begin at 2024-01-02 00:00"):
        manager.get_data("exchange", "ETH", "1h", "2024-01-01", "2024-01-03")


def test_an_exchange_needs_both_bounds() -> None:
    source = ExchangeDataSource(Exchange(hours(2), cap=10))
    with pytest.raises(ParameterError, match="start_time and end_time must be given"):
        source.load("ETH", "1h", start=at("2024-01-01"))
    with pytest.raises(ParameterError, match="page_size must be at least 1, was 0"):
        ExchangeDataSource(Exchange(hours(2), cap=10), page_size=0)
    assert source.available() == []


def test_a_broken_record_is_named() -> None:
    class Broken:
        def get_candles(self, *_: object) -> list[dict[str, Any]]:
            return [
                {"timestamp": 1_704_067_200_000, "open": "one", "high": 1, "low": 1, "close": 1, "volume": 1}
            ]

    with pytest.raises(DataError, match=r"candles of ETH 1h from the exchange: column open, row 0: 'one'"):
        ExchangeDataSource(Broken()).load("ETH", "1h", start=at("2024-01-01"), end=at("2024-01-02"))


def test_candles_outside_the_range_are_left_out_and_end_the_asking() -> None:
    class Elsewhere:
        def get_candles(self, *_: object) -> list[dict[str, Any]]:
            return [{"timestamp": 1_600_000_000_000, "open": 1, "high": 1, "low": 1, "close": 1, "volume": 1}]

    got = ExchangeDataSource(Elsewhere()).load("ETH", "1h", start=at("2024-01-01"), end=at("2024-01-02"))
    assert got.is_empty()


def test_trouble_on_the_line_is_handed_on() -> None:
    class Down:
        def get_candles(self, *_: object) -> list[dict[str, Any]]:
            raise RetryableError("connection reset")

    with pytest.raises(RetryableError):
        ExchangeDataSource(Down()).load("ETH", "1h", start=at("2024-01-01"), end=at("2024-01-02"))
