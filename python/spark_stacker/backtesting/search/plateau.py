"""How the best set stands among its neighbours, and which settings matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.space import Space, Value

__all__ = ["importance", "neighbours_of", "rank_of"]


def neighbours_of(space: Space, params: Mapping[str, Value]) -> NDArray[np.uint32]:
    """The digits of every set that differs from ``params`` in one setting by one step.

    Texts, and settings that may be off, have no order: every other value is a step away.
    """
    at = space.digits_of(params)
    found = []
    for place, axis in enumerate(space.axes):
        digit = int(at[place])
        ordered = all(
            isinstance(value, (int, float)) and not isinstance(value, bool) for value in axis.values
        )
        others = (digit - 1, digit + 1) if ordered else range(len(axis.values))
        for other in others:
            if other != digit and 0 <= other < len(axis.values):
                neighbour = at.copy()
                neighbour[place] = other
                found.append(neighbour)
    return np.array(found, dtype=np.uint32).reshape(-1, len(space.axes))


def rank_of(scores: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of ``known`` scores that each score is above, ties counting half."""
    if not len(known):
        return np.full(len(scores), 0.5)
    ordered = np.sort(known)
    below = np.searchsorted(ordered, scores, side="left")
    up_to = np.searchsorted(ordered, scores, side="right")
    return (below + up_to) / (2.0 * len(ordered))


def importance(trials: pl.DataFrame, space: Space, scores: NDArray[np.float64]) -> dict[str, float]:
    """Variance between the values of a setting over the whole variance of the scores (η²), by setting."""
    known = np.isfinite(scores)
    values = scores[known]
    total = float(((values - values.mean()) ** 2).sum()) if len(values) else 0.0
    found = {}
    for path in space.paths:
        if total == 0.0:
            found[path] = 0.0
            continue
        _, group = np.unique(
            trials[path].to_physical().rank("dense").fill_null(0).to_numpy()[known], return_inverse=True
        )
        count = np.bincount(group)
        means = np.bincount(group, weights=values) / count
        found[path] = float((count * (means - values.mean()) ** 2).sum()) / total
    return found
