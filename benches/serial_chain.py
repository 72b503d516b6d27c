"""The yardstick of absolute targets: a chain of additions, each waiting for the one before.

The machine on which the targets were set takes 0.5 ns an addition; times are scaled to it.
"""

from __future__ import annotations

import time

import numba

TARGET_MACHINE_NS = 0.5
_ADDITIONS = 1_000_000


@numba.njit  # type: ignore[untyped-decorator]
def _chain(count: int, term: float) -> float:
    total = 0.0
    for _ in range(count):
        total += term
    return total


def addition_ns(repeats: int = 15) -> float:
    """Nanoseconds an addition takes here, the least of ``repeats`` measurements."""
    _chain(_ADDITIONS, 1.0)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter_ns()
        _chain(_ADDITIONS, 1.0)
        best = min(best, time.perf_counter_ns() - start)
    return best / _ADDITIONS
