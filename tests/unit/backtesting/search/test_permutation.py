"""Permuted bars and the p-value of a winner among them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from made.walks import core_bars, random_walk
from spark_stacker.backtesting.search.overfit import permutation_p_value, permute_bars
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from spark_stacker import _core

COLUMNS = ("open", "high", "low", "close", "volume")


def moves(bars: _core.Bars) -> np.ndarray:
    """Each bar's prices over the close before, and its volume; rows ordered by volume, which is unique."""
    before = bars.close[:-1]
    columns = [getattr(bars, name)[1:] / before for name in COLUMNS[:-1]]
    rows = np.stack([*columns, bars.volume[1:]], axis=1)
    return rows[np.argsort(rows[:, -1])]


def test_permuted_bars_are_the_same_moves_in_another_order() -> None:
    bars = core_bars(random_walk(500, seed=3))
    made = permute_bars(bars, seed=1)
    assert not np.array_equal(made.close, bars.close)
    assert np.array_equal(made.open_time_ns, bars.open_time_ns)
    assert made.interval_ns == bars.interval_ns
    assert [getattr(made, name)[0] for name in COLUMNS] == [getattr(bars, name)[0] for name in COLUMNS]
    assert made.close[-1] == pytest.approx(bars.close[-1], rel=1e-12)
    assert np.allclose(moves(made), moves(bars), rtol=1e-13, atol=0)


def test_a_seed_gives_the_same_bytes() -> None:
    bars = core_bars(random_walk(300, seed=3))
    first, again, other = (permute_bars(bars, seed=seed) for seed in (5, 5, 6))
    for name in COLUMNS:
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    assert first.close.tobytes() != other.close.tobytes()


def test_every_move_is_as_likely_to_come_first() -> None:
    bars = core_bars(random_walk(5, seed=3))
    moved = [permute_bars(bars, seed=seed).volume[1] for seed in range(4_000)]
    counts = np.unique_counts(moved).counts
    # 1,000 of each expected, 27 the deviation: five of them.
    assert len(counts) == 4
    assert np.abs(counts - 1_000).max() < 137


def test_the_p_value_counts_the_real_search_among_the_permuted() -> None:
    assert permutation_p_value(2.0, [1.0, 0.5, -3.0, 1.9]) == 1 / 5
    assert permutation_p_value(2.0, [2.0, 3.0]) == 1.0
    assert permutation_p_value(2.0, [math.nan, math.inf, 0.0]) == 2 / 4


def test_each_mistake_is_named() -> None:
    with pytest.raises(ParameterError, match="observed must be a number, was NaN"):
        permutation_p_value(math.nan, [1.0])
    with pytest.raises(ParameterError, match="permuted must be the best of at least one permuted search"):
        permutation_p_value(1.0, [])
