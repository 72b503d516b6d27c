"""What one call across the boundary between Python and the core costs, by pytest-benchmark.

``pytest benches`` times them; CI runs them with ``--benchmark-disable`` to see that they still work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from market import cross_plan, random_walk
from spark_stacker import _core
from spark_stacker.indicators import rsi

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

BARS = 8_760


@pytest.fixture(scope="module")
def bars() -> _core.Bars:
    return random_walk(BARS).bars()


@pytest.fixture
def portfolio() -> _core.Portfolio:
    return _core.Portfolio(cross_plan())


def test_an_indicator_on_few_values(benchmark: BenchmarkFixture) -> None:
    close = random_walk(100).close
    assert np.isfinite(benchmark(rsi, close, 14)[14:]).all()


def test_a_portfolio_from_its_plan(benchmark: BenchmarkFixture) -> None:
    plan = cross_plan()
    benchmark(_core.Portfolio, plan)


def test_a_backtest_with_its_metrics(
    benchmark: BenchmarkFixture, bars: _core.Bars, portfolio: _core.Portfolio
) -> None:
    def backtest() -> dict[str, float | int | None]:
        run = _core.run_backtest(portfolio, [bars], start=[0], signals=[], funding=[None], mark=[None])
        return run.metrics()

    assert benchmark(backtest)["total_trades"]


def test_a_year_of_hours_in_a_dry_run(
    benchmark: BenchmarkFixture, bars: _core.Bars, portfolio: _core.Portfolio
) -> None:
    columns = zip(bars.open, bars.high, bars.low, bars.close, bars.volume, strict=True)
    rows = [(0, *map(float, row)) for row in columns]
    times = bars.open_time_ns.tolist()

    def fresh() -> tuple[tuple[_core.Session, list[int]], dict[str, object]]:
        return (_core.Session(portfolio), times), {}

    def play(session: _core.Session, times: list[int]) -> None:
        for open_time_ns, row in zip(times, rows, strict=True):
            session.on_bars(open_time_ns, [row], [], [])
        assert session.bars_seen == BARS

    benchmark.pedantic(play, setup=fresh, rounds=5)
