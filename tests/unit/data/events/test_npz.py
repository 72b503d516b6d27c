"""hftbacktest's own tools write the files that are read here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hftbacktest.data.validation import correct_event_order
from hftbacktest.types import (
    BUY_EVENT,
    DEPTH_BBO_EVENT,
    DEPTH_CLEAR_EVENT,
    DEPTH_EVENT,
    DEPTH_SNAPSHOT_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    event_dtype,
)
from polars.testing import assert_frame_equal

from spark_stacker.data.events import import_events, npz
from spark_stacker.errors import DataError
from unit.data.events.made_events import DAY, write_npz

if TYPE_CHECKING:
    from pathlib import Path

KIND = {
    DEPTH_EVENT: "depth",
    TRADE_EVENT: "trade",
    DEPTH_SNAPSHOT_EVENT: "snapshot",
    DEPTH_BBO_EVENT: "quote",
}


def drawn(rows: int, *, seed: int, jitter: int) -> np.ndarray:
    """Events whose two clocks are in different orders."""
    draw = np.random.default_rng(seed)
    made = np.zeros(rows, dtype=event_dtype)
    side = draw.choice([BUY_EVENT, SELL_EVENT], rows)
    made["ev"] = draw.choice(list(KIND), rows).astype(np.uint64) | side.astype(np.uint64)
    made["exch_ts"] = DAY + np.cumsum(draw.integers(0, 500, rows))
    made["local_ts"] = made["exch_ts"] + draw.integers(0, jitter, rows)
    made["px"] = 100 + 0.1 * draw.integers(0, 50, rows)
    made["qty"] = 0.001 * draw.integers(1, 9, rows)
    return made


def as_written(made: np.ndarray) -> np.ndarray:
    """The rows in hftbacktest's order, doubled where its clocks disagree."""
    exchange = np.argsort(made["exch_ts"], kind="mergesort")
    return correct_event_order(made, exchange, np.argsort(made["local_ts"], kind="mergesort"))


def in_arrival(made: np.ndarray) -> pl.DataFrame:
    """What must come out: every event once, by the receiver's clock."""
    made = made[np.argsort(made["local_ts"], kind="mergesort")]
    flags = made["ev"].astype(np.int64)
    return pl.DataFrame(
        {
            "exchange_ns": made["exch_ts"],
            "local_ns": made["local_ts"],
            "kind": [KIND[code] for code in flags & 0xFF],
            "side": np.where(flags & BUY_EVENT, 1, -1).astype(np.int8),
            "price": made["px"],
            "size": made["qty"],
        }
    )


@pytest.mark.parametrize("jitter", [1, 2_000, 200_000])
@pytest.mark.parametrize("batch", [7, 1 << 19])
def test_doubled_rows_become_one_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jitter: int, batch: int
) -> None:
    monkeypatch.setattr(npz, "BATCH_ROWS", batch)
    made = drawn(500, seed=jitter, jitter=jitter)
    written = as_written(made)
    assert jitter == 1 or len(written) > len(made)
    read = import_events(write_npz(written, tmp_path / "a.npz"))
    expected = in_arrival(made)
    assert_frame_equal(
        read.frame.select(expected.columns).with_columns(pl.col("kind").cast(pl.String)), expected
    )
    assert not any("other half" in note for note in read.notes)


def test_a_row_without_its_other_half_is_an_event_all_the_same(tmp_path: Path) -> None:
    made = drawn(4, seed=1, jitter=1)
    made["local_ts"] = made["exch_ts"] = DAY + np.array([10, 20, 30, 40])
    made["local_ts"][1] = DAY + 25
    both = EXCH_EVENT | LOCAL_EVENT
    made["ev"] |= np.array([both, EXCH_EVENT, both, LOCAL_EVENT]).astype(np.uint64)
    read = import_events(write_npz(made, tmp_path / "a.npz"))
    assert (read.frame["local_ns"] - DAY).to_list() == [10, 25, 30, 40]
    assert "a.npz: 2 rows have one clock's flag and no other half; each is an event" in read.notes


def test_a_snapshot_with_its_clears_is_one_message(tmp_path: Path) -> None:
    made = drawn(5, seed=1, jitter=1)
    made["exch_ts"] = made["local_ts"] = DAY + np.array([10, 10, 10, 10, 20])
    kinds = [DEPTH_CLEAR_EVENT, DEPTH_CLEAR_EVENT, DEPTH_SNAPSHOT_EVENT, DEPTH_SNAPSHOT_EVENT, DEPTH_EVENT]
    made["ev"] = np.array(kinds).astype(np.uint64) | np.uint64(BUY_EVENT | EXCH_EVENT | LOCAL_EVENT)
    made["px"][:2] = [np.nan, 99.0]
    imported = import_events(write_npz(made, tmp_path / "a.npz"), tick_size=0.1)
    assert "a.npz: 1 clears up to a price are taken to clear their whole side" in imported.notes
    read = imported.frame
    assert read["kind"].to_list() == ["clear", "clear", "snapshot", "snapshot", "depth"]
    assert read["last"].to_list() == [False, False, False, True, True]
    assert read["price"][:2].to_list() == [0.0, 0.0]


def test_orders_of_single_makers_and_rows_without_a_clock_are_refused_by_row(tmp_path: Path) -> None:
    made = as_written(drawn(9, seed=1, jitter=1))
    made["ev"][4] = 10 | BUY_EVENT | EXCH_EVENT | LOCAL_EVENT
    with pytest.raises(DataError, match=r"a.npz: field ev, row 4: kind 10; expected one of"):
        import_events(write_npz(made, tmp_path / "a.npz"))
    made["ev"][4] = TRADE_EVENT | BUY_EVENT
    with pytest.raises(DataError, match=r"a.npz: field ev, row 4: no clock's flag"):
        import_events(write_npz(made, tmp_path / "a.npz"))


def test_a_file_that_is_cut_off_or_of_something_else_is_refused(tmp_path: Path) -> None:
    path = write_npz(as_written(drawn(500, seed=1, jitter=9)), tmp_path / "a.npz")
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(DataError, match=r"a.npz: not a whole .npz file"):
        import_events(path)
    np.savez(path, prices=np.arange(3.0))
    with pytest.raises(DataError, match=r"a.npz: fields None; expected ev, exch_ts"):
        import_events(path)
    np.savez(path, one=np.arange(3.0), other=np.arange(3.0))
    with pytest.raises(DataError, match=r"a.npz: 2 arrays; expected one of events"):
        import_events(path)
