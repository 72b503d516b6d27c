"""Funding rates and mark candles of files and the catalogue, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spark_stacker.data import (
    Catalogue,
    catalogued_perpetual,
    check_quality,
    funding_file,
    import_file,
    mark_file,
)
from spark_stacker.data.perpetuals import funding_warnings, mark_warnings
from spark_stacker.errors import DataError
from unit.data.made import at, changed, hours

if TYPE_CHECKING:
    from pathlib import Path


def rates(payments: int = 6, *, rate: float = 0.0001) -> pl.DataFrame:
    """Funding every eight hours from 2024-01-01 on."""
    return hours(8 * payments).gather_every(8).select("timestamp", rate=pl.lit(rate))


def test_funding_and_mark_candles_of_files(tmp_path: Path) -> None:
    rates().write_csv(tmp_path / "ETH-USD_8h_funding.csv")
    hours().write_parquet(tmp_path / "whatever.parquet")
    funding = funding_file(tmp_path / "ETH-USD_8h_funding.csv", symbol="ETH-USD")
    mark = mark_file(tmp_path / "whatever.parquet", symbol="ETH-USD", interval="1h")
    both = funding.joined(mark)
    assert_frame_equal(both.funding, rates())
    assert_frame_equal(both.mark, hours().with_columns(volume=pl.lit(0.0)))
    assert [note.partition(" from ")[0] for note in both.notes] == [
        "ETH-USD: funding rates of 8h",
        "ETH-USD: mark candles of 1h",
    ]


def swapped(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame[:2], frame[3], frame[2], frame[4:]])


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (swapped(rates()), r"x\.csv: column timestamp, row 3: 2024-01-01 16:00.*rising order"),
        (pl.concat([rates()[:3], rates()[2:]]), r"column timestamp, row 3: .*each time once"),
        (changed(rates(), "rate", 4, float("nan")), r"column rate, row 4: nan; expected a finite number"),
        (changed(rates(), "rate", 4, float("inf")), r"column rate, row 4: inf; expected a finite number"),
        (changed(rates(), "rate", 1, None), r"column rate, row 1: None; expected a value"),
        (rates().with_columns(rate=pl.lit("a lot")), r"column rate, row 0: 'a lot'; expected a number"),
        (rates().drop("rate"), r"no column rate; expected timestamp,rate"),
        (hours(), r"holds candles; expected funding rates"),
        (rates().clear(), r"has no rows"),
    ],
)
def test_a_malformed_file_of_funding_is_refused_with_its_place(
    tmp_path: Path, frame: pl.DataFrame, words: str
) -> None:
    frame.write_csv(tmp_path / "x.csv")
    with pytest.raises(DataError, match=words):
        funding_file(tmp_path / "x.csv", symbol="ETH-USD")


def test_mark_candles_of_another_interval_or_kind_are_refused(tmp_path: Path) -> None:
    hours().write_csv(tmp_path / "x.csv")
    with pytest.raises(DataError, match=r"x\.csv: rows are mostly 1h apart; expected 5m"):
        mark_file(tmp_path / "x.csv", symbol="ETH-USD", interval="5m")
    changed(hours(), "high", 7, 1.0).write_csv(tmp_path / "x.csv")
    with pytest.raises(DataError, match=r"x\.csv: column high, row 7: 1\.0; expected at least open"):
        mark_file(tmp_path / "x.csv", symbol="ETH-USD", interval="1h")
    zeros = dict.fromkeys(("high", "low", "close", "volume"), 0.0)
    rates().rename({"rate": "open"}).with_columns(**zeros).write_csv(tmp_path / "x.csv")
    with pytest.raises(DataError, match=r"x\.csv: holds funding rates; expected mark"):
        mark_file(tmp_path / "x.csv", symbol="ETH-USD", interval="8h")


def test_a_file_named_after_another_market_is_taken_only_by_name(tmp_path: Path) -> None:
    path = tmp_path / "BTC%2FUSD_8h_funding.csv"
    rates().write_csv(path)
    assert funding_file(path, symbol="BTC-USD").funding is not None
    with pytest.raises(DataError, match=r"is named after BTC-USD; expected funding rates of ETH-USD"):
        funding_file(path, symbol="ETH-USD")
    assert funding_file(path, symbol="ETH-USD", any_name=True).funding is not None
    for name in ("recorded_btc_usd_8h.csv", "btc_8h_funding.csv", "rates.csv"):  # of no market for certain
        rates().write_csv(tmp_path / name)
        assert funding_file(tmp_path / name, symbol="ETH-USD").funding is not None


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue(tmp_path / "catalogue")
    catalogue.write(hours(), "v", "ETH-USD", "1h")
    return catalogue


def test_the_catalogue_has_them_beside_the_candles(catalogue: Catalogue, tmp_path: Path) -> None:
    nothing = catalogued_perpetual(catalogue, "v", "ETH-USD", "1h")
    assert (nothing.funding, nothing.mark, nothing.notes) == (None, None, ())
    rates().write_csv(tmp_path / "f.csv")
    hours().write_csv(tmp_path / "m.csv")
    import_file(tmp_path / "f.csv", symbol="ETH-USD", venue="v", catalogue=catalogue)
    import_file(tmp_path / "m.csv", symbol="ETH-USD", venue="v", catalogue=catalogue, kind="mark")
    found = catalogued_perpetual(catalogue, "v", "ETH-USD", "1h")
    assert_frame_equal(found.funding, rates())
    assert found.mark is not None
    assert found.notes == (
        "ETH-USD: funding rates of 8h from the catalogue (v), 6 rows",
        "ETH-USD: mark candles of 1h from the catalogue (v), 48 rows",
    )
    other = catalogued_perpetual(catalogue, "v", "ETH-USD", "4h", funding=False)
    assert (other.funding, other.mark) == (None, None)
    assert other.notes == ("ETH-USD: mark candles of 1h are not used, the candles are of 4h",)


def test_funding_at_two_intervals_is_not_chosen_from(catalogue: Catalogue) -> None:
    catalogue.write(rates(), "v", "ETH-USD", "8h", kind="funding")
    catalogue.write(rates(), "v", "ETH-USD", "1h", kind="funding")
    with pytest.raises(DataError, match=r"v has funding of 1h and of 8h; expected one"):
        catalogued_perpetual(catalogue, "v", "ETH-USD", "1h")


def test_what_rates_leave_open_is_told() -> None:
    times = hours(48)["timestamp"]
    assert funding_warnings(rates(), times, symbol="X") == []
    begun = funding_warnings(rates()[3:], times, symbol="X")
    assert begun == ["X: funding rates begin at 2024-01-02 00:00, none is paid before"]
    ended = funding_warnings(rates()[:4], times, symbol="X")
    assert ended == ["X: funding rates end at 2024-01-02 00:00, none is paid after"]
    (gap,) = funding_warnings(pl.concat([rates()[:2], rates()[4:]]), times, symbol="X")
    assert "2 funding rates missing in 1 gaps" in gap
    (percent,) = funding_warnings(changed(rates(), "rate", 2, -0.05), times, symbol="X")
    assert percent.startswith(
        "X: 1 funding rates are beyond 0.04 a payment, the first -0.05 at 2024-01-01 16"
    )
    assert mark_warnings(hours(48), times, symbol="X") == []
    (lacking,) = mark_warnings(hours(40), times, symbol="X")
    assert lacking.startswith("X: 8 of 48 bars have no mark candle, the first 2024-01-02 16:00")


def test_the_check_of_funding_counts_gaps_and_flags_rates() -> None:
    frame = pl.concat([changed(rates(), "rate", 1, 0.3)[:3], rates()[4:]])
    report = check_quality(frame)
    assert report.ok
    assert (report.interval, report.missing_bars, report.count("rate_beyond_bound")) == ("8h", 1, 1)
    assert "gaps: 1, 1 rates missing" in str(report)
    assert "a rate is a fraction, not percent" in str(report)
    close = pl.concat([rates(), pl.DataFrame({"timestamp": [at("2024-01-02T17:00")], "rate": [0.0]})])
    assert check_quality(close).count("off_schedule") == 1
    broken = check_quality(changed(swapped(rates()), "rate", 5, float("nan")))
    assert not broken.ok
    assert (broken.count("out_of_order"), broken.count("not_finite")) == (1, 1)
