"""Genetic searches: the rows of the grid, each once, better with every generation."""

from __future__ import annotations

import pytest

from made.searches import engine, settings
from spark_stacker.errors import ParameterError

SPACE = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 60, 3), "stop_loss_pct": [None, 2, 3, 4]}


@pytest.fixture(scope="module")
def made():
    return engine()


def breed(made, **changed):
    values = {"settings": settings(), "param_space": SPACE, "honesty": False, "seed": 3, **changed}
    return made.genetic_optimize(**values)


def test_no_set_is_run_twice_and_the_best_only_improves(made):
    found = breed(made)
    assert found.trials.select(found.space.paths).is_duplicated().sum() == 0
    assert found.history["tried"].sum() == found.count <= 200
    assert found.history["best_so_far"].is_sorted()
    assert found.history["best_so_far"][-1] == found.best_score == found.trials["sharpe_ratio"].max()


def test_its_rows_are_those_of_the_grid(made):
    grid = made.optimize_parameters(settings=settings(), param_grid=SPACE, honesty=False)
    rows = {row[:3]: row for row in grid.trials.rows()}
    found = breed(made)
    assert all(rows[row[:3]] == row for row in found.trials.rows())
    better = (grid.trials["sharpe_ratio"] > found.best_score).sum()
    assert better <= 0.02 * grid.count


def test_equal_seeds_give_equal_searches_on_any_number_of_threads(made):
    assert breed(made, threads=1).trials.equals(breed(made, threads=2).trials)
    assert not breed(made, seed=4).trials.equals(breed(made, seed=5).trials)


def test_constraints_are_never_run(made):
    found = breed(made, constraints=["slow_period >= 4 * fast_period"])
    assert (found.trials["cross.slow_period"] >= 4 * found.trials["cross.fast_period"]).all()


def test_a_search_that_stagnates_ends(made):
    found = breed(made, generations=200, stagnation=3, population_size=10)
    last = found.history["best_so_far"].to_list()
    assert len(last) < 200
    assert last[-1] == last[-3]


def test_a_small_space_is_exhausted(made):
    found = breed(
        made, param_space={"cross.fast_period": [3, 5], "cross.slow_period": [20, 30]}, generations=50
    )
    assert found.count == 4


def test_several_goals_end_in_a_front(made):
    found = breed(made, metric_to_optimize=["total_return", "max_drawdown"], population_size=16)
    gains, falls = found.pareto["total_return"].to_list(), found.pareto["max_drawdown"].to_list()
    assert gains == sorted(gains, reverse=True)
    assert falls == sorted(falls, reverse=True)
    assert found.count <= 160


@pytest.mark.parametrize("goal", ["sharpe_ratio", ["sharpe_ratio", "max_drawdown"]])
def test_it_resumes_as_if_it_had_never_stopped(made, tmp_path, goal):
    whole = breed(made, metric_to_optimize=goal, out=tmp_path / "kept")
    parts = sorted((tmp_path / "kept" / "parts").iterdir())
    for part in parts[4:]:
        part.unlink()
    (tmp_path / "kept" / "result.json").unlink()
    again = breed(made, metric_to_optimize=goal, resume=tmp_path / "kept")
    assert again.trials.equals(whole.trials)
    assert again.history.equals(whole.history)
    assert sorted((tmp_path / "kept" / "parts").iterdir()) == parts


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"population_size": 1}, "population_size must be a whole number from 2"),
        ({"generations": 0}, "generations must be a whole number from 1"),
        ({"elite": 20}, "elite must be below population_size 20"),
        ({"mutation_rate": 1.5}, "mutation_rate must be between 0 and 1"),
        ({"stagnation": 0}, "stagnation must be a whole number from 1"),
        ({"stagnation": 1.5}, "stagnation must be a whole number from 1"),
        ({"tournament_size": 10**12}, "tournament_size must be a whole number from 1 to 1,000, was 10000"),
        ({"population_size": 10**12}, "population_size must be a whole number from 2 to 1,000,000, was"),
        ({"mutation_rate": "x"}, "mutation_rate must be between 0 and 1, was 'x'"),
        ({"crossover_rate": None}, "crossover_rate must be between 0 and 1, was None"),
        ({"constraints": ["fast_period > slow_period"]}, "satisfies the constraints"),
    ],
)
def test_what_is_wrong_is_said(made, changed, message):
    with pytest.raises(ParameterError, match=message):
        breed(made, **changed)
