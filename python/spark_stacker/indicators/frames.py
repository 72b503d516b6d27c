"""Frames on their way into indicators: any Arrow frame becomes Polars, its prices bars of the core."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
import polars as pl

from spark_stacker import _core
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from numpy.typing import NDArray

    class _ArrowExporter(Protocol):
        def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


__all__ = ["as_polars", "bar_interval", "close_time", "require_columns", "to_bars"]

_TIME_INDEX = "__index_level_0__"
"""The name under which pandas exports an index without one."""

_RECENT = 100
"""Rows from which the interval of the bars is read."""


class _ArrowStream:
    """Nothing but the stream of a frame: given a pandas frame itself, Polars leaves its index out."""

    def __init__(self, exporter: _ArrowExporter) -> None:
        self._exporter = exporter

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._exporter.__arrow_c_stream__(requested_schema)


def as_polars(data: object) -> pl.DataFrame:
    """``data`` as a Polars frame: Polars itself, or whatever exports an Arrow C stream (pandas 3, pyarrow).

    A nameless time index of pandas becomes the column ``timestamp``. Raises `DataError` for anything else.
    """
    if isinstance(data, pl.DataFrame):
        return data
    if isinstance(data, pl.LazyFrame):
        return data.collect()
    if not hasattr(data, "__arrow_c_stream__"):
        raise DataError(f"data must be a frame (Polars, pandas 3, pyarrow), was {type(data).__name__}")
    frame = pl.DataFrame(_ArrowStream(data))
    if _TIME_INDEX in frame.columns and "timestamp" not in frame.columns:
        frame = frame.rename({_TIME_INDEX: "timestamp"})
    return frame


def to_bars(frame: pl.DataFrame, reads: Iterable[str]) -> _core.Bars:
    """The columns that an indicator reads, as bars of the core, one a row.

    Prices that it does not read are those of the close, so a frame may come without them; times are the rows'
    order, since no indicator reads them. Raises `DataError` naming column, row and value for a column that is
    missing, not numeric, or holds a null, a NaN or a price that cannot be.
    """
    names = ["close", *reads]
    require_columns(frame, names)
    given = {name: _column(frame, name) for name in names}
    close = given["close"]
    return _core.Bars(
        np.arange(len(close), dtype=np.int64),
        given.get("open", close),
        given.get("high", close),
        given.get("low", close),
        close,
        given.get("volume", np.zeros_like(close)),
        interval_ns=1_000_000_000,
    )


def require_columns(frame: pl.DataFrame, names: Iterable[str]) -> None:
    """Raise `DataError` for the first of these columns that the frame has not."""
    for name in names:
        if name not in frame.columns:
            raise DataError(f"column {name} is missing; the frame has {', '.join(frame.columns) or 'none'}")


def _column(frame: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """A column as contiguous float64, its values checked so that an error names this column."""
    column = frame[name]
    if not column.dtype.is_numeric():
        raise DataError(f"column {name} must be numbers, was {column.dtype}")
    values = np.ascontiguousarray(column.cast(pl.Float64).to_numpy())
    is_volume = name == "volume"
    good = np.isfinite(values) & ((values >= 0) if is_volume else (values > 0))
    if not good.all():
        row = int(np.argmin(good))
        rule = "volume must be finite and not negative" if is_volume else "price must be finite and positive"
        raise DataError(f"column {name}, row {row}: {rule}, was {column[row]}")
    return values


def bar_interval(frame: pl.DataFrame) -> timedelta | None:
    """The shortest step between the rows' times, or `None` where there are none to compare."""
    if not isinstance(frame.schema.get("timestamp"), pl.Datetime):
        return None
    return cast("timedelta | None", frame["timestamp"].tail(_RECENT).diff().min())


def close_time(frame: pl.DataFrame, interval: timedelta | None) -> datetime | None:
    """When the last bar closed, in UTC; `None` where the frame does not tell."""
    if frame.is_empty() or not isinstance(frame.schema.get("timestamp"), pl.Datetime):
        return None
    step = interval or bar_interval(frame)
    if step is None:
        return None
    opened = cast("datetime", frame["timestamp"][-1])
    # A time without a zone is UTC, as everywhere.
    in_utc = opened.astimezone(UTC) if opened.tzinfo else opened.replace(tzinfo=UTC)
    return in_utc + step
