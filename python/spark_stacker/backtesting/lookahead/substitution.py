"""Copies of what user code holds, with the data in them known up to a cut only.

Data are recognised by their times (a frame with a column of times, a pandas index of times, a mapping by
time) or by their length (an array, a series or a list with one value a candle). Everything else is copied
where it can change, so that no run sees what another left behind, and shared where it cannot.
"""

from __future__ import annotations

import copy
import enum
import functools
import math
import types
from collections import deque
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.backtesting.lookahead.futures import Cut, Future
from spark_stacker.backtesting.lookahead.own_code import is_own
from spark_stacker.data.times import to_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Substitution"]

_CANDLES = ("open", "high", "low", "close", "volume")
_FEWEST = 8
"""Values below which a list or an array as long as the candles is taken for one by chance."""


class Substitution:
    """Makes copies for one run, and keeps the names of the data met on the way.

    ``candles_held`` are the candles themselves, ``by_time`` other data with times, which are trusted to be
    the times at which each row was known. ``ready_made`` are values, one a candle, that are not the candles
    themselves: their later rows are replaced, but whether an earlier one was computed from later
    candles cannot be told. ``unknown`` are tables whose rows have no known time.
    """

    def __init__(self, candles: Mapping[str, pl.DataFrame], cut: Cut) -> None:
        self.cut = cut
        self.candles_held: dict[str, None] = {}
        self.ready_made: dict[str, None] = {}
        self.by_time: dict[str, None] = {}
        self.unknown: dict[str, None] = {}
        self._candles = candles
        self._copies: dict[
            int, tuple[object, object]
        ] = {}  # the original is kept, so that its id stays its own

        self._ways: tuple[tuple[Any, Callable[[Any, str], Any]], ...] = (
            (pl.LazyFrame, lambda value, name: self.of(value.collect(), name).lazy()),
            (pl.DataFrame, self._frame),
            (pl.Series, self._series),
            (np.ndarray, self._array),
            ((dict, list, tuple, set, deque), self._container),
            (functools.partial, self._partial),
            (types.MethodType, self._method),
            ((np.random.Generator, np.random.RandomState), lambda value, _name: copy.deepcopy(value)),
        )

    def of(self, value: Any, name: str) -> Any:
        """A copy of ``value``, which user code knows as ``name``."""
        if id(value) in self._copies:
            return self._copies[id(value)][1]
        made = self._made(value, name)
        self._copies[id(value)] = (value, made)
        return made

    def _made(self, value: Any, name: str) -> Any:
        for kind, copied in self._ways:
            if isinstance(value, kind):
                return copied(value, name)
        if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "iloc"):
            return self._pandas(value, name)
        if is_own(type(value)) and not isinstance(value, (type, enum.Enum)):
            return self._instance(value, name)
        return value

    def _partial(self, value: functools.partial[Any], name: str) -> functools.partial[Any]:
        return functools.partial(value.func, *self.of(value.args, name), **self.of(value.keywords, name))

    def _method(self, value: types.MethodType, name: str) -> types.MethodType:
        return types.MethodType(value.__func__, self.of(value.__self__, name))

    def _instance(self, value: Any, name: str) -> Any:
        made = copy.copy(value)
        self._copies[id(value)] = (value, made)  # before its parts, which may lead back to it
        for attribute, inner in list(getattr(value, "__dict__", {}).items()):
            made.__dict__[attribute] = self.of(inner, f"{name}.{attribute}")
        for kind in type(value).__mro__:
            for slot in getattr(kind, "__slots__", ()):
                if hasattr(value, slot):
                    object.__setattr__(made, slot, self.of(getattr(value, slot), f"{name}.{slot}"))
        return made

    def _container(self, value: Any, name: str) -> Any:
        if isinstance(value, dict):
            known = [key for key in value if not self._is_later(key, name)]
            made = copy.copy(value)
            made.clear()
            self._copies[id(value)] = (value, made)
            for key in known:
                made[key] = self.of(value[key], f"{name}[{key!r}]")
            return made
        if isinstance(value, (list, tuple)) and self._is_aligned(value) and _numbers(value):
            numbers = self._array(
                np.array([math.nan if item is None else item for item in value]), name
            ).tolist()
            return type(value)(
                None if item is None else number
                for item, number in zip(value[: len(numbers)], numbers, strict=True)
            )
        if isinstance(value, set):
            return {item for item in value if not self._is_later(item, name)}
        parts = [self.of(item, f"{name}[{place}]") for place, item in enumerate(value)]
        if isinstance(value, tuple):
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        return deque(parts, value.maxlen) if isinstance(value, deque) else type(value)(parts)

    def _is_later(self, key: object, name: str) -> bool:
        if not isinstance(key, date):
            return False
        self.by_time[name] = None
        time_ns = int(to_utc(key, name=name).timestamp() * 1_000_000) * 1_000
        return self.cut.future is not Future.RECORDED and time_ns > self.cut.close_ns

    def _frame(self, frame: pl.DataFrame, name: str) -> pl.DataFrame:
        time = next((column for column, kind in frame.schema.items() if kind.is_temporal()), None)
        if time is None:
            if self._is_aligned(frame):
                self._note(frame, name)
                return self.cut.frame(frame, self.cut.rows)
            if len(frame) >= _FEWEST:
                self.unknown[name] = None
            return frame.clone()
        is_candles = set(_CANDLES[:4]) <= set(frame.columns)
        if is_candles or self._is_aligned(frame):
            self._note(frame, name)
        else:
            self.by_time[name] = None
        known = self._known(frame[time], is_candles=is_candles)
        if frame[time].is_sorted():
            return self.cut.frame(frame, known)
        order = frame[time].arg_sort()
        if self.cut.future is Future.NONE:
            return frame[order.head(known).sort()]
        return self.cut.frame(frame[order], known)[order.arg_sort()]

    def _known(self, times: pl.Series, *, is_candles: bool) -> int:
        """Rows known at the cut: candles once they have closed, anything else from its time on."""
        stamps = times.cast(pl.Datetime("us")).cast(pl.Int64)
        step = int(stamps.diff().drop_nulls().min() or 0) if is_candles and len(stamps) > 1 else 0  # type: ignore[arg-type]
        return int((stamps + step <= self.cut.close_ns // 1_000).sum())

    def _series(self, series: pl.Series, name: str) -> pl.Series:
        if not self._is_aligned(series):
            return series.clone()
        self._note(series.to_frame(), name)
        return self.cut.frame(series.to_frame(), self.cut.rows).to_series()

    def _array(self, array: Any, name: str) -> Any:
        if not self._is_aligned(array) or array.ndim > 2 or array.dtype == object:
            return array.copy()
        if array.ndim == 1:
            self._note(pl.DataFrame({name: array}), name)
            return self.cut.array(array, self.cut.rows)
        self._note(pl.DataFrame(np.ascontiguousarray(array)), name)
        return np.column_stack([self.cut.array(column, self.cut.rows) for column in array.T])

    def _pandas(self, value: Any, name: str) -> Any:
        """Through Polars and back: the index stays that of the rows that are left."""
        import pandas as pd  # type: ignore[import-untyped,unused-ignore]

        if isinstance(value, pd.Index):
            return value
        table = value.to_frame("value") if isinstance(value, pd.Series) else value
        columns = {str(column): np.asarray(table[column]) for column in table.columns}
        frame = pl.DataFrame({key: held for key, held in columns.items() if held.dtype != object})
        if isinstance(table.index, pd.DatetimeIndex):
            frame = frame.insert_column(
                0, pl.Series("__time__", table.index.as_unit("us").tz_localize(None).to_numpy())
            )
        changed = self._frame(frame, name)
        made = value.iloc[: len(changed)].copy()
        for column in changed.columns:
            if column in columns and isinstance(value, pd.DataFrame):
                made[column] = changed[column].to_numpy()
            elif column == "value" and isinstance(value, pd.Series):
                made.iloc[:] = changed[column].to_numpy()
        return made

    def _is_aligned(self, value: Any) -> bool:
        return len(value) == self.cut.whole_rows >= _FEWEST

    def _note(self, frame: pl.DataFrame, name: str) -> None:
        """Keep the name under what it is: one of the candles' columns, or made from something."""
        is_candles = set(_CANDLES[:4]) <= set(frame.columns)
        for column in frame.columns:
            values = frame[column]
            if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
                continue
            place = name if len(frame.columns) == 1 else f"{name}[{column!r}]"
            if (column in _CANDLES and is_candles) or self._is_recorded(values.cast(pl.Float64)):
                self.candles_held[place] = None
            else:
                self.ready_made[place] = None

    def _is_recorded(self, values: pl.Series) -> bool:
        """Whether these are the numbers of some column of the candles."""
        return any(values.equals(candles[key]) for candles in self._candles.values() for key in _CANDLES)


def _numbers(value: Any) -> bool:
    return all(item is None or isinstance(item, (int, float, np.number)) for item in value)
