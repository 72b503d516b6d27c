"""The catalogue merges, refuses contradictions and never holds half a file."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spark_stacker.data import Catalogue, data_hash, files, synthesise
from spark_stacker.data.catalogue import default_root
from spark_stacker.errors import DataError, ParameterError
from unit.data.made import at, changed, hours

if TYPE_CHECKING:
    from pathlib import Path

PLACE = ("kraken", "ETH/USD", "1h")


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "catalogue")


def test_the_default_place_is_the_users_data_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path / "mine"))
    assert default_root() == Catalogue().root == tmp_path / "mine"
    monkeypatch.delenv("SPARK_STACKER_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert default_root() == tmp_path / "xdg" / "spark-stacker"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_root() == tmp_path / ".local" / "share" / "spark-stacker"


def test_a_data_set_has_a_place_of_its_own(catalogue: Catalogue) -> None:
    path = catalogue.path(*PLACE, kind="mark")
    assert (
        path.relative_to(catalogue.root).as_posix()
        == "venue=kraken/symbol=ETH%2FUSD/interval=1h/mark.parquet"
    )
    with pytest.raises(ParameterError, match="kind must be one of candles, mark, funding, was 'trades'"):
        catalogue.path(*PLACE, kind="trades")


def test_the_list_tells_rows_range_and_origin(catalogue: Catalogue) -> None:
    assert catalogue.list() == []
    made = synthesise("bear", bars=30)
    catalogue.write(made.frame, "synthetic", made.symbol, "1h", metadata=made.labels)
    catalogue.write(hours(24), *PLACE)
    first, second = catalogue.list()
    assert (first.venue, first.symbol, first.interval, first.kind, first.rows) == (*PLACE, "candles", 24)
    assert (first.start, first.end) == (at("2024-01-01"), at("2024-01-01T23:00"))
    assert (first.synthetic, second.synthetic) == (None, "bear")
    assert catalogue.list(venue="kraken") == [first]
    assert catalogue.list(kind="mark") == []


def test_the_metadata_carry_origin_and_hash(catalogue: Catalogue) -> None:
    catalogue.write(hours(24), *PLACE, metadata={"source": "eth.csv"})
    labels = catalogue.metadata(*PLACE)
    assert labels["source"] == "eth.csv"
    assert labels["data_hash"] == data_hash(hours(24))
    assert (labels["venue"], labels["symbol"], labels["interval"]) == PLACE


def test_new_rows_are_merged_and_identical_ones_left_out(catalogue: Catalogue) -> None:
    frame = hours(48)
    catalogue.write(frame[10:30], *PLACE)
    saved = catalogue.write(frame, *PLACE)
    assert (saved.rows, saved.added, saved.identical, saved.replaced) == (48, 28, 20, 0)
    assert_frame_equal(catalogue.read(*PLACE), frame)


def test_a_contradicting_row_is_named_and_nothing_is_written(catalogue: Catalogue) -> None:
    frame = hours(48)
    catalogue.write(frame, *PLACE)
    other = changed(frame, "volume", 7, 12345.0)
    with pytest.raises(
        DataError, match=r"column volume, row 7 \(2024-01-01 07:00.*\): 12345.0; expected .*1 rows"
    ):
        catalogue.write(other, *PLACE)
    assert_frame_equal(catalogue.read(*PLACE), frame)


def test_replace_takes_the_new_row(catalogue: Catalogue) -> None:
    frame = hours(48)
    catalogue.write(frame, *PLACE)
    other = changed(frame, "volume", 7, 12345.0)
    saved = catalogue.write(other[5:10], *PLACE, replace=True)
    assert (saved.rows, saved.added, saved.identical, saved.replaced) == (48, 0, 4, 1)
    assert_frame_equal(catalogue.read(*PLACE), other)


def test_synthetic_candles_become_the_whole_data_set_and_never_mix(catalogue: Catalogue) -> None:
    first, second = synthesise("bull", bars=50, seed=1), synthesise("bull", bars=20, seed=2)
    catalogue.write(first.frame, *PLACE, metadata=first.labels)
    catalogue.write(second.frame, *PLACE, metadata=second.labels)
    assert_frame_equal(catalogue.read(*PLACE), second.frame)
    with pytest.raises(DataError, match="never mixed"):
        catalogue.write(hours(24), *PLACE, replace=True)


def test_rows_that_break_a_rule_are_not_written(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match="expected times in rising order"):
        catalogue.write(hours(24).reverse(), *PLACE)
    with pytest.raises(DataError, match="no rows"):
        catalogue.write(hours(24).clear(), *PLACE)
    with pytest.raises(DataError, match=r"expected {'timestamp'"):
        catalogue.write(hours(24).with_columns(pl.col("volume").cast(pl.Float32)), *PLACE)
    assert catalogue.list() == []


def test_what_is_not_there_is_an_error_that_tells_what_is(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match=r"no candles of kraken ETH/USD 1h in .*; there is nothing"):
        catalogue.read(*PLACE)
    catalogue.write(hours(24), *PLACE)
    with pytest.raises(DataError, match="there is kraken ETH/USD 1h candles"):
        catalogue.read("kraken", "ETH/USD", "4h")


def test_a_damaged_file_is_a_data_error(catalogue: Catalogue) -> None:
    path = catalogue.write(hours(24), *PLACE).path
    path.write_bytes(path.read_bytes()[:300])
    for use in (catalogue.list, lambda: catalogue.read(*PLACE), lambda: catalogue.write(hours(24), *PLACE)):
        with pytest.raises(DataError, match="damaged or not a Parquet file"):
            use()


def test_a_root_that_cannot_be_written_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="is no directory"):
        Catalogue(tmp_path / "file").write(hours(2), *PLACE)


def test_a_write_that_fails_leaves_the_data_set_as_it_was(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = hours(48)
    path = catalogue.write(frame[:24], *PLACE).path

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", no_space)
    with pytest.raises(DataError, match="No space left on device"):
        catalogue.write(frame, *PLACE)
    assert_frame_equal(catalogue.read(*PLACE), frame[:24])
    assert list(path.parent.iterdir()) == [path]


def _write_part(root: Path, part: int) -> None:
    Catalogue(root).write(hours(48)[part * 12 : part * 12 + 12], *PLACE)


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        pool.starmap(_write_part, [(tmp_path, part) for part in range(4)])
        pool.close()
        pool.join()
    assert_frame_equal(Catalogue(tmp_path).read(*PLACE), hours(48))
