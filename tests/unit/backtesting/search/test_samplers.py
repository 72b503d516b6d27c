"""Samplers ask for the sets that they promise, none twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_stacker.backtesting.search import Space
from spark_stacker.backtesting.search.constraints import admits, parse_constraints
from spark_stacker.backtesting.search.samplers import GridSampler, RandomSampler
from spark_stacker.errors import ParameterError


def asked(sampler) -> list[tuple[int, ...]]:
    found = []
    while len(digits := sampler.ask()):
        assert digits.dtype == np.uint32
        assert digits.flags.c_contiguous
        found += [tuple(row) for row in digits.tolist()]
    return found


def everything(space: Space):
    return lambda digits: np.ones(len(digits), dtype=bool)


def test_a_grid_asks_for_every_set_in_order():
    space = Space.of({"a": [1, 2, 3], "b": list(range(7))})
    assert asked(GridSampler(space, batch=5)) == [tuple(row) for row in space.digits(range(21)).tolist()]


def test_a_grid_that_can_never_be_run_is_refused():
    space = Space.of({f"p{place}": list(range(1_000)) for place in range(7)})
    with pytest.raises(ParameterError, match=r"1\.0e\+21 sets"):
        GridSampler(space, batch=5)


@settings(max_examples=50)
@given(
    st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=4),
    st.integers(min_value=1, max_value=400),
    st.integers(min_value=0, max_value=2**40),
)
def test_a_random_search_asks_for_no_set_twice(radix, samples, seed):
    space = Space.of({f"p{place}": list(range(count)) for place, count in enumerate(radix)})
    sampler = RandomSampler(space, samples=samples, batch=7, seed=seed, admits=everything(space))
    found = asked(sampler)
    assert len(found) == len(set(found)) == min(samples, space.size) == sampler.planned
    assert all(digit < count for row in found for digit, count in zip(row, radix, strict=True))


def test_a_random_search_is_its_seed_and_not_its_batches():
    space = Space.of({"a": list(range(100)), "b": list(range(100))})
    constraint = admits(space, parse_constraints("a < b", space.paths))

    def drawn(seed: int, batch: int):
        return asked(RandomSampler(space, samples=300, batch=batch, seed=seed, admits=constraint))

    assert drawn(1, 16) == drawn(1, 300)
    assert drawn(1, 16) != drawn(2, 16)
    assert all(a < b for a, b in drawn(1, 16))


def test_a_random_search_covers_a_space_evenly():
    space = Space.of({"a": list(range(10)), "b": list(range(1_000))})
    found = np.array(asked(RandomSampler(space, samples=2_000, batch=500, seed=3, admits=everything(space))))
    counts = np.bincount(found[:, 0], minlength=10)
    # 10 cells of 200 expected: chi-square with 9 degrees of freedom is below 27.9 in 999 of 1,000 draws.
    assert ((counts - 200) ** 2 / 200).sum() < 27.9


def test_a_space_beyond_all_numbers_can_be_sampled():
    space = Space.of({f"p{place}": list(range(1_000)) for place in range(8)})
    found = asked(RandomSampler(space, samples=200, batch=64, seed=0, admits=everything(space)))
    assert len(set(found)) == 200


@pytest.mark.parametrize("samples", [0, -1, 1.5, True])
def test_a_number_of_samples_that_is_none_is_refused(samples):
    space = Space.of({"a": [1]})
    with pytest.raises(ParameterError, match="samples must be a whole number above 0"):
        RandomSampler(space, samples=samples, batch=1, seed=0, admits=everything(space))
