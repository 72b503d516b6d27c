"""Files come into the catalogue whole and checked, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spark_stacker.data import Catalogue, data_hash, import_file, read_market_file, synthesise
from spark_stacker.data.files import write_file
from spark_stacker.errors import DataError, ParameterError
from unit.data.made import changed, hours


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "catalogue")


def test_every_recorded_file_of_candles_mark_prices_and_funding_is_imported(
    fixtures_dir: Path, fixtures_manifest: list[dict[str, Any]], catalogue: Catalogue
) -> None:
    kinds = {"ohlcv": "candles", "mark": "mark", "funding": "funding"}
    entries = [entry for entry in fixtures_manifest if entry["kind"] in kinds]
    for entry in entries:
        path = fixtures_dir / "data" / entry["file"]
        report = import_file(path, symbol=path.stem, venue="recorded", catalogue=catalogue)
        assert (report.prepared.file.kind, report.saved.added) == (kinds[entry["kind"]], entry["rows"])
    listed = {item.symbol: item for item in catalogue.list()}
    assert len(listed) == len(entries)
    for entry in entries:
        item = listed[Path(entry["file"]).stem]
        assert (item.rows, item.synthetic) == (entry["rows"], None)
        assert f"{item.start:%Y-%m-%d %H:%M:%S}" == entry["from"][:19]


def test_recorded_files_of_other_kinds_are_told_apart(
    fixtures_dir: Path, fixtures_manifest: list[dict[str, Any]], catalogue: Catalogue
) -> None:
    words = {
        "trades": "holds trades",
        "quotes": "holds quotes",
        "quote_bars": "holds quotes",
        "l2": "an order book",
    }
    for entry in fixtures_manifest:
        if entry["kind"] in words:
            path = fixtures_dir / "data" / entry["file"]
            with pytest.raises(DataError, match=f"{words[entry['kind']]}.*, not candles"):
                import_file(path, symbol="X", venue="recorded", catalogue=catalogue)
    assert catalogue.list() == []


def test_funding_is_the_rate_in_the_column_open(candles: Any) -> None:
    funding = candles("ft_perp_xrp_usdt_8h_funding")
    assert funding.columns == ["timestamp", "rate"]
    assert funding["rate"].abs().max() < 0.01


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "iso"])
def test_times_of_any_unit_give_the_same_candles_and_are_reported(tmp_path: Path, unit: str) -> None:
    frame = hours(24)
    seconds = pl.col("timestamp").dt.epoch("s")
    scale = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
    times = pl.col("timestamp").dt.to_string("%Y-%m-%d %H:%M:%S") if unit == "iso" else seconds * scale[unit]
    frame.with_columns(times).rename({"timestamp": "Date"}).write_csv(tmp_path / "x.csv")
    read = read_market_file(tmp_path / "x.csv")
    assert_frame_equal(read.frame, frame)
    names = {
        "s": "seconds",
        "ms": "milliseconds",
        "us": "microseconds",
        "ns": "nanoseconds",
        "iso": "ISO 8601",
    }
    assert read.time_unit == names[unit]
    assert f"times are {names[unit]} in column Date" in read.notes


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_datetimes_of_any_unit_give_the_same_candles(tmp_path: Path, unit: Any, suffix: str) -> None:
    frame = hours(24)
    raw = frame.with_columns(pl.col("timestamp").dt.cast_time_unit(unit).dt.replace_time_zone(None))
    if suffix == "parquet":
        raw.write_parquet(tmp_path / "x.parquet")
    else:
        raw.write_ipc(tmp_path / "x.feather")
    assert_frame_equal(read_market_file(tmp_path / f"x.{suffix}").frame, frame)


def test_the_kind_is_told_from_the_name_or_given(tmp_path: Path) -> None:
    frame = hours(24).with_columns(volume=pl.lit(None, dtype=pl.Float64))
    for name in ("eth_1h_mark.parquet", "plain.parquet"):
        frame.write_parquet(tmp_path / name)
    told = read_market_file(tmp_path / "eth_1h_mark.parquet")
    given = read_market_file(tmp_path / "plain.parquet", kind="mark")
    assert told.kind == given.kind == "mark"
    assert told.frame["volume"].sum() == 0
    assert read_market_file(tmp_path / "plain.parquet").kind == "candles"
    with pytest.raises(ParameterError, match="kind must be one of"):
        read_market_file(tmp_path / "plain.parquet", kind="bars")


def test_funding_with_a_rate_column_is_funding(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("time,fundingRate\n2024-01-01T00:00,0.0001\n2024-01-01T08:00,-0.0002\n")
    read = read_market_file(tmp_path / "f.csv")
    assert (read.kind, read.interval, read.frame["rate"].to_list()) == ("funding", "8h", [0.0001, -0.0002])


def test_the_interval_given_must_be_the_rows_own(tmp_path: Path) -> None:
    hours(24).write_parquet(tmp_path / "x.parquet")
    assert read_market_file(tmp_path / "x.parquet", interval="1h").interval == "1h"
    with pytest.raises(DataError, match="rows are mostly 1h apart; expected 4h"):
        read_market_file(tmp_path / "x.parquet", interval="4h")
    hours(24)[:1].write_parquet(tmp_path / "one.parquet")
    with pytest.raises(DataError, match="fewer than two times, so the interval must be given"):
        read_market_file(tmp_path / "one.parquet")
    assert read_market_file(tmp_path / "one.parquet", interval="4h").interval == "4h"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f.sample(fraction=1.0, shuffle=True, seed=2), "expected times in rising order"),
        (lambda f: pl.concat([f, f[-1:]]), "row 48: .*; expected each time once"),
        (
            lambda f: changed(f, "close", 5, float("nan")),
            "column close, row 5: nan; expected a finite number",
        ),
        (lambda f: changed(f, "close", 5, None), "column close, row 5: None; expected a value"),
        (lambda f: changed(f, "high", 5, 1.0), "column high, row 5: 1.0; expected at least open and close"),
        (lambda f: f.with_columns(close=pl.lit("x")), "column close, row 0: 'x'; expected a number"),
        (
            lambda f: pl.concat([f, f[-1:].with_columns(pl.col("timestamp").dt.offset_by("30m"))]),
            "overlap in timestamp: 1 rows .48.; expected 1h from bar to bar",
        ),
    ],
)
def test_nothing_of_a_bad_file_is_imported(
    tmp_path: Path, catalogue: Catalogue, spoil: Any, words: str
) -> None:
    spoil(hours(48)).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match=words) as caught:
        import_file(tmp_path / "x.parquet", symbol="ETH", venue="v", catalogue=catalogue)
    assert "x.parquet" in str(caught.value)
    assert catalogue.list() == []


def test_repairs_asked_for_are_made_and_reported(tmp_path: Path, catalogue: Catalogue) -> None:
    pl.concat([hours(48), hours(48)[:3]]).sample(fraction=1.0, shuffle=True, seed=2).write_parquet(
        tmp_path / "x.parquet"
    )
    repairs = ["sort", "drop-duplicates"]
    report = import_file(tmp_path / "x.parquet", symbol="ETH", venue="v", catalogue=catalogue, repair=repairs)
    assert len(report.prepared.repairs) == 2
    assert report.to_dict()["repairs"] == list(report.prepared.repairs)
    assert_frame_equal(catalogue.read("v", "ETH", "1h"), hours(48))


def test_synthetic_candles_stay_labelled_through_a_file(tmp_path: Path, catalogue: Catalogue) -> None:
    made = synthesise("bear", bars=30)
    write_file(made.frame, tmp_path / "x.parquet", metadata=made.labels)
    report = import_file(tmp_path / "x.parquet", symbol=made.symbol, venue="v", catalogue=catalogue)
    assert report.to_dict()["synthetic"] == "bear"
    assert catalogue.metadata("v", made.symbol, "1h")["data_hash"] == data_hash(made.frame)
    assert catalogue.list()[0].synthetic == "bear"
