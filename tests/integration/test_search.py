"""Every row of a search is the backtest of that set, for all three kinds of strategies."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from made.backtests import CrossInPython, moving_average
from made.searches import GRID, Counting, engine, failing, follow, settings
from spark_stacker.backtesting.metrics import METRICS
from spark_stacker.backtesting.search import LogRange, Range, SearchResult
from spark_stacker.config import parse_settings
from spark_stacker.errors import ParameterError, StrategyError

FUNCTION_GRID = {"fast_period": [5, 10], "slow_period": [20, 30], "position_size": (0.1, 0.5, 0.2)}


@pytest.fixture(scope="module")
def made():
    return engine()


@pytest.fixture(scope="module")
def grid(made):
    return made.optimize_parameters(settings=settings(), param_grid=GRID, honesty=False)


def assert_row(row, result):
    for name in METRICS:
        expected = result.metrics[name]
        assert row[name] == expected or (row[name] is None and expected is None), name


def test_a_grid_of_a_configured_strategy_is_the_backtest_of_each_set(made, grid):
    assert len(grid.trials) == 27
    for row in grid.trials.iter_rows(named=True):
        given = settings(stop_loss_pct=row["stop_loss_pct"])
        cross = given.indicators[0].model_copy(
            update={
                "parameters": {
                    "fast_period": row["cross.fast_period"],
                    "slow_period": row["cross.slow_period"],
                }
            }
        )
        assert_row(row, made.run_settings(given.model_copy(update={"indicators": (cross,)})))
        assert row["status"] == "done"


def test_the_best_set_is_the_row_with_the_highest_metric(grid):
    best = grid.trials.sort("sharpe_ratio", descending=True, nulls_last=True).row(0, named=True)
    assert grid.best_params == {path: best[path] for path in GRID}
    assert grid.best_score == best["sharpe_ratio"]
    best_params, best_result = grid
    assert best_params == grid.best_params
    assert_row(best, best_result)
    assert grid.top(1).row(0, named=True) == best


@pytest.mark.parametrize(
    ("base", "grid", "field"),
    [
        ({}, {"main_leverage": [1, 2.5]}, "main_leverage"),
        ({}, {"side": ["long", "short", "both"]}, "side"),
        ({}, {"signal_mode": ["any", "all"]}, "signal_mode"),
        ({}, {"hedge_ratio": [0, 0.2]}, "hedge_ratio"),
        ({"hedge_ratio": 0.2}, {"hedge_leverage": (1, 3, 1)}, "hedge_leverage"),
        ({}, {"max_holding_time": [None, "6h", "1d"]}, "max_holding_time"),
        ({}, {"timeframe": ["1h", "2h", "4h"]}, "timeframe"),
        ({}, {"take_profit_pct": LogRange(1, 9, 3)}, "take_profit_pct"),
        ({}, {"trailing_stop_pct": Range(1, 2, 0.5)}, "trailing_stop_pct"),
    ],
)
def test_any_setting_of_a_strategy_can_be_searched(made, base, grid, field):
    found = made.optimize_parameters(settings=settings(**base), param_grid=grid, honesty=False)
    for row in found.trials.iter_rows(named=True):
        given = settings(**base, **{field: row[field]})
        assert_row(row, made.run_settings(given, intervals={"ETH-USD": "1h"}))


def test_candles_serve_every_timeframe_searched(made):
    found = made.optimize_parameters(
        settings=settings(timeframe="4h"), param_grid={"timeframe": ["4h", "1h"]}, honesty=False
    )
    assert found.trials["status"].to_list() == ["done", "done"]


def test_the_sizing_can_be_searched(made):
    found = made.optimize_parameters(
        settings=settings(sizing={"method": "fixed_usd", "amount": 500}),
        param_grid={"sizing.amount": [500, 1_000]},
        honesty=False,
    )
    for row in found.trials.iter_rows(named=True):
        given = settings(sizing={"method": "fixed_usd", "amount": row["sizing.amount"]})
        assert_row(row, made.run_settings(given))


def test_fees_and_slippage_can_be_searched(made):
    space = {"simulation.taker_fee": [0.0, 0.001], "simulation.slippage.bps": [0, 5]}
    found = made.optimize_parameters(settings=settings(), param_grid=space, honesty=False)
    assert found.best_params == {"simulation.taker_fee": 0.0, "simulation.slippage.bps": 0}
    assert found.trials["fees_paid"].to_list()[0] == 0.0


def test_two_strategies_are_told_apart_by_name(made):
    both = parse_settings(
        {
            "indicators": [
                {"name": "cross", "type": "ma", "parameters": {"fast_period": 10, "slow_period": 30}}
            ],
            "strategies": [
                {"name": "one", "market": "ETH-USD", "side": "long", "max_position_size": 500},
                {"name": "two", "market": "ETH-USD", "side": "short", "max_position_size": 500},
            ],
        }
    )
    apart = {"one.cross.fast_period": [5, 8], "two.stop_loss_pct": [2, 3]}
    found = made.optimize_parameters(settings=both, param_grid=apart, honesty=False)
    for number in range(len(found.trials)):
        row = found.trials.row(number, named=True)
        params = {path: row[path] for path in apart}
        assert_row(row, found._evaluator.result(params))
    together = made.optimize_parameters(
        settings=both, param_grid={"cross.fast_period": [5, 8]}, honesty=False
    )
    assert_row(together.trials.row(0, named=True), together._evaluator.result({"cross.fast_period": 5}))
    with pytest.raises(ParameterError, match=r"say of which strategy, such as one\.stop_loss_pct"):
        made.optimize_parameters(settings=both, param_grid={"stop_loss_pct": [2]}, honesty=False)


def test_indicators_are_searched_as_they_are_backtested(made):
    found = made.optimize_parameters(
        symbol="ETH-USD",
        interval="1h",
        indicators=[moving_average()],
        param_grid={"ma.fast_period": [5, 10], "stop_loss_pct": [2.0, 4.0]},
        honesty=False,
    )
    for row in found.trials.iter_rows(named=True):
        result = made.run_backtest(
            symbol="ETH-USD",
            interval="1h",
            indicators=[moving_average(fast_period=row["ma.fast_period"])],
            strategy={"stop_loss_pct": row["stop_loss_pct"]},
        )
        assert_row(row, result)


def test_an_indicator_in_python_is_computed_once_for_each_set_of_its_parameters(made):
    Counting.calls.clear()
    found = made.optimize_parameters(
        symbol="ETH-USD",
        interval="1h",
        indicators=[Counting("own", {"fast_period": 5, "slow_period": 20})],
        param_grid={"stop_loss_pct": [1.0, 2.0, 3.0], "own.fast_period": [4, 6], "own.slow_period": [20, 30]},
        honesty=False,
    )
    assert len(found.trials) == 12
    assert len(Counting.calls) == len(set(Counting.calls)) == 4
    for row in found.trials.iter_rows(named=True):
        params = {"fast_period": row["own.fast_period"], "slow_period": row["own.slow_period"]}
        result = made.run_backtest(
            symbol="ETH-USD",
            interval="1h",
            indicators=[moving_average(**params)],
            strategy={"stop_loss_pct": row["stop_loss_pct"]},
        )
        assert_row(row, result)


def test_a_function_is_searched_as_it_is_backtested(made):
    found = made.optimize_parameters(
        follow, "ETH-USD", "1h", param_grid=FUNCTION_GRID, honesty=False, threads=1
    )
    assert len(found.trials) == 12
    for row in found.trials.iter_rows(named=True):
        params = {path: row[path] for path in FUNCTION_GRID}
        assert_row(row, made.run_backtest(follow, "ETH-USD", "1h", strategy_params=params))
    assert found.best_result.configuration["strategy_params"] == found.best_params


def test_a_set_that_fails_says_why_and_the_others_go_on(made):
    found = made.optimize_parameters(
        failing, "ETH-USD", "1h", param_grid=FUNCTION_GRID, honesty=False, threads=1
    )
    failed = found.trials.filter(found.trials["status"] != "done")
    assert set(failed["fast_period"]) == {10}
    assert all("RuntimeError('no ten')" in reason for reason in failed["status"])
    assert failed["total_return"].null_count() == len(failed) == found.failed == 6
    assert found.best_params["fast_period"] == 5


def test_a_combination_that_the_core_refuses_fails_that_set_alone(made):
    found = made.optimize_parameters(
        settings=settings(),
        param_grid={"cross.fast_period": [5, 30], "cross.slow_period": [20, 30]},
        honesty=False,
    )
    reasons = dict(zip(found.trials.select(found.space.paths).rows(), found.trials["status"], strict=True))
    assert reasons[5, 20] == reasons[5, 30] == "done"
    assert "fast_period" in reasons[30, 20]
    assert "fast_period" in reasons[30, 30]


def test_constraints_leave_sets_out_or_mark_them(made):
    found = made.optimize_parameters(
        settings=settings(),
        param_grid=GRID,
        constraints=["slow_period >= 3 * fast_period", "total_trades >= 25"],
        honesty=False,
    )
    assert all(row[1] >= 3 * row[0] for row in found.trials.rows())
    broken = found.trials.filter(found.trials["status"] != "done")
    assert set(broken["status"]) == {"constraint: total_trades >= 25"}
    assert (broken["total_trades"] < 25).all()
    assert found.best_result.metrics["total_trades"] >= 25


def test_weights_and_directions_of_the_objective_count(made):
    calm = made.optimize_parameters(
        settings=settings(), param_grid=GRID, metric_to_optimize="max_drawdown", honesty=False
    )
    assert calm.best_result.metrics["max_drawdown"] == calm.trials["max_drawdown"].min()
    weighed = made.optimize_parameters(
        settings=settings(),
        param_grid=GRID,
        metric_to_optimize={"total_return": 1, "max_drawdown": -0.5},
        honesty=False,
    )
    scores = weighed.trials["total_return"] - 0.5 * weighed.trials["max_drawdown"]
    assert weighed.best_score == pytest.approx(scores.max(), rel=1e-12)


def test_several_goals_give_the_sets_that_none_beats(made):
    found = made.optimize_parameters(
        settings=settings(),
        param_grid=GRID,
        metric_to_optimize=["total_return", "max_drawdown"],
        honesty=False,
    )
    front = set(found.pareto.select("total_return", "max_drawdown").rows())
    pairs = found.trials.select("total_return", "max_drawdown").rows()
    expected = {
        (gain, fall)
        for gain, fall in pairs
        if not any((g >= gain and f <= fall and (g, f) != (gain, fall)) for g, f in pairs)
    }
    assert front == expected
    assert tuple(found.best_params.values()) in set(found.pareto.select(found.space.paths).rows())


def test_the_plateau_is_the_rank_of_the_neighbours(grid):
    scores = np.array([score if score is not None else -math.inf for score in grid.trials["sharpe_ratio"]])
    best = [list(axis.values).index(grid.best_params[axis.path]) for axis in grid.space.axes]
    ranks = []
    for number in range(27):
        digits = grid.space.digits([number])[0].astype(int)
        moved = np.flatnonzero(digits != best)
        # The stop may be off, so that its values have no order.
        if len(moved) == 1 and (moved[0] == 2 or abs(digits[moved[0]] - best[moved[0]]) == 1):
            below, ties = (scores < scores[number]).sum(), (scores == scores[number]).sum()
            ranks.append((below + ties / 2) / 27)
    assert grid.plateau_score == pytest.approx(np.mean(ranks), rel=1e-12)


def test_importance_is_the_share_of_variance_that_a_setting_explains(grid):
    scores = grid.trials["sharpe_ratio"].to_numpy()
    total = ((scores - scores.mean()) ** 2).sum()
    by_fast = grid.trials.group_by("cross.fast_period").agg(grid.trials["sharpe_ratio"].name).to_dict()
    between = sum(
        len(values) * (np.mean(values) - scores.mean()) ** 2 for values in by_fast["sharpe_ratio"].to_list()
    )
    assert grid.importance["cross.fast_period"] == pytest.approx(between / total, rel=1e-9)


def test_only_the_metrics_asked_for_are_columns(made):
    found = made.optimize_parameters(
        settings=settings(), param_grid=GRID, metrics=["total_return"], honesty=False
    )
    assert found.trials.columns == [*GRID, "total_return", "sharpe_ratio", "status"]


def test_figures_show_every_set(grid):
    heat = grid.heat_map("cross.fast_period", "cross.slow_period")
    best = grid.trials.filter(
        (grid.trials["cross.fast_period"] == 5) & (grid.trials["cross.slow_period"] == 40)
    )["sharpe_ratio"].max()
    assert heat.data[0].z[2][0] == best
    lines = grid.parallel_coordinates()
    assert len(lines.data[0].dimensions[0].values) == 27
    assert [dimension.label for dimension in lines.data[0].dimensions[:3]] == list(GRID)
    effects = grid.sensitivity()
    assert len(effects.data) == 6
    with pytest.raises(ParameterError, match="did you mean"):
        grid.heat_map("cross.fast_perod")


def test_a_result_is_the_same_after_pickling_and_saving(grid, tmp_path):
    grid.save(tmp_path / "kept")
    pickled = pickle.loads(pickle.dumps(grid))  # noqa: S301 - made here
    for other in (pickled, SearchResult.load(tmp_path / "kept")):
        assert other.trials.equals(grid.trials)
        assert other.best_params == grid.best_params
        assert other.best_result.metrics == grid.best_result.metrics
        assert other.plateau_score == grid.plateau_score
        assert other.summary() == grid.summary()


def test_a_random_search_is_part_of_the_grid(made, grid):
    found = made.random_search(settings=settings(), param_space=GRID, samples=10, seed=4, honesty=False)
    rows = {row[:3]: row for row in grid.trials.rows()}
    assert len(found.trials) == 10
    assert all(rows[row[:3]] == row for row in found.trials.rows())


def test_all_failing_says_the_commonest_reason(made):
    with pytest.raises(StrategyError, match=r"all 4 sets failed; most often .*no ten"):
        made.optimize_parameters(
            failing,
            "ETH-USD",
            "1h",
            param_grid={"fast_period": [10], "slow_period": [20, 30], "position_size": [0.1, 0.2]},
            threads=1,
        )


def test_the_best_set_may_lie_where_each_of_its_values_alone_does_not_fit(made):
    # The settings have averages of 10 and 30 closes: 40 fits only with the other value of its set.
    found = made.optimize_parameters(
        settings=settings(),
        param_grid={"cross.fast_period": [40, 45], "cross.slow_period": [50, 60]},
        honesty=False,
    )
    assert found.best_result.metrics["total_return"] == found.top(1)["total_return"][0]


class Ordered(CrossInPython):
    """Refuses averages in the wrong order, as its maker would."""

    def __init__(self, name, params=None):
        super().__init__(name, params)
        if self.params["fast_period"] >= self.params["slow_period"]:
            raise ValueError("fast_period must be below slow_period")


def test_parameters_of_an_indicator_in_python_are_checked_together(made):
    found = made.optimize_parameters(
        symbol="ETH-USD",
        interval="1h",
        indicators=[Ordered("own", {"fast_period": 5, "slow_period": 20})],
        param_grid={"own.fast_period": [25, 30], "own.slow_period": [40, 10]},
        honesty=False,
    )
    assert found.trials["status"].str.starts_with("parameters of indicator 'own' were refused").sum() == 2
    assert found.best_params["own.slow_period"] == 40
    assert found.best_result.metrics["total_trades"] > 0
