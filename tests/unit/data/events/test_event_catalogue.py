"""Events by day, in parts, that appear whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spark_stacker.data import Catalogue, synthesise
from spark_stacker.data.events import EVENT_SCHEMA, open_events, writing
from spark_stacker.errors import DataError
from unit.data.events.made_events import DAY, events, random_trades

if TYPE_CHECKING:
    from pathlib import Path

PLACE = ("binance", "BTC/USDT")
DAY_NS = 86_400 * 10**9


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "data")


def test_what_is_written_comes_back_the_same(catalogue: Catalogue) -> None:
    frame = random_trades(1_000)
    saved = catalogue.events.write(frame, *PLACE, source="made")
    assert_frame_equal(catalogue.events.read(*PLACE), frame)
    assert (saved.rows, saved.sources, saved.synthetic) == (1_000, ("made",), None)
    assert (saved.steps.tick_size, saved.steps.lot_size) == (0.5, 0.01)
    assert saved.steps.inferred == ("tick_size", "lot_size")


def test_a_part_is_of_one_utc_day_and_of_bounded_size(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_PART_ROWS", 300)
    frame = random_trades(1_000, step_ns=DAY_NS // 500)
    saved = catalogue.events.write([frame[:450], frame[450:]], *PLACE)
    names = [part.path.name for part in saved.parts]
    assert names[0] == "2024-08-08-000.parquet"
    assert {name[:10] for name in names} == {"2024-08-08", "2024-08-09", "2024-08-10"}
    for part in saved.parts:
        days = pl.read_parquet(part.path)["local_ns"] // DAY_NS
        assert days.n_unique() == 1
    assert_frame_equal(catalogue.events.read(*PLACE), frame)


@pytest.mark.parametrize("rows", [1, 7, 1_000])
def test_a_range_of_time_is_read_in_chunks(catalogue: Catalogue, rows: int) -> None:
    frame = random_trades(300)
    catalogue.events.write(frame[:120], *PLACE)
    catalogue.events.write(frame[120:], *PLACE)
    start, end = int(frame["local_ns"][50]), int(frame["local_ns"][200])
    chunks = list(catalogue.events.chunks(*PLACE, start=start, end=end, rows=rows))
    assert max(chunk.height for chunk in chunks) <= rows
    assert_frame_equal(pl.concat(chunks), frame[50:200])
    assert_frame_equal(catalogue.events.scan(*PLACE, start=start, end=end).collect(), frame[50:200])
    assert_frame_equal(
        catalogue.events.read(*PLACE, start="2024-08-08", end="2024-08-09"), frame, check_exact=True
    )
    assert catalogue.events.read(*PLACE, end="2024-08-07").schema == EVENT_SCHEMA


def test_events_stand_in_the_list_beside_the_candles(catalogue: Catalogue) -> None:
    made = synthesise("bull", bars=5)
    catalogue.write(made.frame, *PLACE, "1h", metadata=made.labels)
    catalogue.events.write(random_trades(10), *PLACE)
    listed = [(item.symbol, item.interval, item.kind, item.rows) for item in catalogue.list()]
    assert listed == [("BTC/USDT", "tick", "events", 10), ("BTC/USDT", "1h", "candles", 5)]
    assert [item.kind for item in catalogue.list(kind="events")] == ["events"]
    assert [item.kind for item in catalogue.list(kind="candles")] == ["candles"]
    assert catalogue.list(venue="kraken") == []


def test_equal_events_have_equal_fingerprints_and_a_changed_one_another(catalogue: Catalogue) -> None:
    frame = random_trades(100)
    first = catalogue.events.write(frame, *PLACE)
    second = catalogue.events.write(frame, "other", "BTC/USDT")
    changed = frame.with_columns(sequence=pl.when(pl.col("sequence") == 50).then(None).otherwise("sequence"))
    third = catalogue.events.write(changed, "third", "BTC/USDT")
    assert first.data_hash == second.data_hash != third.data_hash


def test_events_of_a_time_that_is_there_are_refused_unless_they_replace_it(catalogue: Catalogue) -> None:
    frame = random_trades(300)
    catalogue.events.write(frame, *PLACE)
    middle = frame[100:200].with_columns(pl.col("size") * 2)
    with pytest.raises(DataError, match=rf"events from {frame['local_ns'][100]} on; expected them after"):
        catalogue.events.write(middle, *PLACE)
    assert_frame_equal(catalogue.events.read(*PLACE), frame)
    catalogue.events.write(middle, *PLACE, replace=True)
    assert_frame_equal(catalogue.events.read(*PLACE), pl.concat([frame[:100], middle, frame[200:]]))


def test_a_write_that_fails_leaves_nothing_behind(catalogue: Catalogue) -> None:
    frame = random_trades(300)
    place = catalogue.events.place(*PLACE)
    with pytest.raises(DataError, match=r"column local_ns, row 0: .*expected the order of arrival"):
        catalogue.events.write([frame[100:], frame[:100]], *PLACE)
    assert not place.exists() or list(place.iterdir()) == []
    with pytest.raises(DataError, match="no events to write"):
        catalogue.events.write(frame.clear(), *PLACE)
    assert catalogue.list() == []


def test_given_steps_stand_and_others_must_fit_them(catalogue: Catalogue) -> None:
    saved = catalogue.events.write(random_trades(50), *PLACE, tick_size=0.25, lot_size=0.01)
    assert (saved.steps.tick_size, saved.steps.inferred) == (0.25, ())
    later = events((DAY_NS, "trade", 1, 100.1, 1.0))
    with pytest.raises(DataError, match=r"tick size 100.1; the events there have 0.25"):
        catalogue.events.write(later, *PLACE)
    with pytest.raises(DataError, match=r"tick size 0.1; the events there have 0.25"):
        catalogue.events.write(later, *PLACE, tick_size=0.1)


def test_inferred_steps_of_parts_are_joined(catalogue: Catalogue) -> None:
    catalogue.events.write(events((1, "trade", 1, 100.5, 0.2), (2, "trade", 1, 101.0, 0.4)), *PLACE)
    saved = catalogue.events.write(events((3, "trade", 1, 100.4, 0.3), (4, "trade", 1, 100.6, 0.6)), *PLACE)
    assert (saved.steps.tick_size, saved.steps.lot_size) == (0.1, 0.1)


def test_synthetic_events_are_never_mixed_with_others(catalogue: Catalogue) -> None:
    catalogue.events.write(events((1, "trade", 1, 100.5, 0.2)), *PLACE, synthetic="made")
    assert catalogue.list()[0].synthetic == "made"
    with pytest.raises(DataError, match="never mixed"):
        catalogue.events.write(events((2, "trade", 1, 100.5, 0.2)), *PLACE)


def test_a_damaged_part_and_a_market_without_events_are_data_errors(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match=r"no events of binance BTC/USDT in .*; there are those of nothing"):
        catalogue.events.read(*PLACE)
    path = catalogue.events.write(random_trades(1_000), *PLACE).parts[0].path
    whole = path.read_bytes()
    path.write_bytes(whole[:300])
    with pytest.raises(DataError, match=r"2024-08-08-000.parquet: damaged"):
        catalogue.events.read(*PLACE)
    path.write_bytes(whole[:100] + bytes(800) + whole[900:])
    with pytest.raises(DataError, match=r"2024-08-08-000.parquet: damaged"):
        catalogue.events.verify(*PLACE)
    path.write_bytes(whole)
    catalogue.events.verify(*PLACE)
    random_trades(3).write_parquet(path)
    with pytest.raises(DataError, match="not written by this package"):
        catalogue.events.read(*PLACE)


def test_files_are_saved_without_being_read_whole_and_come_out_of_the_catalogue_again(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    frame = random_trades(500)
    frame.write_parquet(tmp_path / "recorded.parquet")
    saved = catalogue.events.save(open_events(tmp_path / "recorded.parquet"), *PLACE)
    assert saved.sources == ("recorded.parquet",)
    assert_frame_equal(catalogue.events.read(*PLACE), frame)
    assert_frame_equal(pl.concat(open_events(saved.path).frames()), frame)


def test_day_begins_at_midnight_utc(catalogue: Catalogue) -> None:
    frame = events((-1, "trade", 1, 100.0, 1.0), (0, "trade", 1, 100.0, 1.0))
    names = [part.path.name for part in catalogue.events.write(frame, *PLACE).parts]
    assert names == ["2024-08-07-000.parquet", "2024-08-08-000.parquet"]
    assert DAY % DAY_NS == 0
