"""Objectives: a metric in its better direction, weights as given, several goals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spark_stacker.backtesting.search.objective import Objective
from spark_stacker.errors import ParameterError

COLUMNS = {"sharpe_ratio": np.array([1.0, np.nan, 2.0]), "max_drawdown": np.array([0.1, 0.2, 0.5])}


@pytest.mark.parametrize(
    ("given", "scores"),
    [
        ("sharpe_ratio", [[1.0], [-math.inf], [2.0]]),
        ("max_drawdown", [[-0.1], [-0.2], [-0.5]]),
        ({"sharpe_ratio": 1, "max_drawdown": -2}, [[0.8], [-math.inf], [1.0]]),
        (["sharpe_ratio", "max_drawdown"], [[1.0, -0.1], [-math.inf, -math.inf], [2.0, -0.5]]),
    ],
)
def test_scores_are_higher_for_the_better(given, scores):
    np.testing.assert_allclose(Objective.of(given).scores(COLUMNS, 3), scores, rtol=1e-15)


def test_scores_are_shown_as_the_metric():
    assert Objective.of("max_drawdown").shown(-0.25) == "25.00 %"
    assert Objective.of("total_trades").shown(30.0) == "30"
    assert Objective.of({"sharpe_ratio": 2}).shown(1.5) == "1.5"
    assert Objective.of("sharpe_ratio").shown(-math.inf) == "–"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("sharp_ratio", "did you mean 'sharpe_ratio'"),
        (["sharpe_ratio", "sharpe_ratio"], "must differ"),
        ({"sharpe_ratio": 0}, "must be a number other than 0"),
        ({}, "has no weight"),
        ([], "must be a name, weights by name, or several names"),
        (5, "must be a name, weights by name, or several names"),
    ],
)
def test_what_is_wrong_with_an_objective_is_said(given, message):
    with pytest.raises(ParameterError, match=message):
        Objective.of(given)
