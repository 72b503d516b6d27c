"""Snapshots and increments by the rules of the venues that number their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from spark_stacker.data.events import import_events, raw
from spark_stacker.errors import DataError
from unit.data.events.made_events import DAY, write_book

if TYPE_CHECKING:
    from pathlib import Path


def short(frame: pl.DataFrame) -> list[tuple[int, str, int, float, float]]:
    """Time, kind, side, price and size of every event."""
    columns = (pl.col("local_ns") - DAY, pl.col("kind").cast(pl.String), "side", "price", "size")
    return list(frame.select(*columns).iter_rows())


def test_a_snapshot_empties_both_sides_and_is_one_message(tmp_path: Path) -> None:
    rows = [
        (10, "snapshot", "bid", 99.0, 1.0, None, 5, None),
        (10, "snapshot", "ask", 101.0, 2.0, None, 5, None),
        (20, "delta", "ask", 101.0, 0.0, 6, 6, 5),
    ]
    frame = import_events(write_book(tmp_path / "a.parquet", rows)).frame
    assert short(frame) == [
        (10, "clear", 1, 0.0, 0.0),
        (10, "clear", -1, 0.0, 0.0),
        (10, "snapshot", 1, 99.0, 1.0),
        (10, "snapshot", -1, 101.0, 2.0),
        (20, "depth", -1, 101.0, 0.0),
    ]
    assert frame["last"].to_list() == [False, False, False, True, True]
    assert frame["sequence"].to_list() == [5, 5, 5, 5, 6]


def test_increments_older_than_the_snapshot_go_and_newer_ones_count_from_it_on(tmp_path: Path) -> None:
    """Binance: while the snapshot is asked for the stream is buffered, and what it has already is dropped."""
    rows = [
        (1, "delta", "bid", 98.0, 1.0, 10, 12, None),
        (2, "delta", "bid", 98.5, 1.0, 13, 20, None),
        (3, "delta", "bid", 98.6, 1.0, 21, 25, None),
        (9, "snapshot", "bid", 99.0, 1.0, None, 18, None),
        (9, "snapshot", "ask", 101.0, 1.0, None, 18, None),
        (11, "delta", "bid", 98.7, 1.0, 26, 30, None),
    ]
    read = import_events(write_book(tmp_path / "a.parquet", rows))
    assert short(read.frame)[2:] == [
        (9, "snapshot", 1, 99.0, 1.0),
        (9, "snapshot", -1, 101.0, 1.0),
        (9, "depth", 1, 98.5, 1.0),
        (9, "depth", 1, 98.6, 1.0),
        (11, "depth", 1, 98.7, 1.0),
    ]
    assert "a.parquet: 1 increments before the first snapshot are left out" in read.notes


@pytest.mark.parametrize(
    ("first", "last", "prev"),
    [(22, 22, 21), (22, 25, None), (None, 9, None)],
    ids=["the number before is another", "first number is beyond", "number goes back"],
)
def test_a_break_in_the_numbers_becomes_a_gap_before_the_message(
    tmp_path: Path, first: int | None, last: int, prev: int | None
) -> None:
    rows = [
        (9, "snapshot", "bid", 99.0, 1.0, None, 8, None),
        (9, "snapshot", "ask", 101.0, 1.0, None, 8, None),
        (10, "delta", "bid", 98.7, 1.0, 9, 20, 8),
        (11, "delta", "bid", 98.8, 1.0, first, last, prev),
        (11, "delta", "bid", 98.9, 1.0, first, last, prev),
    ]
    read = import_events(write_book(tmp_path / "a.parquet", rows))
    assert [kind for _, kind, *_ in short(read.frame)[4:]] == ["depth", "gap", "depth", "depth"]
    assert "a.parquet: 1 gaps in the sequence, the first before row 3" in read.notes
    assert read.frame["last"].to_list()[-3:] == [True, False, True]


def test_a_later_snapshot_mends_a_gap_and_what_it_has_already_goes(tmp_path: Path) -> None:
    rows = [
        (1, "snapshot", "bid", 99.0, 1.0, None, 8, None),
        (2, "delta", "bid", 98.7, 1.0, 30, 35, 29),
        (3, "snapshot", "bid", 99.0, 2.0, None, 40, None),
        (4, "delta", "bid", 98.7, 3.0, 36, 39, 35),
        (5, "delta", "bid", 98.7, 4.0, 38, 44, 37),
        (6, "delta", "bid", 98.7, 5.0, 45, 46, 44),
    ]
    read = import_events(write_book(tmp_path / "a.parquet", rows))
    kinds = [kind for _, kind, *_ in short(read.frame)]
    assert kinds.count("gap") == 1
    assert read.frame.filter(pl.col("kind") == "depth")["size"].to_list() == [1.0, 4.0, 5.0]
    assert "a.parquet: 1 increments that a snapshot has already are left out" in read.notes


def test_increments_without_a_snapshot_are_refused_by_row_unless_the_book_may_start_empty(
    tmp_path: Path,
) -> None:
    rows = [(1, "delta", "bid", 99.0, 1.0, 1, 1, 0), (2, "delta", "ask", 99.5, 1.0, 2, 2, 1)]
    path = write_book(tmp_path / "a.parquet", rows)
    with pytest.raises(DataError, match=r"a.parquet: row 0: an increment, and no snapshot in the file"):
        import_events(path)
    kinds = [kind for _, kind, *_ in short(import_events(path, start_empty=True).frame)]
    assert kinds == ["clear", "clear", "depth", "depth"]


def test_a_time_that_goes_back_is_refused_by_row_unless_sorting_is_asked_for(tmp_path: Path) -> None:
    rows = [
        (5, "snapshot", "bid", 99.0, 1.0, None, 1, None),
        (7, "delta", "bid", 99.0, 3.0, 3, 3, 2),
        (6, "delta", "bid", 99.0, 2.0, 2, 2, 1),
    ]
    path = write_book(tmp_path / "a.parquet", rows)
    with pytest.raises(DataError, match=rf"a.parquet: row 2: received at {DAY + 6}, after one of {DAY + 7}"):
        import_events(path)
    assert import_events(path, sort=True).frame["size"].to_list() == [0.0, 0.0, 1.0, 2.0, 3.0]


def test_batches_of_any_size_give_the_same_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = []
    for message in range(200):
        kind = "snapshot" if message % 50 == 3 else "delta"
        number = 10 * message
        prev = None if kind == "snapshot" else number - (10 if message % 17 else 11)
        levels = [
            (message, kind, "bid", 50.0 + level, 1.0 + level, None, number, prev)
            for level in range(message % 7 + 1)
        ]
        rows += levels
    path = write_book(tmp_path / "a.parquet", rows)
    whole = import_events(path)
    assert (whole.frame["kind"] == "gap").sum() > 5
    for batch in (1, 3, 64):
        monkeypatch.setattr(raw, "BATCH_ROWS", batch)
        read = import_events(path)
        assert read.frame.equals(whole.frame)
        assert read.notes == whole.notes


def test_a_snapshot_without_a_time_of_the_exchange_happened_before_what_follows(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "a.parquet",
        [
            (500, "snapshot", "bid", 99.0, 1.0, None, 5, None),
            (600, "delta", "bid", 99.0, 2.0, 6, 6, 5),
        ],
    )
    ms = [None, DAY // 1_000_000 - 3]
    pl.read_parquet(path).with_columns(exch_ms=pl.Series(ms)).write_parquet(path)
    frame = import_events(path, correct_clock=True).frame
    assert frame["exchange_ns"].unique().to_list() == [DAY - 3_000_000]
    assert frame["local_ns"][-1] == DAY + 600
