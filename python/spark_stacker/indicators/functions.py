"""Indicators as plain functions: NumPy in and out, in the order that TA-Lib's users expect.

Every function takes columns of equal length, oldest row first, and gives arrays of that length. Rows
without a value yet are NaN. Any one-dimensional numbers are accepted: arrays, lists, Polars and pandas
series. A contiguous float64 array is read where it lies, anything else is copied once into one; a null counts
as NaN. The interpreter's lock is released while the core works, so no other thread may write a column
meanwhile. The lines of one call share one block of memory.

Raises :class:`~spark_stacker.errors.ParameterError` for a period or factor out of range and
:class:`~spark_stacker.errors.DataError` for columns that are not numbers, differ in length, hold an infinity,
or hold a NaN after their first number (a leading run of NaN is warm-up, so ``sma(rsi(close, 14), 5)`` works).
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final

import numpy as np

from spark_stacker import _core
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Average = Callable[[Array, int, Array], None]

__all__ = [
    "atr",
    "bollinger",
    "ema",
    "hull",
    "linear_regression",
    "linear_regression_intercept",
    "linear_regression_slope",
    "macd",
    "rma",
    "rsi",
    "sma",
    "supertrend",
    "t3",
    "tema",
    "vwma",
    "wma",
]


_REUSED: Final = 1 << 14
"""Numbers from which on the core keeps freed memory."""


def sma(values: ArrayLike, period: int) -> Array:
    """Simple moving average of the last ``period`` values.

    >>> sma([1.0, 2.0, 3.0, 6.0], 2)
    array([nan, 1.5, 2.5, 4.5])
    """
    return _average(_core.sma, values, period)


def ema(values: ArrayLike, period: int) -> Array:
    """Exponential moving average: weight ``2 / (period + 1)``, seeded by the mean of ``period`` values.

    >>> ema([1.0, 2.0, 3.0, 8.0], 3)
    array([nan, nan,  2.,  5.])
    """
    return _average(_core.ema, values, period)


def wma(values: ArrayLike, period: int) -> Array:
    """Weighted moving average: weights 1 for the oldest of ``period`` values to ``period`` for the newest.

    >>> wma([1.0, 4.0, 7.0], 2)
    array([nan,  3.,  6.])
    """
    return _average(_core.wma, values, period)


def hull(values: ArrayLike, period: int) -> Array:
    """Hull moving average: ``WMA(2 * WMA(n // 2) - WMA(n), isqrt(n))`` for a ``period`` n of at least 2.

    >>> hull([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 4).round(9)
    array([nan, nan, nan, nan,  5.,  6.])
    """
    return _average(_core.hull, values, period)


def vwma(close: ArrayLike, volume: ArrayLike, period: int) -> Array:
    """Volume-weighted moving average of the last ``period`` closes; NaN where the window has no volume.

    >>> vwma([1.0, 2.0, 4.0], [1.0, 3.0, 1.0], 2)
    array([ nan, 1.75, 2.5 ])
    """
    price = _column("close", close)
    out = _line(len(price))
    _core.vwma(price, _column("volume", volume), _period("period", period), out)
    return out


def rma(values: ArrayLike, period: int) -> Array:
    """Wilder's moving average: weight ``1 / period``, seeded by the mean of the first ``period`` values.

    >>> rma([1.0, 3.0, 6.0], 2)
    array([nan,  2.,  4.])
    """
    return _average(_core.rma, values, period)


def tema(values: ArrayLike, period: int) -> Array:
    """Triple exponential moving average: ``3 * e1 - 3 * e2 + e3``, each the EMA of the one before.

    >>> tema([2.0, 2.0, 2.0, 2.0, 2.0], 2)
    array([nan, nan, nan,  2.,  2.])
    """
    return _average(_core.tema, values, period)


def t3(values: ArrayLike, period: int, factor: float = 0.7) -> Array:
    """Tillson's T3 with the volume factor ``factor``; the first value is at row ``6 * (period - 1)``.

    >>> t3([2.0] * 8, 2)
    array([nan, nan, nan, nan, nan, nan,  2.,  2.])
    """
    column = _column("values", values)
    out = _line(len(column))
    _core.t3(column, _period("period", period), _number("factor", factor), out)
    return out


def rsi(close: ArrayLike, period: int = 14) -> Array:
    """Wilder's relative strength index, 0 to 100; ``period`` is at least 2.

    As TA-Lib's, but 50 instead of 0 where nothing has moved.

    >>> rsi([1.0, 2.0, 1.0, 4.0], 2).round(9)
    array([ nan,  nan, 50. , 87.5])
    """
    return _average(_core.rsi, close, period, name="close")


def macd(
    close: ArrayLike, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9
) -> tuple[Array, Array, Array]:
    """Moving average convergence/divergence: ``(macd, signal, histogram)``.

    Both averages are seeded as TA-Lib seeds them, so that ``macd`` starts at row ``slow_period - 1``; the
    signal, seeded by the mean of its first ``signal_period`` values, starts ``signal_period - 1`` rows later.

    >>> macd([1.0, 3.0, 3.0], 1, 2, 1)[0].round(3)
    array([  nan, 1.   , 0.333])
    """
    column = _column("close", close)
    lines = _lines(3, len(column))
    _core.macd(
        column,
        _period("fast_period", fast_period),
        _period("slow_period", slow_period),
        _period("signal_period", signal_period),
        *lines,
    )
    return lines[0], lines[1], lines[2]


def bollinger(close: ArrayLike, period: int = 20, std_dev: float = 2.0) -> tuple[Array, Array, Array]:
    """Bollinger bands ``(upper, middle, lower)``: the mean and ``std_dev`` population deviations around it.

    >>> bollinger([1.0, 3.0, 5.0], 2)
    (array([nan,  4.,  6.]), array([nan,  2.,  4.]), array([nan,  0.,  2.]))
    """
    column = _column("close", close)
    lines = _lines(3, len(column))
    _core.bollinger(column, _period("period", period), _number("std_dev", std_dev), *lines)
    return lines[0], lines[1], lines[2]


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14) -> Array:
    """Average true range, smoothed as Wilder does; row 0, with no close before it, is left out as in TA-Lib.

    >>> atr([2.0, 5.0, 4.0], [1.0, 3.0, 3.0], [2.0, 4.0, 3.0], 2)
    array([nan, nan,  2.])
    """
    columns = _column("high", high), _column("low", low), _column("close", close)
    out = _line(len(columns[0]))
    _core.atr(*columns, _period("period", period), out)
    return out


def supertrend(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 10, multiplier: float = 3.0
) -> tuple[Array, Array]:
    """SuperTrend ``(line, direction)``; the direction is 1 in an up-trend and -1 in a down-trend.

    The bands lie ``multiplier`` average true ranges from the middle of the bar. The line is the lower band in
    an up-trend, where it only rises, and the upper one in a down-trend, where it only falls. The trend is
    taken to be up at first, as in TA-Lib.

    >>> supertrend([3.0, 4.0, 9.0, 2.0], [1.0, 2.0, 8.0, 1.0], [2.0, 3.0, 8.5, 1.5], 1, 0.5)[1]
    array([nan,  1.,  1., -1.])
    """
    columns = _column("high", high), _column("low", low), _column("close", close)
    lines = _lines(2, len(columns[0]))
    _core.supertrend(*columns, _period("period", period), _number("multiplier", multiplier), *lines)
    return lines[0], lines[1]


def linear_regression(values: ArrayLike, period: int = 14) -> Array:
    """Least-squares line over the last ``period`` (at least 2) values: its value at the newest row.

    >>> linear_regression([1.0, 2.0, 6.0], 3).round(9)
    array([nan, nan, 5.5])
    """
    return _average(_core.linear_regression, values, period)


def linear_regression_slope(values: ArrayLike, period: int = 14) -> Array:
    """Least-squares line over the last ``period`` (at least 2) values: its change in one row.

    >>> linear_regression_slope([1.0, 2.0, 6.0], 3).round(9)
    array([nan, nan, 2.5])
    """
    return _average(_core.linear_regression_slope, values, period)


def linear_regression_intercept(values: ArrayLike, period: int = 14) -> Array:
    """Least-squares line over the last ``period`` (at least 2) values: its value at the oldest of them.

    >>> linear_regression_intercept([1.0, 2.0, 6.0], 3).round(9)
    array([nan, nan, 0.5])
    """
    return _average(_core.linear_regression_intercept, values, period)


def _average(function: Average, values: ArrayLike, period: int, *, name: str = "values") -> Array:
    column = _column(name, values)
    out = _line(len(column))
    function(column, _period("period", period), out)
    return out


def _line(rows: int) -> Array:
    return _lines(1, rows).reshape(rows)


def _lines(count: int, rows: int) -> Array:
    """Lines to be written. Those of some size lie where the lines of an earlier call lay that are gone: the
    first touch of fresh memory costs as much as an average over it.
    """
    return _core.empty_lines(count, rows) if count * rows >= _REUSED else np.empty((count, rows))


def _column(name: str, values: ArrayLike) -> Array:
    """The values as a contiguous float64 array; itself if it is one."""
    try:
        column = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"column {name}: values must be numbers, was {type(values).__name__}") from error
    if np.ndim(values) != 1:
        raise DataError(f"column {name}: values must be one-dimensional, had {np.ndim(values)} dimensions")
    return column


def _period(name: str, value: int) -> int:
    if isinstance(value, (bool, np.bool_)):
        raise ParameterError(f"{name} must be a whole number, was {value}")
    try:
        period = operator.index(value)
    except TypeError:
        raise ParameterError(f"{name} must be a whole number, was {value!r}") from None
    if not 0 <= period < 2**32:  # what the core can hold; it knows the real limits
        raise ParameterError(f"{name} must be between 1 and 10000000, was {period}")
    return period


def _number(name: str, value: float) -> float:
    if isinstance(value, (bool, np.bool_)):
        raise ParameterError(f"{name} must be a number, was {value}")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ParameterError(f"{name} must be a number, was {value!r}") from None
