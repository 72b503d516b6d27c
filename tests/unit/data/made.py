"""Candles made for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from spark_stacker.data import SCHEMA, synthesise
from spark_stacker.data.times import to_utc

if TYPE_CHECKING:
    from datetime import datetime


def hours(bars: int = 48, *, seed: int = 1) -> pl.DataFrame:
    """Hourly candles from 2024-01-01 on."""
    return synthesise("sideways", interval="1h", bars=bars, seed=seed).frame


def at(text: str) -> datetime:
    """A time in UTC."""
    return to_utc(text)


def rows(*bars: tuple[str, float, float, float, float, float]) -> pl.DataFrame:
    """Candles written out: time, open, high, low, close, volume."""
    return pl.DataFrame([(at(time), *values) for time, *values in bars], schema=SCHEMA, orient="row")


def changed(frame: pl.DataFrame, column: str, row: int, value: object) -> pl.DataFrame:
    """``frame`` with one value changed."""
    values = frame[column].to_list()
    values[row] = value
    return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))
