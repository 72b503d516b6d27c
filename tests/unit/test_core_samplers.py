"""The genetic samplers of the core as Python meets them; their search itself is tested in Rust."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spark_stacker import _core
from spark_stacker.errors import DataError, ParameterError

RULES: dict[str, Any] = {
    "population_size": 6,
    "generations": 3,
    "tournament_size": 2,
    "crossover_rate": 0.8,
    "mutation_rate": None,
    "seed": 1,
}


def test_genetic_proposes_new_sets_a_generation_at_a_time() -> None:
    search = _core.Genetic([5, 7], elite=2, stagnation=None, **RULES)
    generations = []
    while len(digits := search.ask()):
        assert digits.dtype == np.uint32
        search.tell(digits.sum(axis=1).astype(float))
        generations.append(digits)
    assert [len(digits) for digits in generations] == [6, 4, 4]
    assert len(np.unique(np.concatenate(generations), axis=0)) == 14


def test_nsga_takes_a_column_a_goal() -> None:
    search = _core.Nsga([5, 7], goals=2, **RULES)
    digits = search.ask()
    assert digits.shape == (6, 2)
    with pytest.raises(
        ParameterError, match=r"scores must be C-contiguous, of shape \(sets, 2\), was of shape \[6, 1\]"
    ):
        search.tell(np.zeros((6, 1)))
    search.tell(np.zeros((6, 2)))
    assert search.ask().shape == (6, 2)


def test_a_rule_that_cannot_be_is_refused() -> None:
    for changes, message in (
        ({"population_size": 1}, "population_size must be at least 2, was 1"),
        ({"crossover_rate": 1.5}, "crossover_rate must be between 0 and 1, was 1.5"),
        ({"mutation_rate": float("nan")}, "mutation_rate must be between 0 and 1"),
        ({"elite": 6}, "elite must be below the population_size 6, was 6"),
        ({"stagnation": 0}, "stagnation must be at least 1, was 0"),
    ):
        with pytest.raises(ParameterError, match=message):
            _core.Genetic([5, 7], **{"elite": 1, "stagnation": None, **RULES, **changes})


def test_scores_of_another_number_are_refused() -> None:
    search = _core.Genetic([5, 7], elite=1, stagnation=None, **RULES)
    search.ask()
    with pytest.raises(
        ParameterError, match="generation must be asked for after the scores of the last have been told"
    ):
        search.ask()
    with pytest.raises(DataError, match="column scores has 2 rows, expected 6"):
        search.tell(np.zeros(2))
