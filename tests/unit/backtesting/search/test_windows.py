"""Windows of a walk-forward: calendar months in UTC, training before test, no bar in both."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_stacker.backtesting.search.windows import months_later, train_test_windows
from spark_stacker.errors import ParameterError

HOUR_NS = 3_600_000_000_000


def hours(start: datetime, end: datetime) -> np.ndarray:
    first = int(start.timestamp()) * 1_000_000_000
    return np.arange(first, int(end.timestamp()) * 1_000_000_000, HOUR_NS, dtype=np.int64)


def windows(times, **changed):
    values = {
        "start": None,
        "interval_ns": HOUR_NS,
        "train_months": 6,
        "test_months": 2,
        "embargo_bars": 1,
        "anchored": False,
    } | changed
    return train_test_windows(times, **values)


def text(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns / 1e9, tz=UTC):%Y-%m-%d %H}"


def test_the_windows_of_the_guide():
    times = hours(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC))
    found = [
        (text(w.train.start_ns), text(w.train.end_ns), text(w.test.start_ns), text(w.test.end_ns), w.complete)
        for w in windows(times)
    ]
    assert found == [
        ("2024-01-01 00", "2024-06-30 23", "2024-07-01 00", "2024-09-01 00", True),
        ("2024-03-01 00", "2024-08-31 23", "2024-09-01 00", "2024-11-01 00", True),
        ("2024-05-01 00", "2024-10-31 23", "2024-11-01 00", "2025-01-01 00", False),
    ]


def test_an_anchored_training_begins_at_the_start():
    times = hours(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    found = windows(times, anchored=True)
    assert [text(w.train.start_ns) for w in found] == ["2024-01-01 00"] * 3
    assert [text(w.train.end_ns) for w in found] == ["2024-06-30 23", "2024-08-31 23", "2024-10-31 23"]


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2021, 1, 1)),  # noqa: DTZ001
    st.integers(min_value=60, max_value=700),
    st.integers(min_value=1, max_value=7),
    st.integers(min_value=1, max_value=4),
    st.integers(min_value=0, max_value=30),
    st.booleans(),
    st.sets(st.integers(min_value=0, max_value=5_000), max_size=200),
)
def test_no_bar_is_trained_and_tested_and_tests_follow_each_other(  # noqa: PLR0917
    start, days, train, test, embargo, anchored, missing
):
    begin = start.replace(tzinfo=UTC, minute=0, second=0, microsecond=0)
    times = hours(begin, begin + timedelta(days=days))
    times = np.delete(times, [row for row in missing if 0 < row < len(times) - 1])
    try:
        found = windows(times, train_months=train, test_months=test, embargo_bars=embargo, anchored=anchored)
    except ParameterError:
        assert months_later(begin, train) >= begin + timedelta(days=days)
        return
    for window in found:
        trained = times[(times >= window.train.start_ns) & (times < window.train.end_ns)]
        tested = times[(times >= window.test.start_ns) & (times < window.test.end_ns)]
        between = times[(times >= window.train.end_ns) & (times < window.test.start_ns)]
        assert (len(trained), len(tested), len(between)) == (window.train_bars, window.test_bars, embargo)
        assert trained[-1] < tested[0]
    for before, after in itertools.pairwise(found):
        assert before.test.end_ns == after.test.start_ns
        assert before.complete
    assert times[-1] < found[-1].test.end_ns
    assert found[-1].complete == (times[-1] + HOUR_NS >= found[-1].test.end_ns)


def test_the_end_of_a_month_does_not_drift():
    start = datetime(2023, 12, 31, tzinfo=UTC)
    assert [f"{months_later(start, step):%m-%d}" for step in range(5)] == [
        "12-31",
        "01-31",
        "02-29",
        "03-31",
        "04-30",
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_months": 12}, "are longer than the data, which go from 2024-01-01 to 2024-07-01"),
        ({"train_months": 0}, "train_size must be a whole number from 1"),
        ({"test_months": 1.5}, "test_size must be a whole number from 1"),
        ({"embargo_bars": -1}, "embargo_bars must be a whole number from 0"),
        ({"train_months": 1, "embargo_bars": 10_000}, "the embargo of 10000 leaves too few"),
    ],
)
def test_what_is_wrong_with_windows_is_said(changed, message):
    times = hours(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC))
    with pytest.raises(ParameterError, match=message):
        windows(times, **changed)
