"""Sources give what they hold, in the range asked, as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spark_stacker.data import (
    Catalogue,
    CSVDataSource,
    DataManager,
    FrameDataSource,
    ParquetDataSource,
    read_market_file,
    synthesise,
)
from spark_stacker.errors import DataError, ParameterError
from unit.data.made import at, hours

if TYPE_CHECKING:
    from pathlib import Path


def test_csv_files_are_found_by_symbol_and_interval(tmp_path: Path) -> None:
    source = CSVDataSource(data_directory=tmp_path)
    frame = hours()
    path = source.save(frame, "BTC/USDT:USDT", "1h")
    assert path.name == "BTC%2FUSDT%3AUSDT_1h.csv"
    assert source.available() == [("BTC/USDT:USDT", "1h")]
    assert_frame_equal(source.load("BTC/USDT:USDT", "1h"), frame)


def test_start_is_inclusive_and_end_exclusive(tmp_path: Path) -> None:
    frame = hours()
    csv, parquet = CSVDataSource(tmp_path), ParquetDataSource(tmp_path / "catalogue", venue="kraken")
    csv.save(frame, "ETH-USD", "1h")
    parquet.catalogue.write(frame, "kraken", "ETH-USD", "1h")
    for source in (csv, parquet, FrameDataSource({("ETH-USD", "1h"): frame.to_pandas()})):
        got = source.load("ETH-USD", "1h", start=at("2024-01-01T05:00"), end=at("2024-01-01T07:00"))
        assert got["timestamp"].to_list() == [at("2024-01-01T05:00"), at("2024-01-01T06:00")]
        assert source.available() == [("ETH-USD", "1h")]


def test_what_is_not_there_is_an_error_that_tells_what_is(tmp_path: Path) -> None:
    source = CSVDataSource(tmp_path)
    with pytest.raises(DataError, match=r"ETH-USD_1h.csv: no such file; there is nothing"):
        source.load("ETH-USD", "1h")
    source.save(hours(2), "BTC-USD", "1h")
    with pytest.raises(DataError, match="there is BTC-USD 1h"):
        source.load("ETH-USD", "1h")
    with pytest.raises(DataError, match="no frame of ETH-USD 1h; there is BTC 1d"):
        FrameDataSource({("BTC", "1d"): hours(2)}).load("ETH-USD", "1h")
    with pytest.raises(ParameterError, match="interval"):
        source.load("ETH-USD", "hourly")


def test_mark_and_funding_stand_beside_the_candles(tmp_path: Path) -> None:
    source = ParquetDataSource(Catalogue(tmp_path), venue="kraken")
    frame = hours(24)
    funding = frame.select("timestamp", rate=frame["open"] * 1e-8).gather_every(8)
    source.catalogue.write(frame, "kraken", "ETH-USD", "1h", kind="mark")
    source.catalogue.write(funding, "kraken", "ETH-USD", "8h", kind="funding")
    assert source.available() == []
    assert_frame_equal(source.load_mark("ETH-USD", "1h", end=at("2024-01-01T03:00")), frame.head(3))
    assert_frame_equal(source.load_funding("ETH-USD", "8h", start=at("2024-01-01T08:00")), funding[1:])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), interval=st.sampled_from(["1s", "1m", "5m", "4h", "1d", "1w"]))
def test_candles_come_back_from_csv_and_parquet_bit_for_bit(tmp_path: Path, seed: int, interval: str) -> None:
    frame = synthesise("high_volatility", interval=interval, bars=50, seed=seed).frame
    csv = CSVDataSource(tmp_path)
    csv.save(frame, "X/Y", interval)
    assert_frame_equal(csv.load("X/Y", interval), frame, check_exact=True)
    catalogue = Catalogue(tmp_path)
    catalogue.write(frame, "v", f"X/Y {seed}", interval)
    assert_frame_equal(catalogue.read("v", f"X/Y {seed}", interval), frame, check_exact=True)


def test_made_up_candles_keep_their_label_in_csv(tmp_path: Path) -> None:
    source = CSVDataSource(tmp_path)
    made = synthesise("choppy", bars=30)
    source.save(made.frame, made.symbol, "1h")
    source.save(made.frame, "ETH-USD", "1h", synthetic="choppy")
    source.save(made.frame, "BTC-USD", "1h")
    copied = pl.read_csv(tmp_path / "ETH-USD_1h.csv", try_parse_dates=True)
    source.save(copied, "LTC-USD", "1h")
    labels = {symbol: source.synthetic(symbol, interval) for symbol, interval in source.available()}
    assert labels == {
        "BTC-USD": None,
        "ETH-USD": "choppy",
        "LTC-USD": "choppy",
        "SYNTH-CHOPPY-USD": "choppy",
    }
    assert_frame_equal(source.load("ETH-USD", "1h"), made.frame)
    (tmp_path / "BTC-USD_1h.csv").write_bytes((tmp_path / "ETH-USD_1h.csv").read_bytes())
    manager = DataManager()
    manager.register_source("csv", source)
    history = manager.get("csv", "BTC-USD", "1h")
    assert history.synthetic == "choppy"
    assert history.warnings == ("BTC-USD: synthetic candles (choppy), no ground to believe in a strategy",)


def test_made_up_candles_keep_their_label_in_frames_and_the_catalogue(tmp_path: Path) -> None:
    made = synthesise("bear", bars=30)
    manager = DataManager()
    manager.register_source(
        "frames", FrameDataSource({("ETH-USD", "1h"): made.frame.with_columns(synthetic=pl.lit("bear"))})
    )
    catalogue = Catalogue(tmp_path)
    manager.download("frames", "ETH-USD", "1h", "2024-01-01", "2024-01-02", catalogue=catalogue, venue="v")
    manager.register_source("catalogue", ParquetDataSource(catalogue, venue="v"))
    assert manager.get("catalogue", "ETH-USD", "1h").synthetic == "bear"


def test_plain_readers_read_a_labelled_csv_file(tmp_path: Path) -> None:
    made = synthesise("bull", bars=30)
    path = CSVDataSource(tmp_path).save(made.frame, made.symbol, "1h")
    plain = pd.read_csv(path, parse_dates=["timestamp"])
    assert list(plain.columns) == [*made.frame.columns, "synthetic"]
    assert plain["close"].tolist() == made.frame["close"].to_list()
    assert read_market_file(path).synthetic == "bull"
    pl.read_csv(path)[10:20].write_csv(path)
    assert read_market_file(path).synthetic == "bull"
