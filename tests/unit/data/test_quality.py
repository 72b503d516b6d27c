"""The quality check counts what is there, agrees with the recorded data's manifest and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spark_stacker.data import check_quality, find_gaps, infer_interval, read_market_file, repair
from spark_stacker.errors import DataError, ParameterError
from unit.data.made import at, changed, hours, rows

if TYPE_CHECKING:
    from pathlib import Path


def test_recorded_files_have_the_rows_gaps_and_doubles_of_their_manifest(
    fixtures_dir: Path, fixtures_manifest: list[dict[str, Any]]
) -> None:
    kinds = {"ohlcv": "candles", "mark": "mark", "funding": "funding"}
    entries = [entry for entry in fixtures_manifest if entry["kind"] in kinds]
    assert len(entries) >= 15
    for entry in entries:
        file = read_market_file(fixtures_dir / "data" / entry["file"])
        report = check_quality(file.frame, where=entry["file"])
        assert file.kind == kinds[entry["kind"]]
        found = (report.rows, len(report.gaps), report.missing_bars, report.count("duplicate_time"))
        expected = (entry["rows"], entry["gaps"], entry["missing_bars"], entry["duplicate_times"])
        assert (entry["file"], *found) == (entry["file"], *expected)
        assert report.ok is True
        assert report.count("out_of_order") == 0


def test_clean_candles_have_nothing_to_tell() -> None:
    report = check_quality(hours(500), "1h", where="eth")
    assert report.ok
    assert report.findings == ()
    assert str(report) == (
        "eth: 500 rows of 1h, 2024-01-01 00:00 to 2024-01-21 19:00 UTC\ngaps: none\nfit to be used as it is"
    )


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("open", None, "null"),
        ("timestamp", None, "null"),
        ("close", float("nan"), "not_finite"),
        ("high", float("inf"), "not_finite"),
        ("low", 0.0, "not_positive"),
        ("volume", -2.0, "negative_volume"),
        ("high", 1.0, "high_too_low"),
        ("low", 1e6, "low_too_high"),
        ("timestamp", at("2024-01-01T05:00"), "duplicate_time"),
        ("timestamp", at("2024-01-01T05:30"), "overlap"),
    ],
)
def test_each_offence_is_counted_with_its_place(column: str, value: object, rule: str) -> None:
    report = check_quality(changed(hours(), column, 6, value), "1h")
    (finding,) = (finding for finding in report.findings if finding.rule == rule)
    assert not report.ok
    assert finding.is_error
    assert (finding.column, finding.count, finding.first_rows) == (column, 1, (6,))
    assert str(report).endswith("not fit to be used as it is")


def test_doubles_are_counted_wherever_they_stand() -> None:
    report = check_quality(pl.concat([hours(24), hours(3)]), "1h")
    assert report.count("duplicate_time") == 3
    assert report.count("out_of_order") == 1
    assert report.missing_bars == 0


def test_gaps_are_runs_of_missing_bars() -> None:
    frame = hours(48)
    report = check_quality(pl.concat([frame[:5], frame[6:20], frame[30:]]), "1h")
    assert [(gap.after, gap.missing) for gap in report.gaps] == [
        (at("2024-01-01T04:00"), 1),
        (at("2024-01-01T19:00"), 10),
    ]
    assert report.completeness == pytest.approx(37 / 48)
    assert "gaps: 2, 11 bars missing" in str(report)
    assert "the longest: 10 bars between 2024-01-01 19:00 and 2024-01-02 06:00" in str(report)


def test_zero_volume_and_outliers_are_notes_not_errors() -> None:
    frame = changed(hours(300), "volume", 9, 0.0)
    spike = frame["close"][100] * 3
    frame = changed(changed(frame, "close", 100, spike), "high", 100, spike)
    report = check_quality(frame, "1h")
    assert report.ok
    assert report.count("zero_volume") == 1
    assert {f.rule: f.first_rows for f in report.findings if "outlier" in f.rule} == {
        "return_outlier": (100, 101),
        "range_outlier": (100,),
    }
    assert check_quality(frame, "1h", outlier_mads=1e9).count("return_outlier") == 0


def test_a_spike_in_a_market_that_hardly_moves_is_an_outlier() -> None:
    bars = [
        (f"2024-01-01T{hour:02}:{minute:02}", 1.0, 1.0, 1.0, 1.0, 1.0)
        for hour in range(5)
        for minute in range(60)
    ]
    frame = changed(changed(rows(*bars), "close", 50, 2.0), "high", 50, 2.0)
    assert check_quality(frame, "1m").count("return_outlier") == 2


def test_times_off_the_grid_are_noted() -> None:
    frame = hours(5).with_columns(pl.col("timestamp").dt.offset_by("7m"))
    assert check_quality(frame, "1h").count("off_grid") == 5


def test_the_report_is_plain_data_for_json() -> None:
    import json

    frame = hours(48)
    report = check_quality(changed(pl.concat([frame[:5], frame[7:]]), "volume", 2, 0.0), where="eth.csv")
    plain = json.loads(json.dumps(report.to_dict()))
    assert (plain["where"], plain["interval"], plain["rows"], plain["ok"]) == ("eth.csv", "1h", 46, True)
    assert plain["gaps"][0]["missing"] == 2
    assert plain["findings"][0] | {"words": ""} == {
        "rule": "zero_volume", "column": "volume", "level": "note", "count": 1, "first_rows": [2], "words": ""
    }  # fmt: skip


def test_the_check_changes_nothing() -> None:
    frame = hours(24).reverse()
    before = frame.clone()
    check_quality(frame, "1h")
    assert_frame_equal(frame, before)


def test_the_commonest_step_is_the_interval() -> None:
    frame = hours(48)
    assert infer_interval(frame["timestamp"].sample(fraction=1.0, shuffle=True, seed=3)) == "1h"
    with pytest.raises(DataError, match="fewer than two times, so the interval must be given"):
        infer_interval(frame["timestamp"].head(1))
    with pytest.raises(DataError, match="no rows to check"):
        check_quality(frame.clear())


def test_a_step_just_over_the_interval_is_no_gap() -> None:
    times = pl.Series([at("2024-01-01"), at("2024-01-01T01:20"), at("2024-01-01T03:00")])
    assert [gap.missing for gap in find_gaps(times, "1h")] == [1]


def test_repairs_do_what_they_are_asked_and_tell_it() -> None:
    shuffled = hours(24).reverse()
    assert repair(shuffled, [])[1] == []
    mended, told = repair(pl.concat([shuffled, shuffled[:2]]), ["sort", "drop-duplicates"])
    assert_frame_equal(mended, hours(24))
    assert told == [
        "sorted by time: 24 rows stood before an earlier one",
        "dropped 2 rows equal to an earlier one",
    ]
    assert repair(hours(24), ["sort", "drop-duplicates"])[1] == []


def test_rows_of_one_time_that_differ_are_never_dropped() -> None:
    frame = pl.concat([hours(3), changed(hours(3), "volume", 2, 99.0)[2:]])
    assert len(repair(frame, ["drop-duplicates"])[0]) == 4


def test_an_unknown_repair_is_refused() -> None:
    with pytest.raises(ParameterError, match="repair must be one of sort, drop-duplicates, was 'fill'"):
        repair(hours(3), ["fill"])
