"""How long a search will take, from running a few of its sets."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from spark_stacker.backtesting.metrics import format_duration
from spark_stacker.backtesting.search.evaluators.contract import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.evaluators import Evaluator, Window

__all__ = ["Estimate", "estimate"]

_ENOUGH: Final = 0.02
"""Seconds that a measurement must last to be believed."""
_MOST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Estimate:
    """Sets, and the time for them as measured on ``measured`` of them."""

    sets: int
    seconds: float
    measured: int

    def __str__(self) -> str:
        duration = format_duration(self.seconds) if self.seconds >= 1 else "less than a second"
        return f"{self.sets:,} sets, about {duration}"


def estimate(
    evaluator: Evaluator,
    sets: int,
    metrics: Sequence[str],
    window: Window = WHOLE,
    *,
    threads: int,
) -> Estimate:
    """Runs sets spread over the space, more and more until the time can be told, and multiplies."""
    count = min(sets, 1)
    while count:
        digits = _spread(evaluator, count)
        began = time.perf_counter()
        evaluator.evaluate(digits, metrics, window, threads=threads)
        seconds = time.perf_counter() - began
        if seconds >= _ENOUGH or count >= min(sets, _MOST):
            return Estimate(sets, seconds / count * sets, count)
        count = min(4 * count, sets, _MOST)
    return Estimate(0, 0.0, 0)


def _spread(evaluator: Evaluator, count: int) -> NDArray[np.uint32]:
    """Sets at even distances along every setting."""
    columns = [
        (np.arange(count, dtype=np.int64) * radix // count + place) % radix
        for place, radix in enumerate(evaluator.space.radix)
    ]
    return np.ascontiguousarray(np.stack(columns, axis=1).astype(np.uint32))
