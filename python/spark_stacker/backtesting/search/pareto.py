"""Sets that no other beats in every goal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["front", "middle"]


def front(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows that no other row beats, best in the first goal first; of equal rows the first.

    A row is beaten by one that is at least as good in every column and better in one. Rows with an undefined
    goal are left out.
    """
    known = np.flatnonzero(np.isfinite(scores).all(axis=1))
    # By falling first goal, then second, …: a row can only be beaten by one before it.
    order = known[np.lexsort(tuple(-scores[known, goal] for goal in range(scores.shape[1] - 1, -1, -1)))]
    kept: list[int] = []
    held = np.empty((0, scores.shape[1]))
    for row in order:
        if (held >= scores[row]).all(axis=1).any():
            continue
        kept.append(int(row))
        held = np.concatenate([held, scores[row : row + 1]])
    return np.array(kept, dtype=np.int64)


def middle(scores: NDArray[Any]) -> int:
    """The row of a front that is nearest to the best in each goal, each scaled to the front's extent."""
    low, high = scores.min(axis=0), scores.max(axis=0)
    extent = np.where(high > low, high - low, 1.0)
    return int(np.argmin((((high - scores) / extent) ** 2).sum(axis=1)))
