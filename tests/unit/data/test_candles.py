"""Frames of any origin come into the schema and into the core."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spark_stacker.data import SCHEMA, bars_to_frame, require_clean, to_bars, to_frame
from spark_stacker.errors import DataError, ParameterError
from unit.data.made import changed, hours


class ArrowStream:
    """A frame of which nothing is known but its Arrow stream."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


def test_frames_of_every_library_give_the_same_candles() -> None:
    frame = hours()
    for other in (
        frame,
        frame.lazy(),
        frame.to_arrow(),
        frame.to_pandas(),
        ArrowStream(frame),
        frame.to_dicts(),
    ):
        assert_frame_equal(to_frame(other), frame)
    assert_frame_equal(to_frame(frame.to_dict(as_series=False)), frame)


def test_a_time_index_of_pandas_is_the_timestamp() -> None:
    index = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    prices = pd.DataFrame(
        {"Open": [1, 2], "High": [3, 3], "Low": [1, 1], "Close": [2, 2], "Volume": [5, 6]}, index
    )
    frame = to_frame(prices)
    assert frame.schema == SCHEMA
    assert frame["timestamp"][0] == datetime(2024, 1, 1, tzinfo=UTC)


def test_other_names_and_types_are_understood_and_other_columns_left_out() -> None:
    raw = {
        "Date": ["2024-01-01"],
        "O": [Decimal("1.5")],
        "h": ["2"],
        "l": [1],
        "C": [1.5],
        "Vol": [7],
        "x": [None],
    }
    frame = to_frame(raw)
    assert frame.schema == SCHEMA
    assert frame.row(0)[1:] == (1.5, 2.0, 1.0, 1.5, 7.0)


def test_chunks_become_one() -> None:
    frame = pl.concat([hours(2), hours(2)], rechunk=False)
    assert to_frame(frame).n_chunks() == 1


@pytest.mark.parametrize("data", [5, None, object()])
def test_what_is_no_frame_is_refused(data: object) -> None:
    with pytest.raises(DataError, match="no frame"):
        to_frame(data)


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(DataError, match="cannot be read as a frame"):
        to_frame({"time": [1, 2], "open": [1, 2, 3]})


def test_a_missing_column_is_named_with_those_found() -> None:
    with pytest.raises(DataError, match=r"x: no column volume; expected timestamp,.*; found timestamp, open"):
        to_frame(hours().drop("volume"), where="x")


def test_text_that_is_no_number_is_named() -> None:
    raw = hours(3).with_columns(close=pl.Series(["1", "2,5", "3"]))
    with pytest.raises(DataError, match=r"column close, row 1: '2,5'; expected a number"):
        to_frame(raw)


def test_a_column_of_truth_values_is_refused() -> None:
    with pytest.raises(DataError, match="column close holds Boolean; expected numbers"):
        to_frame(hours(2).with_columns(close=pl.lit(value=True)))


def test_bars_hold_the_candles_and_come_back() -> None:
    frame = hours()
    bars = to_bars(frame, "1h")
    assert bars.interval_ns == 3_600_000_000_000
    np.testing.assert_array_equal(bars.close, frame["close"].to_numpy())
    assert_frame_equal(bars_to_frame(bars), frame)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("open", None, "expected a value"),
        ("close", float("nan"), "expected a finite number"),
        ("volume", float("inf"), "expected a finite number"),
        ("low", 0.0, "expected a price above 0"),
        ("open", -1.0, "expected a price above 0"),
        ("volume", -1.0, "expected a volume of 0 or more"),
        ("high", 1.0, "expected at least open and close"),
        ("low", 1e9, "expected at most open and close"),
        ("timestamp", None, "expected a value"),
        ("timestamp", datetime(2024, 1, 1, 3, tzinfo=UTC), "expected each time once"),
        ("timestamp", datetime(2023, 1, 1, tzinfo=UTC), "expected times in rising order"),
    ],
)
def test_each_offence_names_place_value_and_rule(column: str, value: object, rule: str) -> None:
    frame = changed(hours(6), column, 4, value)
    with pytest.raises(DataError) as caught:
        to_bars(frame, "1h", where="eth.csv")
    message = str(caught.value)
    assert message.startswith("eth.csv: column ")
    assert "row 4" in message
    assert rule in message


def test_the_first_offence_is_named_and_the_others_counted() -> None:
    frame = changed(changed(hours(6), "close", 5, float("nan")), "volume", 2, -1.0)
    with pytest.raises(DataError, match=r"column volume, row 2: -1.0; .*and 1 more offence in"):
        require_clean(frame)


def test_an_unknown_interval_is_refused() -> None:
    with pytest.raises(ParameterError, match="interval"):
        to_bars(hours(), "1 hour")
