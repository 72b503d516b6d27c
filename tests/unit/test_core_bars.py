"""Candles cross into the core checked."""

from __future__ import annotations

import numpy as np
import pytest

from spark_stacker import _core
from spark_stacker.errors import DataError


def test_columns_cross_and_come_back() -> None:
    close = np.array([1.0, 2.0])
    bars = _core.Bars(
        np.array([0, 60_000_000_000]), close, close, close, close, close, interval_ns=60_000_000_000
    )
    assert len(bars) == 2
    np.testing.assert_array_equal(bars.close, close)
    assert len(bars.slice(1, 9)) == 1


def test_a_nan_is_refused_with_its_place() -> None:
    close = np.array([1.0, np.nan])
    with pytest.raises(DataError, match="column open, row 1"):
        _core.Bars(np.array([0, 1]), close, close, close, close, close, interval_ns=60_000_000_000)
