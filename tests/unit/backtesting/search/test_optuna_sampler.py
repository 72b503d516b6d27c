"""TPE and CMA-ES: by ask and tell, reproducible, no set twice."""

from __future__ import annotations

import sys

import numpy as np
import optuna
import pytest

from spark_stacker.backtesting.search import Space
from spark_stacker.backtesting.search.constraints import admits, parse_constraints
from spark_stacker.backtesting.search.samplers.optuna import OptunaSampler, Proposing
from spark_stacker.errors import ParameterError

SPACE = Space.of({"a": (0, 59, 1), "b": (0, 39, 1)})


def bowl(digits):
    """Highest at a = 41, b = 7."""
    return -((digits[:, 0] - 41.0) ** 2) - (digits[:, 1] - 7.0) ** 2


def run(method, score=bowl, *, space=SPACE, seed=0, text="", goals=1, **proposing):
    proposing.setdefault("samples", 80)
    allowed = admits(space, parse_constraints(text, space.paths) if text else ())
    sampler = OptunaSampler(
        space, Proposing(**proposing), method=method, goals=goals, seed=seed, admits=allowed
    )
    batches = []
    while len(digits := sampler.ask()):
        assert digits.dtype == np.uint32
        batches.append(digits)
        sampler.tell(digits, np.asarray(score(digits), dtype=float).reshape(len(digits), goals))
    found = np.concatenate(batches)
    assert len(np.unique(found, axis=0)) == len(found)
    return found, [len(batch) for batch in batches]


@pytest.mark.parametrize("method", ["tpe", "cma-es"])
def test_it_is_its_seed(method):
    first, sizes = run(method, seed=3)
    assert sizes == [20, 20, 20, 20]
    assert np.array_equal(first, run(method, seed=3)[0])
    assert not np.array_equal(first, run(method, seed=4)[0])


@pytest.mark.parametrize("method", ["tpe", "cma-es"])
def test_it_finds_more_than_as_many_draws_would(method):
    best = [bowl(run(method, seed=seed)[0]).max() for seed in range(3)]
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, [60, 40], size=(2_000, 80, 2))
    typical = np.median([bowl(sets).max() for sets in drawn])
    assert np.median(best) > typical


@pytest.mark.parametrize("method", ["tpe", "cma-es"])
def test_a_small_space_is_tried_whole_and_ends(method):
    space = Space.of({"a": [1, 2, 3], "b": [1, 2, 3, 4]})
    found, _ = run(method, space=space, samples=50, batch=5, startup=5)
    assert len(found) == 12


@pytest.mark.parametrize("method", ["tpe", "cma-es"])
def test_sets_that_the_constraints_forbid_are_not_asked_for(method):
    found, _ = run(method, text="a < b")
    assert (found[:, 0] < found[:, 1]).all()


@pytest.mark.parametrize("method", ["tpe", "cma-es"])
def test_failed_sets_do_not_stop_it(method):
    def half(digits):
        return np.where(digits[:, 0] % 2, -np.inf, bowl(digits))

    assert len(run(method, half)[0]) == 80
    assert len(run(method, lambda digits: np.full(len(digits), -np.inf))[0]) == 80


def test_tpe_learns_which_of_some_names_is_best():
    space = Space.of({"mode": ["any", "all", "majority", "weighted"], "a": (0, 199, 1)})

    def one_is_best(digits):
        return 100 * (digits[:, 0] == 2) - np.abs(digits[:, 1] - 9.0)

    found, _ = run("tpe", one_is_best, space=space, samples=60)
    assert (found[40:, 0] == 2).mean() > (found[:20, 0] == 2).mean() + 0.2


def test_tpe_takes_several_goals():
    found, _ = run("tpe", lambda digits: np.stack([bowl(digits), digits[:, 0]], axis=1), goals=2)
    assert len(found) == 80


@pytest.mark.parametrize("method", ["tpe", "cma-es"])
def test_it_says_nothing_and_leaves_optuna_as_it_was(method, capfd):
    before = optuna.logging.get_verbosity()
    run(method, samples=30)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before


@pytest.mark.parametrize(
    ("space", "goals", "message"),
    [
        (SPACE, 2, "cma-es improves one goal"),
        (Space.of({"a": [1, 2, 3], "b": [1]}), 1, "cma-es needs at least two settings"),
    ],
)
def test_what_cma_es_cannot_do_is_told(space, goals, message):
    with pytest.raises(ParameterError, match=message):
        run("cma-es", space=space, goals=goals)


@pytest.mark.parametrize("name", ["samples", "batch", "startup"])
def test_numbers_that_are_none_are_refused(name):
    with pytest.raises(ParameterError, match=f"{name} must be a whole number from 1 on"):
        Proposing(**{name: 0})


@pytest.mark.parametrize(("method", "missing"), [("tpe", "optuna"), ("cma-es", "cmaes")])
def test_without_the_extra_it_says_which(method, missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ParameterError, match=rf"needs {missing}: .*spark-stacker\[optuna\]"):
        run(method)
