"""Columns of a batch of a table as numbers, times and sides; an error names file, column and row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.schema import first_true
from spark_stacker.data.times import parse_times
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Cells"]

# Nanoseconds of one, first value, first value beyond: the units of the years 1973 to 2262 do not meet.
_UNITS: Final = (
    (10**9, 10**8, 10**10),
    (10**6, 10**11, 10**13),
    (10**3, 10**14, 10**16),
    (1, 10**17, 9_200_000_000_000_000_000),
)
_SIDES: Final = {"buy": 1, "b": 1, "bid": 1, "bids": 1, "sell": -1, "s": -1, "ask": -1, "a": -1, "asks": -1}
_TRUE: Final = {"true": True, "false": False, "1": True, "0": False}


class Cells:
    """A batch of rows of a table; ``first_row`` is the row of the file that it begins with."""

    def __init__(self, frame: pl.DataFrame, *, path: Path, first_row: int) -> None:
        self.frame = frame
        self.path = path
        self.first_row = first_row

    def has(self, *names: str) -> bool:
        """Whether all of these columns are there."""
        return all(name in self.frame.columns for name in names)

    def one_of(self, names: Sequence[str], what: str) -> str:
        """The first of ``names`` that is a column. Raises `DataError` if none is."""
        for name in names:
            if name in self.frame.columns:
                return name
        raise DataError(f"{self.path}: no column of {what}; expected one of {', '.join(names)}")

    def require(self, sound: pl.Series, name: str, expected: str) -> None:
        """Raises `DataError` naming the first row of column ``name`` that is not sound; null is not."""
        row = first_true(~sound.fill_null(value=False))
        if row is not None:
            found = self.frame[name][row]
            shown = repr(found if not isinstance(found, str) else found[:80])
            raise DataError(
                f"{self.path}: column {name}, row {self.first_row + row}: {shown}; expected {expected}"
            )

    def numbers(self, name: str, *, positive: bool = False, nullable: bool = False) -> pl.Series:
        """Float64, finite and at least 0, or above 0 where ``positive``."""
        column = self.frame[name]
        values = self._cast(column, pl.Float64, "numbers")
        sound = values.is_finite() & ((values > 0) if positive else (values >= 0))
        if nullable:
            missing = column.is_null() | (column == "" if column.dtype == pl.String else False)
            sound = sound.fill_null(value=False) | missing
        self.require(sound, name, f"a number {'above' if positive else 'of at least'} 0")
        return values

    def ids(self, name: str) -> pl.Series:
        """Int64; null where the column has no whole number."""
        column = self.frame[name]
        if column.dtype.is_integer() or column.dtype in (pl.String, pl.Null):
            return column.cast(pl.Int64, strict=False)
        raise DataError(f"{self.path}: column {name} is {column.dtype}; expected whole numbers")

    def truths(self, name: str) -> pl.Series:
        """Booleans, from booleans or text."""
        text = self.text(name).str.to_lowercase()
        values = text.replace_strict(_TRUE, default=None, return_dtype=pl.Boolean)
        self.require(values.is_not_null(), name, "true or false")
        return values

    def sides(self, name: str, *, unknown: Sequence[str] = ()) -> pl.Series:
        """Int8: +1 bid or buyer, -1 ask or seller, 0 for texts that mean that nobody knows."""
        known = _SIDES | dict.fromkeys(unknown, 0)
        values = self.text(name).str.to_lowercase().replace_strict(known, default=None, return_dtype=pl.Int8)
        self.require(values.is_not_null(), name, "buy or sell, bid or ask")
        return values

    def words(self, name: str, meaning: dict[str, str]) -> pl.Series:
        """Text, each as ``meaning`` has it."""
        values = (
            self.text(name).str.to_lowercase().replace_strict(meaning, default=None, return_dtype=pl.String)
        )
        self.require(values.is_not_null(), name, " or ".join(meaning))
        return values

    def times(self, name: str, *, nullable: bool = False) -> pl.Series:
        """Int64 nanoseconds since 1970; the unit is told from the size of the first value.

        Raises `DataError` naming the row of a value that is no time or of another unit.
        """
        column = self.frame[name]
        if column.dtype.is_temporal():
            times = self._from_datetimes(column)
        elif column.dtype.is_numeric() or column.dtype in (pl.String, pl.Null):
            times = self._from_numbers(column)
        else:
            raise DataError(f"{self.path}: column {name} is {column.dtype}; expected times")
        if not nullable:
            self.require(times.is_not_null(), name, "a time")
        return times

    def _from_datetimes(self, column: pl.Series) -> pl.Series:
        if not isinstance(column.dtype, pl.Datetime):
            raise DataError(f"{self.path}: column {column.name} is {column.dtype}; expected times")
        return column.dt.epoch("ns")

    def _from_numbers(self, column: pl.Series) -> pl.Series:
        name = column.name
        text = column.str.strip_chars() if column.dtype == pl.String else None
        if text is not None:
            digits = text.cast(pl.Int64, strict=False)
            if digits.null_count() == column.null_count():
                column, text = digits, None
        if text is not None and text.drop_nulls().head(1).str.contains("[-:]").any():
            return parse_times(column, where=str(self.path)).times * 1_000
        whole = self._cast(text.str.extract(r"^(\d+)") if text is not None else column, pl.Float64, "times")
        known = whole.drop_nulls()
        if known.is_empty():
            return column.cast(pl.Int64, strict=False)
        expected = "seconds, milliseconds, microseconds or nanoseconds since 1970"
        first = float(known[0])
        unit = next((unit for unit in _UNITS if unit[1] <= first < unit[2]), None)
        if unit is None:
            self.require(whole.is_null() | (whole < 0), name, expected)
            self.require(whole.is_null(), name, expected)
        factor, least, beyond = unit or _UNITS[0]
        written = column.is_not_null() if text is None else column.is_not_null() & (text != "")
        fits = (whole >= least) & (whole < beyond)
        self.require(fits.fill_null(value=False) | ~written, name, "the unit of the rows before")
        if text is not None:
            return self._exact(text, name, factor)
        if column.dtype.is_integer():
            return column.cast(pl.Int64) * factor
        return (column * float(factor)).round().cast(pl.Int64)

    def _exact(self, text: pl.Series, name: str, factor: int) -> pl.Series:
        """Digits before and after a point, without the detour over a float."""
        digits = len(str(factor)) - 1
        parts = pl.DataFrame({"text": text}).select(
            whole=pl.col("text").str.extract(r"^(\d+)(?:\.\d*)?$").cast(pl.Int64, strict=False),
            part=pl.col("text")
            .str.extract(r"\.(\d*)$")
            .fill_null("")
            .str.slice(0, digits)
            .str.pad_end(max(digits, 1), "0")
            .cast(pl.Int64, strict=False),
        )
        self.require(parts["whole"].is_not_null() | text.is_null() | (text == ""), name, "a time")
        return parts["whole"] * factor + parts["part"]

    def text(self, name: str) -> pl.Series:
        """Text without blanks around it; null stays null."""
        column = self.frame[name]
        is_text = column.dtype in (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null)
        if not (is_text or column.dtype.is_numeric()):
            raise DataError(f"{self.path}: column {name} is {column.dtype}; expected text")
        return column.cast(pl.String).str.strip_chars()

    def _cast(self, column: pl.Series, dtype: type[pl.DataType], what: str) -> pl.Series:
        if column.dtype == pl.String:
            return column.str.strip_chars().cast(dtype, strict=False)
        if not (column.dtype.is_numeric() or column.dtype == pl.Null):
            raise DataError(f"{self.path}: column {column.name} is {column.dtype}; expected {what}")
        return column.cast(dtype, strict=False)
