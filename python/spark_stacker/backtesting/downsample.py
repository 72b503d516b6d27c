"""Fewer points for a chart, with the extremes kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["extreme_rows"]


def extreme_rows(values: NDArray[np.float64], points: int) -> NDArray[np.int64]:
    """Rows of at most about ``points`` values: first and last, and lowest and highest of each of equal
    stretches.

    All rows when there are no more than ``points``.

    >>> extreme_rows(np.array([1.0, 5.0, 2.0, 0.0, 3.0, 4.0]), 4).tolist()
    [0, 1, 3, 5]
    """
    rows = len(values)
    if rows <= points:
        return np.arange(rows)
    width = -(-rows // max(points // 2, 1))
    stretches = rows // width
    body = values[: stretches * width].reshape(stretches, width)
    start = np.arange(stretches) * width
    tail = stretches * width
    kept = [np.array([0, rows - 1]), start + body.argmin(axis=1), start + body.argmax(axis=1)]
    if tail < rows:
        kept.append(tail + np.array([values[tail:].argmin(), values[tail:].argmax()]))
    return np.unique(np.concatenate(kept))
