"""Events of a session on disk: whole messages in their order, whatever a kill has left behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_stacker.errors import DataError
from spark_stacker.trading.event_journal import EventJournal, recorded_rows
from spark_stacker.trading.event_rows import ROW

if TYPE_CHECKING:
    from pathlib import Path


def made(messages: int, first: int = 0) -> np.ndarray:
    """Messages of one to three rows."""
    rows = [
        (time, time + 1, 100.0, 1.0, 0, 1, 1, place == time % 3)
        for time in range(first, first + messages)
        for place in range(time % 3 + 1)
    ]
    return np.array(rows, ROW)


def read(path: Path) -> np.ndarray:
    return np.concatenate([np.zeros(0, ROW), *recorded_rows(path)])


def test_what_is_appended_is_read_in_its_order(tmp_path: Path) -> None:
    journal = EventJournal(tmp_path / "events.rows", goes_on=False)
    journal.append(made(50))
    journal.append(made(50, first=50))
    journal.close()
    assert (read(tmp_path / "events.rows") == made(100)).all()
    assert read(tmp_path / "none.rows").size == 0


@given(cut=st.integers(0, 60 * ROW.itemsize))
def test_a_file_cut_anywhere_goes_on_after_its_last_whole_message(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "events.rows"
    journal = EventJournal(path, goes_on=False)
    journal.append(made(20))
    journal.close()
    path.write_bytes(path.read_bytes()[: -cut or None])
    known = int(read(path)["last"].sum())
    again = EventJournal(path, goes_on=True)
    again.append(made(20 - known, first=known))
    again.close()
    assert (read(path) == made(20)).all()


def test_a_new_session_begins_an_empty_file(tmp_path: Path) -> None:
    for _ in range(2):
        journal = EventJournal(tmp_path / "events.rows", goes_on=False)
        journal.append(made(5))
        journal.close()
    assert (read(tmp_path / "events.rows") == made(5)).all()


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.rows"
    path.write_bytes(b"something else entirely, and long enough to tell")
    with pytest.raises(DataError, match=r"events\.rows: not the events of a session; --fresh"):
        read(path)
