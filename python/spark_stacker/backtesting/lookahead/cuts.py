"""Where the data are cut: at random, and where a look ahead shows best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["choose_cuts"]

_NEAR_THE_START: Final = (2, 3, 5, 30)
_STRETCHES: Final = 8
_BUCKETS: Final = ("1h", "4h", "1d", "1w")


def choose_cuts(
    times: pl.Series, acted: Sequence[int], *, count: int, seed: int
) -> tuple[list[int], list[int]]:
    """Numbers of rows to keep, ascending, each below the length of ``times``: those to look at closely, and
    further ones, so that a leak on some rows only is met.

    The first: ``count`` at random; as many right behind rows of ``acted``, where a signal or an order was
    given or a state changed, so that this row is the last one known; around the ends of hours, days and
    weeks, where a coarser bar is still forming; near the start and before the last row. The
    others: one at random in each of ``8 * count`` stretches of one length.
    """
    rows = len(times)
    rng = np.random.default_rng(seed)
    chosen = set(rng.integers(1, rows, count).tolist())
    for group in (acted, _boundaries(times)):
        places = np.asarray(sorted(set(group)), dtype=np.int64)
        if len(places):
            picked = rng.choice(places, min(count, len(places)), replace=False)
            chosen.update((picked + 1).tolist())
    chosen.update(_NEAR_THE_START)
    chosen.update((rows - 1, rows // 2))
    edges = np.linspace(1, rows, _STRETCHES * count + 1)
    further = set(np.floor(rng.uniform(edges[:-1], edges[1:])).astype(int).tolist()) - chosen
    return sorted(cut for cut in chosen if 0 < cut < rows), sorted(cut for cut in further if 0 < cut < rows)


def _boundaries(times: pl.Series) -> list[int]:
    """Rows that begin a coarser bar, and those after them, a few for each length that is coarser."""
    rows: list[int] = []
    for bucket in _BUCKETS:
        starts = times.dt.truncate(bucket)
        firsts = (starts != starts.shift(1)).fill_null(False).arg_true().to_list()
        if 0 < len(firsts) < len(times) - 1:
            middle = firsts[len(firsts) // 2]
            rows += [middle - 1, middle]
    return rows
