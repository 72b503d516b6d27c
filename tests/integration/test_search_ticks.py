"""Searches over the parameters of tick strategies."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from made.books import made_events
from spark_stacker.backtesting.ticks import ConstantLatency, GridMaker, TickSettings, run_tick_backtest
from spark_stacker.backtesting.ticks.search import search_ticks
from spark_stacker.errors import InputError, ParameterError

if TYPE_CHECKING:
    import polars as pl

MAKER = GridMaker(order_size=1.0, max_position=10.0, levels=3, interval_ms=50.0)
SETTINGS = TickSettings(
    maker_fee=-0.00005,
    order_latency=ConstantLatency(2_000_000),
    answer_latency=ConstantLatency(1_000_000),
    tick_size=0.1,
    initial_balance=1e7,
    record_interval_ns=100_000_000,
)
SPACE = {"half_spread_ticks": [1.0, 2.0, 4.0], "skew_ticks": [0.0, 0.5]}


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return made_events(20_000, seed=3).frame()


def test_a_grid_search_has_the_profit_of_every_run(events: pl.DataFrame) -> None:
    result = search_ticks(events, MAKER, SPACE, SETTINGS)
    expected = {}
    for half_spread, skew in itertools.product(*SPACE.values()):
        maker = GridMaker(
            order_size=1.0,
            max_position=10.0,
            levels=3,
            interval_ms=50.0,
            half_spread_ticks=half_spread,
            skew_ticks=skew,
        )
        expected[half_spread, skew] = run_tick_backtest(events, maker, SETTINGS).profit
    found = {(r["half_spread_ticks"], r["skew_ticks"]): r["net_profit"] for r in result.trials.to_dicts()}
    assert found == expected
    best = max(expected, key=lambda key: expected[key])
    assert tuple(result.best_params.values()) == best
    assert result.best_result.profit == expected[best]


@pytest.mark.parametrize(
    ("method", "options"),
    [("random", {"samples": 4}), ("genetic", {"population_size": 4, "generations": 2, "elite": 1})],
)
def test_other_searches_are_the_same_whatever_the_threads(
    events: pl.DataFrame, method: str, options: dict[str, int]
) -> None:
    one, two = (
        search_ticks(
            events,
            MAKER,
            SPACE,
            SETTINGS,
            method=method,
            metric_to_optimize="max_drawdown",
            threads=threads,
            seed=5,
            **options,
        )
        for threads in (1, 2)
    )
    assert one.count >= 4
    assert one.trials.equals(two.trials)


def test_a_set_that_cannot_be_run_has_its_reason(events: pl.DataFrame) -> None:
    result = search_ticks(events, MAKER, {"order_size": [-1.0, 1.0]}, SETTINGS)
    assert result.failed == 1
    assert "order_size" in result.trials["status"][0]
    assert result.best_params == {"order_size": 1.0}


def test_a_parameter_that_the_strategy_has_not_is_named(events: pl.DataFrame) -> None:
    with pytest.raises(ParameterError, match="GridMaker has no parameter 'half_spread'"):
        search_ticks(events, MAKER, {"half_spread": [1.0]}, SETTINGS)


def test_a_metric_of_bars_only_is_refused(events: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="beta is not a metric of runs on ticks"):
        search_ticks(events, MAKER, SPACE, SETTINGS, metric_to_optimize="beta")
