"""Trades and quotes in tables of several shapes, and what is refused."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import polars as pl
import pytest

from spark_stacker.data.events import import_events, open_events
from spark_stacker.errors import DataError, ParameterError
from unit.data.events.made_events import DAY

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = DAY // 10**9


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("header", "time", "nanoseconds"),
    [
        ("timestamp,price,qty,side", f"{SECONDS}", 0),
        ("timestamp,price,amount,taker_side", f"{SECONDS}.123456789", 123_456_789),
        ("time,px,size,side", f"{SECONDS}123", 123_000_000),
        ("Timestamp,Price,Quantity,Side", f"{SECONDS}123456", 123_456_000),
        ("timestamp,price,volume,side", f"{SECONDS}123456789", 123_456_789),
        ("timestamp,price,volume,side", "2024-08-08T00:00:00.5Z", 500_000_000),
    ],
)
def test_trades_under_usual_names_and_units_of_time(
    tmp_path: Path, header: str, time: str, nanoseconds: int
) -> None:
    path = write(tmp_path / "a.csv", f"{header}\n{time},100.5,0.25,buy\n{time},100.0,0.5,sell\n")
    read = import_events(path)
    assert read.frame["local_ns"].to_list() == [DAY + nanoseconds] * 2
    assert read.frame["exchange_ns"].to_list() == [DAY + nanoseconds] * 2
    assert read.frame.select("side", "price", "size").rows() == [(1, 100.5, 0.25), (-1, 100.0, 0.5)]
    assert (read.steps.tick_size, read.steps.lot_size) == (0.5, 0.25)
    assert "tick size 0.5 inferred from the data" in read.notes


def test_three_bare_numbers_are_time_price_and_amount(tmp_path: Path) -> None:
    read = import_events(write(tmp_path / "a.csv", f"{SECONDS},90.54,1.1\n{SECONDS + 1},90.45,1.0\n"))
    assert read.frame["side"].to_list() == [0, 0]
    assert read.frame["price"].to_list() == [90.54, 90.45]


def test_a_buyer_who_was_the_maker_makes_it_a_sale(tmp_path: Path) -> None:
    text = f"timestamp,trade_id,price,quantity,buyer_maker\n{SECONDS},7,1.5,2,True\n{SECONDS},8,1.5,2,False\n"
    frame = import_events(write(tmp_path / "a.csv", text)).frame
    assert frame["side"].to_list() == [-1, 1]
    assert frame["sequence"].to_list() == [7, 8]


def test_a_quote_is_two_rows_and_one_message_and_an_empty_side_is_cleared(tmp_path: Path) -> None:
    text = f"timestamp,bid,bid_qty,ask,ask_qty,update_id\n{SECONDS},99,1,101,2,5\n{SECONDS + 1},99,1,0,0,6\n"
    frame = import_events(write(tmp_path / "a.csv", text)).frame
    assert frame.select(
        pl.col("kind").cast(pl.String), "side", "price", "size", "last", "sequence"
    ).rows() == [
        ("quote", 1, 99.0, 1.0, False, 5),
        ("quote", -1, 101.0, 2.0, True, 5),
        ("quote", 1, 99.0, 1.0, False, 6),
        ("clear", -1, 0.0, 0.0, True, 6),
    ]


def test_files_of_one_market_are_merged_by_the_time_of_receipt_trades_first(tmp_path: Path) -> None:
    trades = write(tmp_path / "t.csv", f"recv_ns,price,qty\n{DAY + 5},100,1\n{DAY + 9},101,1\n")
    quotes = write(
        tmp_path / "q.csv", f"recv_ns,bid,bid_qty,ask,ask_qty\n{DAY + 1},99,1,101,2\n{DAY + 9},100,1,102,2\n"
    )
    frame = import_events([quotes, trades]).frame
    assert (frame["local_ns"] - DAY).to_list() == [1, 1, 5, 9, 9, 9]
    kinds = ["quote", "quote", "trade", "trade", "quote", "quote"]
    assert frame["kind"].cast(pl.String).to_list() == kinds


def test_the_clock_of_the_receiver_is_moved_on_only_when_asked(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        f"recv_ns,exch_ms,price,qty\n{DAY},{DAY // 10**6 + 4},9,1\n{DAY + 10**7},{DAY // 10**6 + 5},9,1\n",
    )
    read = import_events(path)
    assert any("up to 4.000 ms before they happened" in note for note in read.notes)
    moved = import_events(path, correct_clock=True)
    assert (moved.frame["local_ns"] - DAY).to_list() == [4_000_000, 14_000_000]
    assert (moved.frame["exchange_ns"] - read.frame["exchange_ns"]).to_list() == [0, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timestamp,price,qty\n1723075200,abc,1\n", r"column price, row 0: 'abc'; expected a number above 0"),
        ("timestamp,price,qty\n1723075200,1,1\n1723075201,1,-1\n", r"column qty, row 1: '-1'"),
        ("timestamp,price,qty\n1723075200,nan,1\n", r"column price, row 0: 'nan'"),
        (
            "timestamp,price,qty\n1723075200,1,1\n1723075201000,1,1\n",
            r"column timestamp, row 1: .*unit of the",
        ),
        ("timestamp,price,qty\n17,1,1\n", r"column timestamp, row 0: '17'; expected seconds, milli"),
        ("timestamp,price,qty\n1723075200,1,1\n17230752", r"column (timestamp|price), row 1"),
        ("timestamp,price,qty\n1723075200,1,1,9,9\n", r"row 0 has 5 fields; expected 3"),
        (
            "timestamp,price,qty,side\n1723075200,1,1,long\n",
            r"column side, row 0: 'long'; expected buy or sell",
        ),
        (
            "timestamp,price,qty,symbol\n1723075200,1,1,BTC\n1723075200,1,1,ETH\n",
            r"column symbol, row 1: 'ETH'; expected 'BTC'",
        ),
        ("timestamp,price,price,qty\n1723075200,1,1,1\n", r"has the column 'price' 2 times"),
        ("timestamp,colour\n1723075200,blue\n", r"columns timestamp, colour; expected those of trades"),
        ("timestamp,price,qty\n", r"has no rows"),
        ("1,2,3,4,5\n", r"5 columns without names; expected a header"),
        ("timestamp,price,qty\n17230752\x00\x01", r"rows from 0: is binary; expected text"),
        ("", r"is empty"),
    ],
)
def test_what_cannot_be_understood_is_named_by_file_column_and_row(
    tmp_path: Path, text: str, message: str
) -> None:
    path = write(tmp_path / "a.csv", text)
    with pytest.raises(DataError, match=rf"a.csv: {message}"):
        import_events(path)


def test_files_of_two_markets_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "a.csv", f"timestamp,price,qty,symbol\n{SECONDS},1,1,BTC/USDT\n")
    other = write(tmp_path / "b.csv", f"timestamp,price,qty,symbol\n{SECONDS},1,1,ETH/USDT\n")
    with pytest.raises(DataError, match=r"b.csv: is of ETH/USDT, .*a.csv of BTC/USDT"):
        open_events([one, other])


def test_what_is_no_file_of_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        open_events(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match=r"unknown kind of file '.txt'"):
        open_events(write(tmp_path / "a.txt", "x"))
    with pytest.raises(DataError, match="no parts of a recording"):
        open_events(tmp_path)
    with pytest.raises(ParameterError, match=r"format must be one of .* was 'dbn'"):
        open_events(write(tmp_path / "a.csv", "x"), "dbn")
    with pytest.raises(ParameterError, match="at least one file"):
        open_events([])


def test_a_gzipped_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    text = "timestamp,price,qty\n" + "".join(f"{SECONDS + row},{row + 1}.5,1\n" for row in range(3_000))
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert import_events(path).frame.height == 3_000
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"a.csv.gz: not a whole CSV file: Compressed file ended"):
        import_events(path)
