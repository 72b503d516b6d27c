"""Many parameter sets at once: each row is the backtest of the equal portfolio."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from spark_stacker import _core
from tests.made import plans
from tests.made.walks import core_bars, random_walk

if TYPE_CHECKING:
    from collections.abc import Sequence

METRICS = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades", "profit_factor", "hedge_profit")
ROWS = 600


@pytest.fixture(scope="module")
def bars() -> _core.Bars:
    return core_bars(random_walk(ROWS, seed=11))


def parameter(name: str, *values: Any, strategy: int = 0, indicator: int = 0) -> tuple[dict[str, Any], list[Any]]:
    target = {"strategy": strategy, "indicator": indicator, "parameter": name, "setting": None}
    return target, list(values)


def setting(name: str, *values: Any, strategy: int | None = 0) -> tuple[dict[str, Any], list[Any]]:
    return {"strategy": strategy, "indicator": None, "parameter": None, "setting": name}, list(values)


def sweep(plan: plans.Plan, bars: _core.Bars, *axes: Any, start: int = 0) -> _core.Sweep:
    return _core.Sweep(
        _core.Portfolio(plan), [bars], start=[start], signals=[], funding=[None], mark=[None], axes=axes
    )


def every_set(lengths: Sequence[int]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    return np.array(list(itertools.product(*map(range, lengths))), dtype=np.uint32)


def row_of(run: _core.Run) -> list[float]:
    found = run.metrics()
    return [np.nan if found[name] is None else float(found[name]) for name in METRICS]


def test_each_row_is_the_backtest_of_the_equal_portfolio(bars: _core.Bars) -> None:
    fast, slow, stops = [3, 5, 8], [13, 21], [None, 2.0]

    def plan(fast: int, slow: int, stop: float | None) -> plans.Plan:
        cross = plans.indicator("ma", "1h", fast_period=fast, slow_period=slow)
        return plans.plan("1h", plans.strategy("1h", cross, stop_loss_pct=stop), taker_fee_rate=0.0005)

    made = sweep(
        plan(2, 30, None),
        bars,
        parameter("fast_period", *fast),
        parameter("slow_period", *slow),
        setting("stop_loss_pct", *stops),
    )
    digits = every_set(made.lengths)
    values, status, reasons = made.evaluate(digits, METRICS, start_ns=None, end_ns=None, threads=2)

    expected = [row_of(plans.run(plan(fast[f], slow[s], stops[p]), bars)) for f, s, p in digits]
    assert np.array_equal(values, expected, equal_nan=True)
    assert not status.any()
    assert reasons == []
