"""Files of trades, quotes and books become one stream of events."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from spark_stacker.data.events import (
    EVENT_SCHEMA,
    EventStore,
    Steps,
    check_events,
    import_events,
    infer_steps,
    to_tape,
)
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

INCREMENTAL = """exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
binance,BTCUSDT,1700000000000000,1700000000000100,true,bid,99.5,2
binance,BTCUSDT,1700000000000000,1700000000000100,true,ask,100.5,3
binance,BTCUSDT,1700000000001000,1700000000001100,false,bid,99.5,0
binance,BTCUSDT,1700000000001000,1700000000001100,false,bid,99.0,1
"""
TRADES = """exchange,symbol,timestamp,local_timestamp,id,side,price,amount
binance,BTCUSDT,1700000000000500,1700000000000600,7,buy,100.5,0.5
binance,BTCUSDT,1700000000001500,1700000000001600,8,sell,99.0,0.25
"""
SNAPSHOTS = """exchange,symbol,timestamp,local_timestamp,\
asks[0].price,asks[0].amount,bids[0].price,bids[0].amount
binance,BTCUSDT,1700000000000000,1700000000000100,100.5,3,99.5,2
binance,BTCUSDT,1700000000001000,1700000000001100,100,1,99,4
"""


def kinds(frame: pl.DataFrame) -> list[str]:
    return frame["kind"].cast(pl.String).to_list()


def test_incremental_books_and_trades_of_tardis_join_by_receipt(tmp_path: Path) -> None:
    book, trades = tmp_path / "book.csv.gz", tmp_path / "trades.csv"
    book.write_bytes(gzip.compress(INCREMENTAL.encode()))
    trades.write_text(TRADES)
    imported = import_events([book, trades])
    assert imported.frame.schema == EVENT_SCHEMA
    assert kinds(imported.frame) == ["clear", "snapshot", "snapshot", "trade", "depth", "depth", "trade"]
    assert imported.frame["last"].to_list() == [False, False, True, True, False, True, True]
    assert imported.frame["local_ns"][0] == 1_700_000_000_000_100_000
    assert imported.frame["side"].to_list() == [0, 1, -1, 1, 1, 1, -1]
    assert imported.steps == Steps(tick_size=0.5, lot_size=0.25)
    assert check_events(imported.frame, tick_size=0.5).is_clean
    assert len(to_tape(imported.frame, tick_size=0.5)) == 7


def test_each_book_snapshot_of_tardis_empties_the_book_before(tmp_path: Path) -> None:
    path = tmp_path / "snapshots.csv"
    path.write_text(SNAPSHOTS)
    frame = import_events(path).frame
    assert kinds(frame) == ["clear", "snapshot", "snapshot"] * 2
    samples = to_tape(frame, tick_size=0.5).book_samples(frame["local_ns"].tail(1).to_numpy(), 5)
    assert sorted(samples["price"].tolist()) == [99.0, 100.0]


def npz(path: Path, rows: list[tuple[int, int, int, float, float]]) -> Path:
    dtype = [("ev", "u8"), ("exch_ts", "i8"), ("local_ts", "i8"), ("px", "f8"), ("qty", "f8")]
    dtype += [("order_id", "u8"), ("ival", "i8"), ("fval", "f8")]
    np.savez_compressed(path, data=np.array([(*row, 0, 0, 0.0) for row in rows], dtype=dtype))
    return path


def test_rows_that_stand_once_for_each_clock_in_an_npz_file_are_one_event(tmp_path: Path) -> None:
    exchange, local, buy = 1 << 31, 1 << 30, 1 << 29
    path = npz(
        tmp_path / "events.npz",
        [
            (exchange | local | buy | 1, 1000, 1005, 10.0, 1.0),
            (exchange | buy | 2, 1001, 1009, 10.5, 2.0),
            (exchange | local | buy | 1, 1002, 1006, 9.5, 1.0),
            (local | buy | 2, 1001, 1009, 10.5, 2.0),
        ],
    )
    frame = import_events(path).frame
    assert kinds(frame) == ["depth", "depth", "trade"]
    assert frame["exchange_ns"].to_list() == [1000, 1002, 1001]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.csv",
            INCREMENTAL.replace(
                "binance,BTCUSDT,1700000000001000,1700000000001100,false,bid,99.5",
                "binance,ETHUSDT,1700000000001000,1700000000001100,false,bid,99.5",
            ),
            "row 2: 'ETHUSDT' after 'BTCUSDT'",
        ),
        ("b.csv", INCREMENTAL.replace("bid,99.0,1", "bid,99.0,-1"), "column amount, row 3: -1.0"),
        ("c.csv", INCREMENTAL.replace("bid,99.0,1", "left,99.0,1"), "column side, row 3: 'left'"),
        ("d.csv", INCREMENTAL.replace("99.0,1", "x,1"), "column price, row 3: 'x'"),
        ("e.csv", "time,price,qty\n1700000000,5,nan\n", "column qty, row 0"),
        ("f.csv", "time,price,qty\n17,5,1\n", "expected seconds, milliseconds"),
        ("g.csv", "a,b\n1,2\n", "expected those of trades"),
        ("h.txt", "x", "unknown kind of file"),
        ("i.npz", "no archive", "not a whole archive"),
        ("j.csv.gz", "no gzip", "cannot be read"),
        ("k.parquet", "no parquet", "not a whole parquet file"),
        ("l.csv", "", "is empty"),
    ],
)
def test_what_cannot_be_understood_is_named(tmp_path: Path, name: str, content: str, expected: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        import_events(path)
    assert str(path) in str(caught.value)
    assert expected in str(caught.value)


def test_an_npz_header_that_promises_more_than_there_is_is_refused(tmp_path: Path) -> None:
    import io
    import zipfile

    header = io.BytesIO()
    dtype = np.dtype([("ev", "u8"), ("exch_ts", "i8"), ("local_ts", "i8"), ("px", "f8"), ("qty", "f8")])
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (10**12,)}
    )
    path = tmp_path / "forged.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.npy", header.getvalue())
    with pytest.raises(DataError, match="cut off"):
        import_events(path)


def test_a_break_in_the_sequence_becomes_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "book.parquet"
    pl.DataFrame(
        {
            "recv_ns": [1_700_000_000_000_000_000 + row for row in range(5)],
            "exch_ms": [1_700_000_000_000] * 5,
            "event": ["delta", "snapshot", "delta", "delta", "delta"],
            "side": ["bid", "bid", "bid", "bid", "bid"],
            "price": [1.0, 2.0, 3.0, 4.0, 5.0],
            "qty": [1.0] * 5,
            "first_id": [1, None, 4, 6, 9],
            "last_id": [3, 3, 5, 8, 9],
            "prev_id": [0, None, 3, 5, 7],
        }
    ).write_parquet(path)
    imported = import_events(path)
    assert kinds(imported.frame) == ["clear", "snapshot", "depth", "depth", "gap", "depth"]
    assert imported.notes[0] == "1 increments before the first snapshot are left out"
    assert imported.notes[1] == "1 gaps in the sequence, the first before number 9"


def test_increments_newer_than_a_late_snapshot_are_applied_after_it(tmp_path: Path) -> None:
    path = tmp_path / "book.parquet"
    pl.DataFrame(
        {
            "recv_ns": [1_700_000_000_000_000_000 + row for row in range(3)],
            "event": ["delta", "delta", "snapshot"],
            "side": ["bid", "bid", "bid"],
            "price": [1.0, 2.0, 3.0],
            "qty": [1.0] * 3,
            "first_id": [1, 4, None],
            "last_id": [3, 6, 5],
            "prev_id": [None] * 3,
        }
    ).write_parquet(path)
    frame = import_events(path).frame
    assert kinds(frame) == ["clear", "snapshot", "depth"]
    assert frame["price"].to_list() == [0.0, 3.0, 2.0]
    assert frame["local_ns"].n_unique() == 1


def test_recorded_feeds_of_the_fixtures_are_clean_but_for_their_clocks(fixtures_dir: Path) -> None:
    stem = fixtures_dir / "data" / "hb_binance_spot_btcusdt_20240808_"
    files = [f"{stem}l2.parquet", f"{stem}trades.parquet"]
    report = check_events(import_events(files).frame)
    assert [finding.kind for finding in report.findings if finding.serious] == ["received_early"]
    imported = import_events(files, correct_clock=True)
    assert check_events(imported.frame).is_clean
    assert imported.steps == Steps(tick_size=0.01, lot_size=1e-06)
    assert report.counts["trade"] == pl.read_parquet(files[1]).height
    with pytest.raises(DataError, match="received no sooner than it happens"):
        to_tape(import_events(files).frame, tick_size=0.01)


def test_a_check_tells_what_is_wrong_by_row() -> None:
    frame = pl.DataFrame(
        {
            "exchange_ns": [1, 3, 2, 4, 5, 6],
            "local_ns": [1, 3, 2, 4, 5, 6],
            "kind": ["depth", "depth", "trade", "trade", "trade", "quote"],
            "side": [1, -1, 1, 1, 1, 0],
            "price": [10.0, 9.0, 9.0, -1.0, 9.003, 9.0],
            "size": [1.0, 1.0, 0.0, 1.0, 1.0, 1.0],
            "last": [True] * 6,
            "sequence": [None, None, 1, 1, 5, None],
        },
        schema_overrides={"side": pl.Int8},
    )
    report = check_events(frame, tick_size=0.5)
    found = {finding.kind: finding.row for finding in report.findings}
    assert found["local_time_back"] == 2
    assert found["price"] == 3
    assert found["size"] == 2
    assert found["side"] == 5
    assert found["off_grid"] == 4
    assert found["trade_twice"] == 1
    assert found["before_snapshot"] == 0
    assert not report.is_clean
    assert "row" in str(report)
    assert report.to_dict()["clean"] is False


def test_steps_are_the_coarsest_on_which_all_lies() -> None:
    frame = pl.DataFrame({"kind": ["trade"] * 3, "price": [0.15, 0.3, 0.45], "size": [10.0, 25.0, 40.0]})
    assert infer_steps(frame) == Steps(tick_size=0.15, lot_size=5.0)
    with pytest.raises(DataError, match="no trade"):
        infer_steps(frame.with_columns(kind=pl.lit("mark")))


def test_events_are_stored_by_day_and_read_in_chunks(tmp_path: Path) -> None:
    book, trades = tmp_path / "book.csv", tmp_path / "trades.csv"
    book.write_text(INCREMENTAL)
    trades.write_text(TRADES)
    imported = import_events([book, trades])
    store = EventStore(tmp_path / "data")
    stored = store.write(imported.frame, "binance", "BTC/USDT", steps=imported.steps)
    assert (stored.rows, stored.steps) == (7, imported.steps)
    assert [part.name for part in stored.parts] == ["2023-11-14-000.parquet"]
    with pytest.raises(DataError, match="replace takes the new ones"):
        store.write(imported.frame, "binance", "BTC/USDT", steps=imported.steps)
    later = imported.frame.with_columns(pl.col("local_ns", "exchange_ns") + 86_400_000_000_000)
    store.write(later, "binance", "BTC/USDT", steps=imported.steps)
    assert store.sets()[0].rows == 14
    chunks = list(store.chunks("binance", "BTC/USDT", rows=4))
    assert [chunk.height for chunk in chunks] == [4, 3, 4, 3]
    assert pl.concat(chunks).equals(pl.concat([imported.frame, later]))
    start = int(later["local_ns"][0])
    assert store.read("binance", "BTC/USDT", start_ns=start).equals(later)
    replaced = store.write(imported.frame, "binance", "BTC/USDT", steps=imported.steps, replace=True)
    assert replaced.rows == 7
    with pytest.raises(DataError, match="no events of ETH"):
        store.describe("binance", "ETH")
