"""What a search keeps of its trials while it runs: all of them, or above 100,000 the best and a sample.

The others are on disk then, so that memory stays flat however many sets there are.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.search.checkpoint import Checkpoint
from spark_stacker.backtesting.search.evaluators import Rows
from spark_stacker.backtesting.search.samplers.random import mixed
from spark_stacker.backtesting.search.trials import trials_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.space import Space

__all__ = ["BEST_KEPT", "IN_MEMORY", "SAMPLED", "SAMPLE_KEPT", "Kept", "Studied", "Tally"]

IN_MEMORY: Final = 100_000
"""Sets up to which all trials stay in memory."""
BEST_KEPT: Final = 1_000
SAMPLE_KEPT: Final = 2_000
"""Of more sets, the best and a seeded sample stay, for the statistics."""


SAMPLED: Final = 10_000
"""Sets above which spread and correlation are those of the sample."""


@dataclass(frozen=True, slots=True)
class Studied:
    """Sets that stand for a search, in the order tried: those that ran and satisfy the constraints, all of
    them or the best and a sample. ``is_sample`` marks a sample of all; a set without a score, as one that
    lost everything or never traded has no Sharpe ratio, has minus infinity.
    """

    digits: NDArray[np.uint32]
    scores: NDArray[np.float64]
    is_sample: NDArray[np.bool_]

    @property
    def has_score(self) -> NDArray[np.bool_]:
        """Which sets have a score."""
        return np.isfinite(self.scores)

    def scored(self) -> Studied:
        """Those that have a score."""
        known = self.has_score
        return Studied(self.digits[known], self.scores[known], self.is_sample[known])


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
        self._best, self._sample = self._new_kept()
        self._seed = seed
        self._batches = 0
        self._unfinished: pl.DataFrame | None = None
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
        self._take(digits, rows, scores)

    def add_unfinished(self, digits: NDArray[np.uint32], rows: Rows, scores: NDArray[np.float64]) -> None:
        """Sets of a batch that was cut off, the last of a search: they count, and are not kept on disk."""
        self._unfinished = trials_frame(self.space, self.metrics, digits, rows)
        self._take(digits, rows, scores)

    def _take(self, digits: NDArray[np.uint32], rows: Rows, scores: NDArray[np.float64]) -> None:
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
            self._keep(self._best, self._sample, self.count, digits, _known(first, rows))
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

    def studied(self) -> Studied:
        """The sets that statistics look at."""
        best, sample = self._best, self._sample
        if self.streams:
            places = np.concatenate([best.place, sample.place])
            _, rows = np.unique(places, return_index=True)
            digits = np.concatenate([best.digits, sample.digits])[rows]
            scores = np.concatenate([best.score, sample.score])[rows]
            in_sample = np.isin(places[rows], sample.place)
        else:
            digits = self.digits()
            pairs = zip(self._scores, self._rows, strict=True)
            scores = np.concatenate([*(_known(scores[:, 0], rows) for scores, rows in pairs), np.empty(0)])
            in_sample = np.ones(len(digits), dtype=np.bool_)
            if len(digits) > SAMPLED:
                _, sample = self._new_kept()
                self._sample_of(sample, 0, digits, scores)
                in_sample[:] = False
                in_sample[sample.place] = True
        ran = ~np.isnan(scores)
        return Studied(digits[ran], scores[ran], in_sample[ran])

    def _new_kept(self) -> tuple[Kept, Kept]:
        width = len(self.space.axes)
        return Kept(width, BEST_KEPT), Kept(width, SAMPLE_KEPT)

    def _keep(
        self, best: Kept, sample: Kept, first: int, digits: NDArray[np.uint32], scores: NDArray[np.float64]
    ) -> None:
        places = np.arange(first, first + len(digits), dtype=np.int64)
        best.add(np.where(np.isnan(scores), -math.inf, scores), places, digits, scores)
        self._sample_of(sample, first, digits, scores)

    def _sample_of(
        self, sample: Kept, first: int, digits: NDArray[np.uint32], scores: NDArray[np.float64]
    ) -> None:
        places = np.arange(first, first + len(digits), dtype=np.int64)
        sample.add(mixed(places.astype(np.uint64), self._seed).astype(np.float64), places, digits, scores)

    def parameters(self) -> Iterator[pl.DataFrame]:
        """The sets by their settings, of more than are in memory one part from disk after another."""
        if not self.streams or self.store is None:
            yield self.space.frame(self.digits())
            return
        paths = list(self.space.paths)
        for part in self.store.parts:
            yield pl.read_parquet(part, columns=paths)
        if self._unfinished is not None:
            yield self._unfinished.select(paths)

    def frame(self) -> pl.DataFrame:
        """All trials; of more than are in memory, read from disk."""
        if self.streams and self.store is not None:
            frames = [pl.read_parquet(self.store.parts)] if self.store.parts else []
            return pl.concat(frames if self._unfinished is None else [*frames, self._unfinished])
        if not self._digits:
            return trials_frame(
                self.space,
                self.metrics,
                self.digits(),
                Rows(np.empty((0, len(self.metrics))), np.empty(0, dtype=np.uint32)),
            )
        return trials_frame(self.space, self.metrics, self.digits(), Rows.joined(self._rows))


def _known(scores: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
    """Scores in which NaN marks the sets that failed."""
    return np.where(rows.status != 0, math.nan, scores) if rows.reasons else scores
