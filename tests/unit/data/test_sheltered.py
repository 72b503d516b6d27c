"""Tables of others: what ends their reader is an error, and the next file is read as ever."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import polars as pl
import pytest

from spark_stacker.data.events import import_events
from spark_stacker.data.files import read_file
from spark_stacker.data.sheltered import table_frame, table_frames, table_names
from spark_stacker.errors import DataError
from unit.data.events.made_events import random_trades

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 40


def with_a_page_of_minus_one_values() -> bytes:
    """A Parquet file whose first page claims 2**64 - 1 values, which no memory holds."""
    stream = io.BytesIO()
    random_trades(ROWS).write_parquet(stream)
    data = bytearray(stream.getvalue())
    # In Thrift's compact protocol: a field of 32 bits, and its value in zigzag.
    places = [place for place in range(4, len(data)) if data[place : place + 2] == bytes([0x15, 2 * ROWS])]
    data[places[1] + 1] = 1
    return bytes(data)


@pytest.mark.parametrize("read", [table_frame, read_file, import_events])
def test_a_file_that_asks_for_all_memory_is_an_error(tmp_path: Path, read: Callable[[Path], object]) -> None:
    whole, broken = tmp_path / "whole.parquet", tmp_path / "broken.parquet"
    random_trades(ROWS).write_parquet(whole)
    broken.write_bytes(with_a_page_of_minus_one_values())
    for _ in range(2):
        with pytest.raises(DataError, match=r"broken.parquet: not a whole parquet file: reading it takes"):
            read(broken)
        read(whole)


def test_rows_and_names_are_those_of_the_file(tmp_path: Path) -> None:
    frame = random_trades(ROWS)
    path = tmp_path / "a.parquet"
    frame.write_parquet(path, row_group_size=7)
    assert table_frame(path).equals(frame)
    assert table_names(path) == frame.columns
    feather = tmp_path / "a.feather"
    frame.write_ipc(feather)
    assert table_frame(feather).equals(frame)


@pytest.mark.parametrize("count", [1, 7, ROWS - 1, ROWS, ROWS + 1])
def test_frames_are_the_rows_of_the_file_in_their_order(tmp_path: Path, count: int) -> None:
    frame = random_trades(ROWS)
    path = tmp_path / "a.parquet"
    frame.write_parquet(path, row_group_size=7)
    frames = list(table_frames(path, count))
    assert [part.height for part in frames] == [count] * (ROWS // count) + [ROWS % count]
    assert pl.concat(frames).equals(frame)


def test_frames_that_nobody_wants_any_more_leave_the_process_ready(tmp_path: Path) -> None:
    frame = random_trades(ROWS)
    path = tmp_path / "a.parquet"
    frame.write_parquet(path)
    frames = table_frames(path, 5)
    assert next(frames).equals(frame[:5])
    frames.close()
    assert table_frame(path).equals(frame)


def test_a_question_broken_off_does_not_answer_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spark_stacker.data import sheltered

    path = tmp_path / "a.parquet"
    random_trades(ROWS).write_parquet(path)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sheltered.json, "loads", interrupted)
        with pytest.raises(KeyboardInterrupt):
            table_frame(path)
    assert table_names(path) == random_trades(1).columns


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.parquet: not a whole parquet file: FileNotFoundError"):
        table_frame(tmp_path / "none.parquet")
