"""Higher bars are those of a plain loop, exist only once closed, and lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spark_stacker.data import resample, synthesise
from spark_stacker.data.times import interval_us
from spark_stacker.errors import DataError, ParameterError
from unit.data.made import at, changed, hours

Loader = Callable[[str], pl.DataFrame]


def loop_oracle(frame: pl.DataFrame, source: str, target: str) -> list[tuple[datetime, ...]]:
    """Closed higher bars, bar by bar, their buckets counted in whole intervals from an origin."""
    long, short = (timedelta(microseconds=interval_us(text)) for text in (target, source))
    origin = at("1970-01-05") if target.endswith("w") else at("1970-01-01")
    buckets: dict[datetime, list[float]] = {}
    for time, open_, high, low, close, volume in frame.iter_rows():
        bucket = origin + ((time - origin) // long) * long
        if bucket not in buckets:
            buckets[bucket] = [open_, high, low, close, volume]
            continue
        bar = buckets[bucket]
        bar[1], bar[2] = max(bar[1], high), min(bar[2], low)
        bar[3] = close
        bar[4] += volume
    first, end = frame["timestamp"][0], frame["timestamp"][-1] + short
    return [(t, *bar) for t, bar in sorted(buckets.items()) if t >= first and t + long <= end]  # type: ignore[misc]


def same(frame: pl.DataFrame, expected: list[tuple[datetime, ...]]) -> None:
    assert_frame_equal(frame, pl.DataFrame(expected, schema=frame.schema, orient="row"), rel_tol=1e-12)


def test_minutes_make_the_recorded_five_minutes_where_none_is_missing(candles: Loader) -> None:
    """Both files were recorded apart: they agree wherever the venue made bars from the same trades."""
    made = resample(candles("ft_spot_xrp_eth_1m"), "1m", "5m")
    recorded = candles("ft_spot_xrp_eth_5m")
    complete = made.frame.filter(~pl.col("timestamp").is_in(pl.Series(list(made.partial)).implode()))
    both = complete.join(recorded, on="timestamp", suffix="_recorded")
    assert len(both) == len(complete) > 100
    for column in ("open", "high", "low", "close", "volume"):
        assert_frame_equal(
            both.select(pl.col(column)), both.select(pl.col(f"{column}_recorded").alias(column)), rel_tol=1e-9
        )


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [
        ("ft_spot_xrp_eth_1m", "1m", "5m"),
        ("ft_spot_xrp_eth_1m", "1m", "1h"),
        ("ft_spot_ada_btc_5m", "5m", "4h"),
        ("nt_btc_perp_1m", "1m", "15m"),
        ("lean_coinbase_btcusd_1d_trade", "1d", "1w"),
        ("lean_binance_btcusdt_1h_trade", "1h", "1d"),
    ],
)
def test_recorded_candles_make_the_bars_of_a_plain_loop(
    candles: Loader, name: str, source: str, target: str
) -> None:
    frame = candles(name)
    same(resample(frame, source, target).frame, loop_oracle(frame, source, target))


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 1_000),
    bars=st.integers(2, 400),
    target=st.sampled_from(["2m", "5m", "7m", "15m", "1h", "1d"]),
    start=st.integers(0, 2_000),
)
def test_whole_buckets_conserve_volume_and_extremes(seed: int, bars: int, target: str, start: int) -> None:
    first = at("2024-02-28") + timedelta(minutes=start)
    frame = synthesise("gap_heavy", interval="1m", bars=bars, seed=seed, start=first).frame
    made = resample(frame, "1m", target).frame
    same(made, loop_oracle(frame, "1m", target))
    if made.is_empty():
        return
    end = made["timestamp"][-1] + timedelta(microseconds=interval_us(target))
    inside = frame.filter((pl.col("timestamp") >= made["timestamp"][0]) & (pl.col("timestamp") < end))
    assert made["volume"].sum() == pytest.approx(inside["volume"].sum(), rel=1e-12)
    assert (made["high"].max(), made["low"].min()) == (inside["high"].max(), inside["low"].min())
    assert (made["open"][0], made["close"][-1]) == (inside["open"][0], inside["close"][-1])


def test_a_bar_is_there_only_once_it_is_closed() -> None:
    frame = hours(48)
    for bars in range(1, 49):
        made = resample(frame[:bars], "1h", "4h").frame
        assert len(made) == bars // 4
        assert_frame_equal(made, resample(frame, "1h", "4h").frame[: bars // 4])


def test_a_quiet_end_is_closed_by_the_clock_given() -> None:
    frame = hours(7)
    assert len(resample(frame, "1h", "4h").frame) == 1
    made = resample(frame, "1h", "4h", closed_at="2024-01-01T08:00")
    assert (len(made.frame), made.partial) == (2, (at("2024-01-01T04:00"),))
    assert len(resample(frame, "1h", "4h", closed_at="2024-01-01T03:59:59").frame) == 0


def test_missing_source_bars_and_cut_ends_are_told() -> None:
    frame = pl.concat([hours(48)[2:9], hours(48)[10:31]])
    made = resample(frame, "1h", "4h")
    assert made.partial == (at("2024-01-01T08:00"),)
    assert made.left_out == (at("2024-01-01T00:00"), at("2024-01-02T04:00"))
    assert made.frame["timestamp"][0] == at("2024-01-01T04:00")
    assert str(made) == (
        "6 bars of 4h; 1 of them lack source bars, the first at 2024-01-01 08:00:00+00:00; "
        "not made, being covered in part: 2024-01-01 00:00:00+00:00, 2024-01-02 04:00:00+00:00"
    )


def test_a_bucket_without_bars_has_no_bar() -> None:
    frame = pl.concat([hours(48)[:8], hours(48)[16:]])
    times = resample(frame, "1h", "4h").frame["timestamp"].to_list()
    assert at("2024-01-01T08:00") not in times
    assert len(times) == 10


def test_weeks_begin_on_monday() -> None:
    frame = synthesise("bull", interval="1d", bars=30, start="2024-01-03").frame
    weeks = resample(frame, "1d", "1w").frame["timestamp"]
    assert weeks[0] == at("2024-01-08")
    assert set(weeks.dt.weekday()) == {1}


@pytest.mark.parametrize(("source", "target"), [("1h", "1h"), ("1h", "30m"), ("1h", "90m"), ("7h", "1w")])
def test_only_whole_multiples_can_be_made(source: str, target: str) -> None:
    with pytest.raises(ParameterError, match=f"whole multiple of {source}, was {target}"):
        resample(hours(), source, target)


def test_candles_that_break_a_rule_or_the_grid_are_refused() -> None:
    with pytest.raises(DataError, match="column close, row 3"):
        resample(changed(hours(), "close", 3, None), "1h", "4h")
    with pytest.raises(DataError, match="no candles to resample"):
        resample(hours().clear(), "1h", "4h")
    off = hours().with_columns(pl.col("timestamp").dt.offset_by("5m"))
    with pytest.raises(DataError, match=r"row 0: 2024-01-01 00:05:00.*expected a time on the UTC grid of 1h"):
        resample(off, "1h", "4h")
