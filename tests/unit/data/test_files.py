"""Files: each way to be wrong has an error of its own; nothing is written half."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spark_stacker.data import read_market_file
from spark_stacker.data.files import (
    atomic_write,
    file_labels,
    file_name,
    market_in_name,
    read_file,
    symbol_of,
    write_file,
)
from spark_stacker.errors import DataError, ParameterError
from unit.data.made import hours

HEADER = "timestamp,open,high,low,close,volume\n"
GOOD = HEADER + "2024-01-01T00:00:00Z,1,3,1,2,5\n2024-01-01T01:00:00Z,2,3,1,2,5\n"


@given(st.text(min_size=1).filter(lambda text: text.strip() and max(text) < "\ud800"))
def test_any_symbol_makes_a_safe_name_and_comes_back(symbol: str) -> None:
    name = file_name(symbol)
    assert Path(name).name == name
    assert name not in {".", ".."}
    assert symbol_of(name) == symbol


def test_an_empty_symbol_is_refused() -> None:
    with pytest.raises(ParameterError, match="symbol must not be empty"):
        file_name(" ")


def test_symbol_and_interval_are_read_from_a_name() -> None:
    assert market_in_name(Path("x/BTC%2FUSDT_15m.csv")) == ("BTC/USDT", "15m")
    assert market_in_name(Path("candles.csv")) is None
    assert market_in_name(Path("eth_usd.csv")) is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "is empty"),
        (HEADER, "has no rows, only the header 'timestamp,open"),
        (HEADER + "\n\n", "has no rows, only the header 'timestamp,open"),
        (HEADER + "1704067200,1,3,1,2,5,9\n", "row 0 has 7 fields; expected 6"),
        (HEADER + "1704067200,1,3,x,2,5\n", "column low, row 0: 'x'; expected a number"),
        (HEADER + "yesterday,1,3,1,2,5\n", "column timestamp, row 0: 'yesterday'; expected a time"),
        (
            HEADER + "1704067200,1,3,1,2,5\n1704070800000,1,3,1,2,5\n",
            "row 1: '1704070800000'; expected seconds",
        ),
        (
            "price,when\n1,2024-01-01\n",
            "no column timestamp; expected timestamp,open,high,low,close,volume; found",
        ),
        ("time,open,high,low\n2024-01-01,1,1,1\n", "no column close"),
        ("1704067200,0.5,10\n1704067201,0.5,10\n", "trades .time, price, volume., not candles"),
        ("1704067200,1,2,3\n", "no header, and 4 columns of numbers are no candles"),
        ("timestamp,price,amount\n1704067200,1,2\n", "holds trades, not candles"),
        ("time,bid,ask\n1704067200,1,2\n", "holds quotes, not candles"),
        ("recv_ns,side,level,price,qty\n1,bid,1,2,3\n", "holds an order book, not candles"),
        ("\0\1\2\3,\0\n", "is binary, not text"),
        ("<html><body>404</body></html>", "has no rows, only the header '<html>"),
        ("time,open,open,high,low,close,volume\n1704067200,1,1,1,1,1,1\n", "has the column open 2 times"),
        (HEADER + '2024-01-01,1,"1,1,1,1\n2024-01-02,1,1,1,1,1\n', "not a whole csv file"),
        (
            HEADER + "2024-01-01,1,1,1,1,1\n2024-01-02,2;1,1,1,1,1\n",
            "column open, row 1: '2;1'; expected a number",
        ),
        (
            HEADER.replace(",", ";") + "2024-01-01;1,5;1,5;1,5;1,5;1\n" * 2,
            "column open, row 0: '1,5'; expected a number",
        ),
    ],
)
def test_each_bad_csv_has_its_own_error(tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "bad_1h.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=error) as caught:
        read_market_file(path, interval="1h")
    assert str(caught.value).startswith(str(path))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    for garbage in (b"\xff\xfe\x80garbage", HEADER.encode() + b"\xff\xfe,1,1,1,1,1\n"):
        path.write_bytes(garbage)
        with pytest.raises(DataError, match=r"is not text|not a whole csv"):
            read_market_file(path)


def test_a_cut_off_last_line_is_a_null_that_the_check_names(tmp_path: Path) -> None:
    from spark_stacker.data import prepare

    path = tmp_path / "cut.csv"
    path.write_text(GOOD + "2024-01-01T02:00:00Z,2,3")
    with pytest.raises(DataError, match=r"cut.csv: column low, row 2: None; expected a value"):
        prepare(path)


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_garbage_and_cut_off_binary_files_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    frame = hours()
    if suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_ipc(path)
    whole = path.read_bytes()
    for content in (b"garbage" * 50, whole[: len(whole) // 2], b"PAR1"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"x{suffix}: "):
            read_market_file(path)


def test_missing_files_directories_and_unknown_kinds_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_file(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a directory"):
        read_file(tmp_path)
    path = tmp_path / "x.xlsx"
    path.write_text("x")
    with pytest.raises(DataError, match=r"unknown kind of file '.xlsx'; expected one of .csv, .parquet"):
        read_file(path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_line_ends_marks_and_blank_ends_are_understood(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "x.csv"
    text = "\ufeff" + GOOD.replace(",", separator).replace("\n", "\r\n") + "\r\n\r\n"
    path.write_text(text, newline="")
    assert read_market_file(path).frame["close"].to_list() == [2.0, 2.0]


def test_bulk_downloads_without_a_header_are_understood_and_told(tmp_path: Path) -> None:
    path = tmp_path / "XBTUSD_60.csv"
    path.write_text("1704067200,1,3,1,2,5,17\n1704070800,2,3,1,2,5,4\n")
    read = read_market_file(path)
    assert (read.interval, read.frame["volume"].to_list()) == ("1h", [5.0, 5.0])
    assert read.notes[0].startswith("no header; the first 6 of 7 columns")


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_written_candles_come_back_exactly(tmp_path: Path, name: str) -> None:
    frame = hours(200)
    write_file(frame, tmp_path / "new" / name)
    assert_frame_equal(read_market_file(tmp_path / "new" / name).frame, frame)


def test_labels_stay_with_parquet(tmp_path: Path) -> None:
    write_file(hours(2), tmp_path / "x.parquet", metadata={"synthetic": "bull"})
    assert file_labels(tmp_path / "x.parquet") == {"synthetic": "bull"}
    assert read_market_file(tmp_path / "x.parquet").synthetic == "bull"
    assert file_labels(tmp_path / "x.csv") == {}


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("old")

    def fail() -> None:
        with atomic_write(path) as stream:
            stream.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        write_file(hours(2), tmp_path / "file" / "x.csv")
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        write_file(hours(2), tmp_path / "dir.csv")


def test_a_full_disk_is_a_data_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object, **__: object) -> None:
        raise pl.exceptions.ComputeError("No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", fill)
    with pytest.raises(DataError, match=r"x\.parquet: cannot be written: No space left on device"):
        write_file(hours(2), tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_rows_have_no_limit(tmp_path: Path) -> None:
    frame = pl.DataFrame({"timestamp": pl.int_range(1_600_000_000, 1_600_150_000, eager=True)})
    frame = frame.with_columns(open=1.0, high=1.0, low=1.0, close=1.0, volume=1.0)
    frame.write_csv(tmp_path / "long.csv")
    assert len(read_market_file(tmp_path / "long.csv").frame) == 150_000
