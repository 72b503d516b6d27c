"""The hash of data is of what they say, not of how they are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from spark_stacker.data import Catalogue, CSVDataSource, bars_to_frame, data_hash, to_bars, to_frame
from unit.data.made import changed, hours

if TYPE_CHECKING:
    from pathlib import Path


def test_the_hash_is_that_of_the_bytes_written_down_here() -> None:
    import hashlib
    import struct

    frame = to_frame(
        {"time": [1_704_067_200], "open": [1.0], "high": [3.0], "low": [0.5], "close": [2], "vol": [0]}
    )
    text = b"spark-stacker data 1\n"
    text += b"timestamp us 1\n" + struct.pack("<q", 1_704_067_200_000_000)
    for name, value in (("open", 1.0), ("high", 3.0), ("low", 0.5), ("close", 2.0), ("volume", 0.0)):
        text += f"{name} f8 1\n".encode() + struct.pack("<d", value)
    assert data_hash(frame) == hashlib.sha256(text).hexdigest()


def test_every_source_gives_the_same_hash(tmp_path: Path) -> None:
    frame = hours()
    csv, catalogue = CSVDataSource(tmp_path), Catalogue(tmp_path)
    csv.save(frame, "ETH", "1h")
    catalogue.write(frame, "v", "ETH", "1h")
    others = (
        csv.load("ETH", "1h"),
        catalogue.read("v", "ETH", "1h"),
        bars_to_frame(to_bars(frame, "1h")),
        to_frame(frame.to_pandas()),
        pl.concat([frame[:9], frame[9:]], rechunk=False),
    )
    assert {data_hash(other) for other in others} == {data_hash(frame)}


def test_any_change_of_a_value_an_order_or_a_name_changes_the_hash() -> None:
    frame = hours()
    near = float(np.nextafter(frame["close"][3], np.inf))
    others = (changed(frame, "close", 3, near), frame.reverse(), frame.rename({"open": "first"}), frame[1:])
    assert len({data_hash(other) for other in (frame, *others)}) == 5


def test_zeros_and_nulls_have_one_form() -> None:
    frame = hours(3)
    assert data_hash(changed(frame, "volume", 1, -0.0)) == data_hash(changed(frame, "volume", 1, 0.0))
    assert data_hash(changed(frame, "close", 1, None)) == data_hash(changed(frame, "close", 1, float("nan")))
