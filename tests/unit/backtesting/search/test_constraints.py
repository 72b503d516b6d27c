"""Constraints: read, never executed; undefined satisfies nothing."""

from __future__ import annotations

import numpy as np
import pytest

from spark_stacker.backtesting.search import Space
from spark_stacker.backtesting.search.constraints import admits, parse_constraints
from spark_stacker.errors import ParameterError

PATHS = ("cross.fast_period", "cross.slow_period", "rsi.period", "other.period", "signal_mode")


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("fast_period < slow_period", [True, False, False]),
        ("cross.slow_period >= 2 * cross.fast_period", [True, False, False]),
        ("10 <= fast_period <= 20", [False, True, True]),
        ("fast_period == 5 or slow_period == 20", [True, True, False]),
        ("not fast_period == 5 and slow_period % 2 == 0", [False, True, False]),
        ("signal_mode == 'any'", [True, True, False]),
        ("-fast_period > -10", [True, False, False]),
        ("slow_period / fast_period > 1", [True, False, False]),
    ],
)
def test_conditions_on_parameters(text, held):
    [constraint] = parse_constraints(text, PATHS)
    columns = {
        "cross.fast_period": np.array([5.0, 20.0, 20.0]),
        "cross.slow_period": np.array([30.0, 20.0, 15.0]),
        "signal_mode": np.array(["any", "any", "all"], dtype=object),
    }
    assert constraint.metrics == ()
    assert constraint.holds(columns, 3).tolist() == held


@pytest.mark.parametrize("text", ["sharpe_ratio > 1", "sharpe_ratio != 1", "sharpe_ratio <= 1"])
def test_an_undefined_metric_satisfies_nothing(text):
    [constraint] = parse_constraints([text], PATHS)
    assert constraint.metrics == ("sharpe_ratio",)
    assert constraint.holds({"sharpe_ratio": np.array([np.nan])}, 1).tolist() == [False]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("not fast_period > 10", [True, False]),
        ("not (fast_period > 10 and slow_period > 10)", [True, False]),
        ("not (fast_period > 10 or slow_period > 90)", [True, False]),
        ("fast_period > 10 or slow_period < 90", [True, True]),
        ("fast_period and slow_period > 10", [True, False]),
        ("not 0 < fast_period < 3", [True, False]),
        ("signal_mode != 'all'", [True, False]),
        ("not signal_mode == 'all'", [True, False]),
    ],
)
def test_what_is_off_makes_no_condition_true(text, held):
    [constraint] = parse_constraints(text, PATHS)
    columns = {
        "cross.fast_period": np.array([5.0, np.nan]),
        "cross.slow_period": np.array([30.0, 30.0]),
        "signal_mode": np.array(["any", None], dtype=object),
    }
    assert constraint.holds(columns, 2).tolist() == held


@pytest.mark.parametrize("text", ["fast_period > 1 / 0", "fast_period > 5 % 0"])
def test_what_cannot_be_computed_is_named(text):
    [constraint] = parse_constraints(text, PATHS)
    with pytest.raises(ParameterError, match=r"cannot be computed: .*zero"):
        constraint.holds({"cross.fast_period": np.array([5.0])}, 1)


def test_a_path_that_is_no_python_name_is_read_as_it_is_written():
    paths = ("ma-cross.period", "class.period", "eth trend.4h rsi.period", "ma.period")
    text = "ma-cross.period < class.period and 2*eth trend.4h rsi.period-ma.period > 0"
    [constraint] = parse_constraints(text, paths)
    assert constraint.text == text
    assert set(constraint.names.values()) == set(paths)
    columns = {path: np.array([value]) for path, value in zip(paths, [1.0, 2.0, 3.0, 4.0], strict=True)}
    assert constraint.holds(columns, 1).tolist() == [True]
    columns["ma.period"] = np.array([6.0])
    assert constraint.holds(columns, 1).tolist() == [False]


def test_a_division_by_a_setting_of_zero_is_no_error():
    [constraint] = parse_constraints("slow_period / fast_period > 1", PATHS)
    columns = {"cross.fast_period": np.array([0.0, 0.0]), "cross.slow_period": np.array([5.0, 0.0])}
    assert constraint.holds(columns, 2).tolist() == [True, False]


def test_sets_are_decided_before_they_are_run():
    space = Space.of({"fast": [5, 10, 20], "slow": [10, 20]})
    decide = admits(space, parse_constraints(["fast < slow", "total_trades >= 30"], space.paths))
    digits = space.digits(range(space.size))
    assert space.frame(digits[decide(digits)]).rows() == [(5, 10), (5, 20), (10, 20)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fast_perod < 5", 'no setting of the space and no metric is called .fast_perod.; did you mean "'),
        ("period < 5", "may be rsi.period or other.period: write its path"),
        ("__import__('os').system('true') > 0", "is not allowed"),
        ("[x for x in (1, 2)] > 0", "is not allowed"),
        ("fast_period ** 9 > 0", "is not allowed"),
        ("fast_period in (1, 2)", "is not allowed"),
        ("fast_period", "must compare"),
        ("fast_period <", "cannot be read"),
        ("1 < 2", "names no setting"),
        (5, "must be a text"),
    ],
)
def test_what_is_wrong_with_a_constraint_is_said(text, message):
    with pytest.raises(ParameterError, match=message):
        parse_constraints([text], PATHS)
