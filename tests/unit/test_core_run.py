"""What a backtest of the core lends to NumPy."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from tests.made import plans
from tests.made.walks import core_bars, random_walk

from spark_stacker import _core

BARS = 400


def run() -> _core.Run:
    bars = core_bars(random_walk(BARS, seed=5))
    plan = plans.plan("1h", plans.strategy("1h", plans.indicator("rsi", "1h", period=9)))
    return _core.run_backtest(
        _core.Portfolio(plan), [bars], start=[0], signals=[], funding=[None], mark=[None]
    )


def test_columns_of_a_run_are_read_only() -> None:
    made = run()
    for column in (made.equity, made.open_time_ns):
        assert column.shape == (BARS,)
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_columns_outlive_their_run() -> None:
    made = run()
    lent, kept = made.equity, made.equity.copy()
    assert np.shares_memory(lent, made.equity)
    del made
    gc.collect()
    run()
    assert lent.tolist() == kept.tolist()


def test_trade_columns_are_arrays_of_their_own_rows() -> None:
    trades = run().trades()
    count = len(trades["profit"])
    assert count > 1
    assert all(len(column) == count for column in trades.values())
    net = trades["gross_profit"] - trades["fees"] - trades["funding"]
    np.testing.assert_allclose(trades["profit"], net, rtol=1e-12)
    assert (trades["exit_time_ns"] > trades["entry_time_ns"]).all()
    assert trades["profit"].flags.c_contiguous
