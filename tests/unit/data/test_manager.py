"""The data manager gives exactly the range asked, checked, or says why not."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spark_stacker.data import Catalogue, DataManager, FrameDataSource, data_hash
from spark_stacker.errors import DataError, ParameterError
from unit.data.made import changed, hours


def manager(frame: pl.DataFrame, interval: str = "1h") -> DataManager:
    made = DataManager()
    made.register_source("memory", FrameDataSource({("ETH-USD", interval): frame}))
    return made


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-01-01", "2024-01-02"),
        (date(2024, 1, 1), date(2024, 1, 2)),
        (datetime(2024, 1, 1, tzinfo=UTC), datetime.fromisoformat("2024-01-02")),
        (1_704_067_200, 1_704_153_600),
        (1_704_067_200_000, 1_704_153_600_000),
    ],
)
def test_every_way_to_write_the_range_gives_the_same_day(start: object, end: object) -> None:
    frame = manager(hours(48)).get_data("memory", "ETH-USD", "1h", start, end)  # type: ignore[arg-type]
    assert_frame_equal(frame, hours(48).head(24))


def test_no_bounds_give_everything() -> None:
    assert_frame_equal(manager(hours(48)).get_data("memory", "ETH-USD", "1h"), hours(48))


def test_the_guides_keywords_are_taken() -> None:
    frame = manager(hours(48)).get_data(
        source_name="memory", symbol="ETH-USD", interval="1h", start_time="2024-01-01", end_time="2024-01-02"
    )
    assert len(frame) == 24


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2023-12-31", "2024-01-02", "data begin at 2024-01-01 00:00:00.*, asked from 2023-12-31"),
        ("2024-01-01", "2024-01-04", "data end with the bar of 2024-01-02 23:00:00.*, asked to 2024-01-04"),
        ("2024-01-01", "2024-01-03T01:00", "data end with the bar of 2024-01-02 23:00"),
    ],
)
def test_data_shorter_than_asked_are_an_error_or_a_warning(start: str, end: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        manager(hours(48)).get("memory", "ETH-USD", "1h", start, end)
    history = manager(hours(48)).get("memory", "ETH-USD", "1h", start, end, allow_partial=True)
    assert len(history.warnings) == 1
    assert words[:10] in history.warnings[0]


def test_a_range_off_the_grid_lacks_nothing() -> None:
    history = manager(hours(48)).get("memory", "ETH-USD", "1h", "2024-01-01T00:30", "2024-01-02T22:30")
    assert len(history.frame) == 46
    assert history.warnings == ()


def test_a_first_bar_that_is_missing_is_told() -> None:
    history = manager(hours(48)[1:]).get("memory", "ETH-USD", "1h", "2024-01-01", "2024-01-03")
    assert len(history.frame) == 47
    assert history.warnings == (
        "memory: ETH-USD 1h: the first bar is missing, data begin at 2024-01-01 01:00:00+00:00",
    )


def test_gaps_are_told_and_not_bridged(caplog: pytest.LogCaptureFixture) -> None:
    frame = pl.concat([hours(48)[:10], hours(48)[13:]])
    history = manager(frame).get("memory", "ETH-USD", "1h", "2024-01-01", "2024-01-03")
    assert [gap.missing for gap in history.gaps] == [3]
    (warning,) = history.warnings
    assert warning.startswith("memory: ETH-USD 1h: 3 bars missing in 1 gaps")
    assert warning.endswith("the first 3 bars between 2024-01-01 09:00 and 2024-01-01 13:00")
    assert_frame_equal(history.frame, frame)
    with caplog.at_level(logging.WARNING):
        manager(frame).get_data("memory", "ETH-USD", "1h")
    assert "3 bars missing" in caplog.text


def test_the_history_carries_its_hash() -> None:
    history = manager(hours(48)).get("memory", "ETH-USD", "1h")
    assert history.data_hash == data_hash(hours(48))


def test_equal_candles_are_checked_and_brought_into_the_core_once() -> None:
    frames = {("ETH-USD", "1h"): hours(48)}
    made = DataManager()
    made.register_source("memory", FrameDataSource(frames))
    history = made.get("memory", "ETH-USD", "1h")
    frames["ETH-USD", "1h"] = hours(48)
    again = made.get("memory", "ETH-USD", "1h")
    assert again is history
    assert again.bars is history.bars
    assert list(history.bars.close) == hours(48)["close"].to_list()


def test_candles_that_have_changed_are_taken_as_they_are_now() -> None:
    frame = hours(48)
    made = manager(frame)
    before = made.get("memory", "ETH-USD", "1h")
    frame[3, "close"] = frame[3, "high"]
    after = made.get("memory", "ETH-USD", "1h")
    assert before.frame["close"][3] != after.frame["close"][3] == after.bars.close[3] == frame[3, "high"]
    assert before.data_hash != after.data_hash
    frame[3, "close"] = -1.0
    with pytest.raises(DataError, match="column close, row 3"):
        made.get("memory", "ETH-USD", "1h")


def test_a_frame_handed_out_may_be_changed() -> None:
    made = manager(hours(48))
    made.get_data("memory", "ETH-USD", "1h")[0, "close"] = 1.0
    assert_frame_equal(made.get_data("memory", "ETH-USD", "1h"), hours(48))


def test_only_so_many_bars_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spark_stacker.data.manager._REMEMBERED_BARS", 60)
    made = manager(hours(48))
    whole = made.get("memory", "ETH-USD", "1h")
    assert made.get("memory", "ETH-USD", "1h") is whole
    made.get("memory", "ETH-USD", "1h", "2024-01-01", "2024-01-02")
    assert made.get("memory", "ETH-USD", "1h") is not whole


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (changed(hours(48), "close", 3, float("nan")), "memory: ETH-USD 1h: column close, row 3: nan"),
        (hours(48).sample(fraction=1.0, shuffle=True, seed=1), "expected times in rising order"),
        (pl.concat([hours(3), hours(3)[2:]]), "expected each time once"),
        (hours(48).clear(), "no candles from the first to the last"),
    ],
)
def test_candles_that_break_a_rule_are_refused(frame: pl.DataFrame, words: str) -> None:
    with pytest.raises(DataError, match=words):
        manager(frame).get("memory", "ETH-USD", "1h")


def test_candles_of_another_interval_are_refused() -> None:
    with pytest.raises(DataError, match=r"row 1: .* is 1:00:00 after the bar before; expected 4h"):
        manager(hours(48), "4h").get("memory", "ETH-USD", "4h")
    with pytest.raises(DataError, match=r"bars are at least 1:00:00 apart; expected 1m"):
        manager(hours(48), "1m").get("memory", "ETH-USD", "1m")


def test_wrong_names_and_ranges_are_refused() -> None:
    with pytest.raises(
        ParameterError, match=r"registered source .memory., was 'memry'; did you mean 'memory'"
    ):
        manager(hours(2)).get("memry", "ETH-USD", "1h")
    with pytest.raises(ParameterError, match=r"registered source .none."):
        DataManager().get("csv", "ETH-USD", "1h")
    with pytest.raises(ParameterError, match="start_time must be before end_time"):
        manager(hours(2)).get("memory", "ETH-USD", "1h", "2024-01-02", "2024-01-01")
    with pytest.raises(ParameterError, match="end_time must be a time since"):
        manager(hours(2)).get("memory", "ETH-USD", "1h", "2024-01-02", "tomorrow")
    with pytest.raises(ParameterError, match="interval"):
        manager(hours(2)).get("memory", "ETH-USD", "1 h")


def test_sources_and_what_they_have_are_listed() -> None:
    made = manager(hours(2))
    assert made.sources() == ["memory"]
    assert made.available("memory") == [("ETH-USD", "1h")]


def test_a_download_is_kept_in_the_catalogue(tmp_path: object) -> None:
    catalogue = Catalogue(str(tmp_path))
    place = ("memory", "ETH-USD", "1h", "2024-01-01", "2024-01-02")
    saved = manager(hours(48)).download(*place, catalogue=catalogue, venue="kraken")
    assert saved.added == 24
    assert_frame_equal(catalogue.read("kraken", "ETH-USD", "1h"), hours(48).head(24))


def test_the_guides_module_has_the_same_names() -> None:
    from spark_stacker import data
    from spark_stacker.backtesting import data_manager

    for name in data_manager.__all__:
        assert getattr(data_manager, name) is getattr(data, name)
