"""Bad input to a search: named at once, before anything runs."""

from __future__ import annotations

import pytest

from made.backtests import moving_average
from made.searches import GRID, engine, follow, settings
from spark_stacker.errors import DataError, ParameterError, StrategyError


@pytest.fixture(scope="module")
def made():
    return engine()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"param_grid": None}, "the space must be given"),
        ({"param_grid": {}}, "the space is empty"),
        ({"param_grid": {"cross.fast_perod": [5]}}, 'no parameter .fast_perod.; did you mean "fast_period"'),
        ({"param_grid": {"stop_los_pct": [5]}}, 'no setting .stop_los_pct.; did you mean "stop_loss_pct"'),
        ({"param_grid": {"crss.fast_period": [5]}}, 'did you mean "cross.fast_period"'),
        ({"param_grid": {"cross.fast_period": [0]}}, "fast_period must be a whole number from 1"),
        ({"param_grid": {"cross.ma_type": ["smaa"]}}, "ma_type must be one of"),
        ({"param_grid": {"stop_loss_pct": ["two"]}}, "stop_loss_pct must be a number"),
        ({"param_grid": {"stop_loss_pct": [-1.0]}}, "stop_loss_pct"),
        (
            {"param_grid": {"main_leverage": [1], "leverage": [2]}},
            "main_leverage and leverage are the same setting",
        ),
        ({"param_grid": {"cross.fast_period": [5], "cross.short_period": [6]}}, "are the same setting"),
        ({"metric_to_optimize": "sharpe"}, "did you mean 'sharpe_ratio'"),
        ({"metrics": ["total_retrun"]}, "did you mean 'total_return'"),
        ({"constraints": ["fast < slow"]}, "no setting of the space and no metric is called 'fast'"),
        ({"constraints": ["fast_period > slow_period"]}, "no set of the 27 tried satisfies the constraints"),
        (
            {"constraints": ["total_trades > 1000000"]},
            "none of the 27 sets satisfies the constraints; most often",
        ),
        ({"thread": 2}, "no option 'thread'; did you mean \"threads\""),
        ({"threads": 0}, "threads must be a whole number from 1"),
        ({"progress": 3}, "progress must be a function, was 3"),
        ({"estimated": None}, "estimated must be a function, was None"),
        ({"honesty": "maybe"}, "honesty must be True or False, was 'maybe'"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"out": "a", "resume": "b"}, "give one of them"),
        ({"strategies": ["folow"]}, "no strategy"),
        ({"indicators": [moving_average()]}, "indicators and settings exclude each other"),
        ({"strategy_func": follow}, "strategy_func and settings exclude each other"),
        ({"symbol": "ETH-USD"}, "interval must be given with symbol"),
        ({"data_source_name": "mode"}, "did you mean 'made'"),
    ],
)
def test_what_is_wrong_with_a_call_is_said(made, changed, message):
    with pytest.raises(ParameterError, match=message):
        made.optimize_parameters(**{"settings": settings(), "param_grid": GRID, "honesty": False, **changed})


def test_something_must_be_searched(made):
    with pytest.raises(ParameterError, match="symbol must be given, or settings"):
        made.optimize_parameters(param_grid=GRID)
    with pytest.raises(ParameterError, match="there is nothing to search"):
        made.optimize_parameters(symbol="ETH-USD", interval="1h", param_grid=GRID)
    with pytest.raises(ParameterError, match="strategy_func must be a function, was str"):
        made.optimize_parameters("follow", "ETH-USD", "1h", param_grid=GRID)


def test_missing_data_are_told_as_in_a_backtest(made):
    with pytest.raises(DataError, match="data end with the bar"):
        made.optimize_parameters(settings=settings(), param_grid=GRID, end_date="2025-01-01")


def test_a_function_has_one_value_of_each_parameter(made):
    with pytest.raises(ParameterError, match="fast_period: is in strategy_params and is searched as well"):
        made.optimize_parameters(
            follow, "ETH-USD", "1h", param_grid={"fast_period": [5]}, strategy_params={"fast_period": 7}
        )


def test_a_setting_named_as_a_metric_is_refused(made):
    with pytest.raises(ParameterError, match="is a setting of the space and a metric"):
        made.optimize_parameters(follow, "ETH-USD", "1h", param_grid={"total_trades": [5]})


def test_sets_that_never_trade_say_so(made):
    def idle(data, simulation, params):
        return None

    with pytest.raises(ParameterError, match="undefined for each of the 2 sets: most likely none traded"):
        made.optimize_parameters(idle, "ETH-USD", "1h", param_grid={"a": [1, 2]}, threads=1)
    with pytest.raises(ParameterError, match="undefined for each of the 2 sets: most likely none traded"):
        made.optimize_parameters(
            idle,
            "ETH-USD",
            "1h",
            param_grid={"a": [1, 2]},
            metric_to_optimize=["max_drawdown", "sharpe_ratio"],
            threads=1,
        )


def test_a_python_indicator_must_have_the_parameter(made):
    from made.backtests import CrossInPython

    with pytest.raises(ParameterError, match="has no parameter 'fast'"):
        made.optimize_parameters(
            symbol="ETH-USD",
            interval="1h",
            indicators=[CrossInPython("own", {"fast_period": 5, "slow_period": 20})],
            param_grid={"own.fast": [1]},
        )


def test_an_indicator_that_fails_for_all_is_told(made):
    from made.backtests import CrossInPython

    with pytest.raises(StrategyError, match="all 2 sets failed; most often"):
        made.optimize_parameters(
            symbol="ETH-USD",
            interval="1h",
            indicators=[CrossInPython("own", {"fast_period": 5, "slow_period": 20})],
            param_grid={"own.fast_period": ["a", "b"]},
        )
