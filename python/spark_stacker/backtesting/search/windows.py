"""The windows of a walk-forward: calendar months in UTC, training before test, never a bar in both."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from spark_stacker.backtesting.search.evaluators.contract import Window
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TrainTest", "months_later", "train_test_windows"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TrainTest:
    """A training window and the test window after it. ``complete``: the data reach to the end of the test."""

    train: Window
    test: Window
    train_bars: int
    test_bars: int
    complete: bool


def months_later(start: datetime, months: int) -> datetime:
    """The same time of the same day, so many months on; the month's last day where it has no such day.

    >>> months_later(datetime(2024, 1, 31, tzinfo=UTC), 1)
    datetime.datetime(2024, 2, 29, 0, 0, tzinfo=datetime.timezone.utc)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)


def train_test_windows(
    open_time_ns: NDArray[np.int64],
    *,
    start: datetime | None,
    interval_ns: int,
    train_months: int,
    test_months: int,
    embargo_bars: int,
    anchored: bool,
) -> list[TrainTest]:
    """The windows over bars with these open times, from ``start`` (by default the first bar) on.

    Training is ``[t, t + train)`` without its last ``embargo_bars``, the test ``[t + train, t + train +
    test)``; then ``t`` moves on by the length of the test. With ``anchored`` every training begins at the
    start. The last test may be cut short by the end of the data.
    """
    for name, value, least in (
        ("train_size", train_months, 1),
        ("test_size", test_months, 1),
        ("embargo_bars", embargo_bars, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ParameterError(f"{name} must be a whole number from {least} on, was {value!r}")
    first = start or _EPOCH + timedelta(microseconds=int(open_time_ns[0]) // 1_000)
    end_ns = int(open_time_ns[-1]) + interval_ns
    windows: list[TrainTest] = []
    number = 0
    while True:
        begin = months_later(first, number * test_months)
        split_ns = _ns(months_later(first, number * test_months + train_months))
        stop_ns = _ns(months_later(first, (number + 1) * test_months + train_months))
        if split_ns >= end_ns:
            break
        train = _rows(open_time_ns, _ns(first if anchored else begin), split_ns)
        test = _rows(open_time_ns, split_ns, stop_ns)
        last = train[1] - embargo_bars
        if test[0] < test[1]:
            if last - train[0] < 2:
                raise ParameterError(
                    f"the training window from {begin:%Y-%m-%d} has {train[1] - train[0]:,} bars, of which "
                    f"the embargo of {embargo_bars} leaves too few"
                )
            train_end = split_ns if not embargo_bars else int(open_time_ns[last])
            windows.append(
                TrainTest(
                    Window(int(open_time_ns[train[0]]), train_end),
                    Window(split_ns, stop_ns),
                    last - train[0],
                    test[1] - test[0],
                    stop_ns <= end_ns,
                )
            )
        number += 1
    if not windows:
        raise ParameterError(
            f"a training window of {train_months} months and a test after it are longer than the data, "
            f"which go from {_date(int(open_time_ns[0]))} to {_date(end_ns)}"
        )
    return windows


def _rows(times: NDArray[np.int64], start_ns: int, end_ns: int) -> tuple[int, int]:
    return int(np.searchsorted(times, start_ns)), int(np.searchsorted(times, end_ns))


def _ns(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1) * 1_000


def _date(time_ns: int) -> str:
    return f"{_EPOCH + timedelta(microseconds=time_ns // 1_000):%Y-%m-%d}"
