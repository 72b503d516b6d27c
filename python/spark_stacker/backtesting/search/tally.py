"""What a search keeps of its trials while it runs: all of them, or above 100,000 the best and a sample.

The others are on disk then, so that memory stays flat however many sets there are.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import weakref
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.search.checkpoint import Checkpoint
from spark_stacker.backtesting.search.evaluators import Rows
from spark_stacker.backtesting.search.samplers.random import mixed
from spark_stacker.backtesting.search.trials import trials_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.space import Space

__all__ = ["BEST_KEPT", "IN_MEMORY", "SAMPLE_KEPT", "Kept", "Tally"]

IN_MEMORY: Final = 100_000
"""Sets up to which all trials stay in memory."""
BEST_KEPT: Final = 1_000
SAMPLE_KEPT: Final = 2_000
"""Of more sets, the best and a seeded sample stay, for the statistics."""


class Kept:
    """Sets with their scores and their place in the search; the ``count`` of highest ``rank`` stay."""

    def __init__(self, width: int, count: int) -> None:
        self.count = count
        self.rank = np.empty(0)
        self.place = np.empty(0, dtype=np.int64)
        self.digits = np.empty((0, width), dtype=np.uint32)
        self.score = np.empty(0)

    def add(
        self,
        rank: NDArray[np.float64],
        place: NDArray[np.int64],
        digits: NDArray[np.uint32],
        score: NDArray[np.float64],
    ) -> None:
        """Takes further sets; of equal rank the earlier stay."""
        rank, place = np.concatenate([self.rank, rank]), np.concatenate([self.place, place])
        digits, score = np.concatenate([self.digits, digits]), np.concatenate([self.score, score])
        if len(rank) > self.count:
            rows = np.sort(np.lexsort((place, -rank))[: self.count])
            rank, place, digits, score = rank[rows], place[rows], digits[rows], score[rows]
        self.rank, self.place, self.digits, self.score = rank, place, digits, score


class Tally:
    """Takes batches in order. ``store`` has a directory of the user's; without one there may come a temporary
    one.
    """

    def __init__(
        self,
        space: Space,
        metrics: Sequence[str],
        store: Checkpoint | None,
        identity: Mapping[str, object],
        *,
        planned: int,
        seed: int,
    ) -> None:
        self.space = space
        self.metrics = tuple(metrics)
        self.store = store
        self.count = 0
        self.failed = 0
        self.best_score = -math.inf
        self.best_digits: NDArray[np.uint32] | None = None
        self.reasons: dict[str, int] = {}
        """Why sets failed, and how many."""
        self.streams = planned > IN_MEMORY
        self._best = Kept(len(space.axes), BEST_KEPT)
        self._sample = Kept(len(space.axes), SAMPLE_KEPT)
        self._seed = seed
        self._batches = 0
        self._digits: list[NDArray[np.uint32]] = []
        self._rows: list[Rows] = []
        self._scores: list[NDArray[np.float64]] = []
        if self.streams and store is None:
            directory = tempfile.mkdtemp(prefix="spark-stacker-search-")
            self._cleaner = weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)
            self.store = Checkpoint.create(directory, identity)

    def add(self, digits: NDArray[np.uint32], rows: Rows, scores: NDArray[np.float64]) -> None:
        """A batch, the next of the search: its sets, what came of them, and the score of each."""
        if self.store is not None and self._batches not in self.store:
            self.store.save(self._batches, trials_frame(self.space, self.metrics, digits, rows))
        self._batches += 1
        first = scores[:, 0]
        if len(first):
            row = int(np.argmax(first))
            if first[row] > self.best_score:
                self.best_score, self.best_digits = float(first[row]), digits[row]
        if rows.reasons:
            counts = np.bincount(rows.status, minlength=1 + len(rows.reasons))
            self.failed += int(counts[1:].sum())
            for reason, count in zip(rows.reasons, counts[1:].tolist(), strict=True):
                self.reasons[reason] = self.reasons.get(reason, 0) + count
        if self.streams:
            places = np.arange(self.count, self.count + len(digits), dtype=np.int64)
            self._best.add(first, places, digits, first)
            order = mixed(places.astype(np.uint64), self._seed).astype(np.float64)
            self._sample.add(order, places, digits, first)
        else:
            self._digits.append(digits)
            self._rows.append(rows)
            self._scores.append(scores)
        self.count += len(digits)

    def digits(self) -> NDArray[np.uint32]:
        """All sets, while they are in memory."""
        return np.concatenate(self._digits) if self._digits else self._best.digits[:0]

    def scores(self) -> NDArray[np.float64]:
        """All scores, a column a goal, while they are in memory."""
        return np.concatenate(self._scores) if self._scores else np.empty((0, 1))

    def studied(self) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """The sets, with scores, that statistics look at: all, or the best and the sample, in order."""
        if not self.streams:
            return self.digits(), self.scores()[:, 0]
        places = np.concatenate([self._best.place, self._sample.place])
        _, rows = np.unique(places, return_index=True)
        digits = np.concatenate([self._best.digits, self._sample.digits])[rows]
        return digits, np.concatenate([self._best.score, self._sample.score])[rows]

    def frame(self) -> pl.DataFrame:
        """All trials; of more than are in memory, read from disk."""
        if self.streams and self.store is not None:
            return pl.read_parquet(self.store.parts)
        if not self._digits:
            return trials_frame(self.space, self.metrics, self.digits(), Rows(np.empty((0, len(self.metrics))), np.empty(0, dtype=np.uint32)))
        return trials_frame(self.space, self.metrics, self.digits(), Rows.joined(self._rows))
