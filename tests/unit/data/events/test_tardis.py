"""Files with the columns that Tardis documents for its downloadable CSV files."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import polars as pl
import pytest

from spark_stacker.data.events import import_events
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "exchange,symbol,timestamp,local_timestamp"
TRADES = f"""{HEAD},id,side,price,amount
deribit,BTC-PERPETUAL,1585699200245000,1585699200250750,86120722,buy,6425.5,10
deribit,BTC-PERPETUAL,1585699200245000,1585699200250751,86120723,unknown,6425.0,30
"""
BOOK = f"""{HEAD},is_snapshot,side,price,amount
deribit,BTC-PERPETUAL,1585699199000000,1585699199500000,true,ask,6425.0,100
deribit,BTC-PERPETUAL,1585699199000000,1585699199500000,true,bid,6424.5,50
deribit,BTC-PERPETUAL,1585699200245000,1585699200250752,false,ask,6425.0,0
deribit,BTC-PERPETUAL,1585699200245000,1585699200250752,false,ask,6425.5,70
"""


def events(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    columns = (pl.col("kind").cast(pl.String), "side", "price", "size", "last")
    return list(frame.select(*columns).iter_rows())


def test_trades(tmp_path: Path) -> None:
    (tmp_path / "trades.csv").write_text(TRADES)
    read = import_events(tmp_path / "trades.csv")
    assert events(read.frame) == [("trade", 1, 6425.5, 10.0, True), ("trade", 0, 6425.0, 30.0, True)]
    assert read.frame["exchange_ns"].to_list() == [1585699200245000000] * 2
    assert read.frame["local_ns"].to_list() == [1585699200250750000, 1585699200250751000]
    assert read.frame["sequence"].to_list() == [86120722, 86120723]
    assert read.symbol == "BTC-PERPETUAL"


def test_an_incremental_book_gzipped(tmp_path: Path) -> None:
    (tmp_path / "book.csv.gz").write_bytes(gzip.compress(BOOK.encode()))
    read = import_events(tmp_path / "book.csv.gz")
    assert events(read.frame) == [
        ("clear", 1, 0.0, 0.0, False),
        ("clear", -1, 0.0, 0.0, False),
        ("snapshot", -1, 6425.0, 100.0, False),
        ("snapshot", 1, 6424.5, 50.0, True),
        ("depth", -1, 6425.0, 0.0, False),
        ("depth", -1, 6425.5, 70.0, True),
    ]


def test_trades_and_book_become_one_stream(tmp_path: Path) -> None:
    (tmp_path / "trades.csv").write_text(TRADES)
    (tmp_path / "book.csv").write_text(BOOK)
    read = import_events([tmp_path / "book.csv", tmp_path / "trades.csv"])
    kinds = ["clear", "clear", "snapshot", "snapshot", "trade", "trade", "depth", "depth"]
    assert read.frame["kind"].cast(pl.String).to_list() == kinds


@pytest.mark.parametrize("depth", [5, 25])
def test_book_snapshots_of_n_levels_each_a_whole_book(tmp_path: Path, depth: int) -> None:
    cells = [f"{side}[{{}}].{what}" for side in ("asks", "bids") for what in ("price", "amount")]
    names = [cell.format(level) for level in range(depth) for cell in cells]
    rows = []
    for second in range(2):
        levels = [f"{101 + level},1,{99 - level},2" for level in range(depth)]
        rows.append(f"x,BTC,158569920{second}000000,158569920{second}000500,{','.join(levels)}")
    thin = rows[1].rsplit(",", 4)[0] + ",,,,"
    (tmp_path / "a.csv").write_text("\n".join([f"{HEAD},{','.join(names)}", rows[0], thin, ""]))
    frame = import_events(tmp_path / "a.csv").frame
    first = frame.filter(pl.col("local_ns") == 1585699200000500000)
    assert first["kind"].cast(pl.String).to_list() == ["clear"] * 2 + ["snapshot"] * (2 * depth)
    bids = first.filter((pl.col("side") == 1) & (pl.col("kind") == "snapshot"))
    assert bids["price"].to_list() == [99.0 - level for level in range(depth)]
    assert frame.height - first.height == 2 + 2 * (depth - 1)
    assert frame["last"].sum() == 2


def test_a_book_ticker(tmp_path: Path) -> None:
    names = "ask_amount,ask_price,bid_price,bid_amount"
    text = f"{HEAD},{names}\nx,BTC,1585699200245000,1585699200250750,3,101,99,2\n"
    (tmp_path / "a.csv").write_text(text)
    assert events(import_events(tmp_path / "a.csv").frame) == [
        ("quote", 1, 99.0, 2.0, False),
        ("quote", -1, 101.0, 3.0, True),
    ]


def test_another_file_of_tardis_is_refused_with_what_is_understood(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        f"{HEAD},id,side,price\nx,BTC,1585699200245000,1585699200250750,1,buy,1\n"
    )
    with pytest.raises(DataError, match=r"a.csv: columns .*; expected trades, incremental_book_L2"):
        import_events(tmp_path / "a.csv")


def test_a_wrong_cell_is_named_by_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BOOK.replace("false,ask,6425.0,0", "maybe,ask,6425.0,0"))
    with pytest.raises(DataError, match=r"a.csv: column is_snapshot, row 2: 'maybe'; expected true or false"):
        import_events(tmp_path / "a.csv")
