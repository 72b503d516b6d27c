"""The loop of every search: sets asked for, run, scored, kept, told."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from spark_stacker.backtesting.search.constraints import admits
from spark_stacker.backtesting.search.evaluators import Rows
from spark_stacker.backtesting.search.executors import Batch
from spark_stacker.backtesting.search.tally import Tally
from spark_stacker.backtesting.search.trials import rows_of
from spark_stacker.errors import ParameterError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.checkpoint import Checkpoint
    from spark_stacker.backtesting.search.constraints import Admits, Constraint
    from spark_stacker.backtesting.search.executors import Evaluation
    from spark_stacker.backtesting.search.objective import Objective
    from spark_stacker.backtesting.search.result import SearchResult
    from spark_stacker.backtesting.search.samplers import Sampler
    from spark_stacker.backtesting.search.space import Space

__all__ = ["Interrupted", "Listener", "Round", "SearchProgress", "require_success", "scored", "search"]


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is. ``planned`` is how many sets it will try at most; of those ``done``, ``read`` come
    from an earlier run that is resumed.
    """

    done: int
    planned: int
    seconds: float
    best_score: float
    best_params: Mapping[str, object] | None
    read: int = 0

    @property
    def sets_per_second(self) -> float:
        """Speed so far, of the sets that were run."""
        return (self.done - self.read) / self.seconds if self.seconds > 0 else 0.0


Listener: TypeAlias = Callable[[SearchProgress], None]
"""Told of progress, between calls into the core."""


@dataclass(frozen=True, slots=True)
class Round:
    """One answer of an adaptive sampler: a generation."""

    tried: int
    best: float
    mean: float
    best_so_far: float


class Interrupted(KeyboardInterrupt):
    """A search was stopped by Ctrl-C. ``tally`` has what is done."""

    def __init__(self, tally: Tally, history: list[Round]) -> None:
        super().__init__(f"interrupted after {tally.count:,} sets")
        self.tally = tally
        self.history = history
        self.result: SearchResult | None = None
        """What is known so far."""
        self.directory: Path | None = None
        """Where the search can be resumed from."""


@dataclass
class _Watch:
    """Counts sets and tells a listener."""

    tally: Tally
    planned: int
    listener: Listener | None
    began: float = field(default_factory=time.perf_counter)
    done: int = 0
    read: int = 0

    def __call__(self, sets: int) -> None:
        self.done += sets
        if self.listener is not None:
            best = self.tally.best_digits
            self.listener(
                SearchProgress(
                    self.done,
                    self.planned,
                    time.perf_counter() - self.began,
                    self.tally.best_score,
                    None if best is None else self.tally.space.params(best),
                    self.read,
                )
            )


def scored(
    space: Space,
    digits: NDArray[np.uint32],
    rows: Rows,
    *,
    metrics: Sequence[str],
    objective: Objective,
    constraints: Sequence[Constraint],
) -> tuple[Rows, NDArray[np.float64]]:
    """The rows with the constraints on results applied, and the scores: minus infinity for what failed."""
    judging = [constraint for constraint in constraints if constraint.metrics]
    needed = {*objective.metrics, *(name for constraint in judging for name in constraint.metrics)}
    columns = {name: rows.values[:, metrics.index(name)] for name in needed}
    scores = objective.scores(columns, len(digits))
    if not judging and not rows.reasons:
        return rows, scores
    failed = rows.status != 0
    for constraint in judging:
        given = dict(columns)
        for place, path in enumerate(space.paths):
            given[path] = space.numbers[place][digits[:, place]]
        broken = ~constraint.holds(given, len(digits)) & ~failed
        if broken.any():
            status = rows.status.copy()
            status[broken] = 1 + len(rows.reasons)
            rows = Rows(rows.values, status, (*rows.reasons, f"constraint: {constraint.text}"))
            failed |= broken
    if failed.any():
        scores[failed] = -math.inf
    return rows, scores


def search(
    space: Space,
    sampler: Sampler,
    evaluation: Evaluation,
    *,
    metrics: Sequence[str],
    objective: Objective,
    constraints: Sequence[Constraint] = (),
    store: Checkpoint | None = None,
    identity: Mapping[str, object] | None = None,
    listener: Listener | None = None,
    seed: int = 0,
) -> tuple[Tally, list[Round]]:
    """Runs the search to its end. `Interrupted` has what was done before Ctrl-C."""
    tally = Tally(space, metrics, store, identity or {}, planned=sampler.planned, seed=seed)
    history: list[Round] = []
    watch = _Watch(tally, sampler.planned, listener)
    source = _Source(
        space,
        sampler,
        metrics=metrics,
        store=store,
        allowed=None if all(each.metrics for each in constraints) else admits(space, constraints),
        watch=watch,
        goals=len(objective.goals),
    )
    try:
        for batch, given in evaluation.stream(iter(source), tick=watch, ahead=not sampler.adaptive):
            rows, scores = scored(
                space, batch.digits, given, metrics=metrics, objective=objective, constraints=constraints
            )
            tally.add(batch.digits, rows, scores)
            if sampler.adaptive:
                source.tell(scores)
                history.append(_round(scores[:, 0], tally.best_score))
    except KeyboardInterrupt as error:
        if evaluation.unfinished is not None:
            digits, given = evaluation.unfinished
            tally.add_unfinished(
                digits,
                *scored(space, digits, given, metrics=metrics, objective=objective, constraints=constraints),
            )
        raise Interrupted(tally, history) from error
    require_success(tally, constraints, refused=source.refused)
    return tally, history


class _Source:
    """Batches of a sampler without the sets that the constraints forbid."""

    def __init__(
        self,
        space: Space,
        sampler: Sampler,
        *,
        metrics: Sequence[str],
        store: Checkpoint | None,
        allowed: Admits | None,
        watch: _Watch,
        goals: int,
    ) -> None:
        self.space, self.sampler, self.metrics, self.store = space, sampler, metrics, store
        self.allowed = allowed
        self.watch = watch
        self.goals = goals
        self.refused = 0
        self._asked: NDArray[np.uint32] | None = None
        self._admitted: NDArray[np.bool_] | None = None
        """Which of them were admitted; None where all were."""

    def __iter__(self) -> Iterator[Batch]:
        number = 0
        while len(asked := self.sampler.ask()):
            digits, admitted = asked, None if self.allowed is None else self.allowed(asked)
            if admitted is not None and admitted.all():
                admitted = None
            if admitted is not None:
                digits = asked[admitted]
            self._asked, self._admitted = asked, admitted
            if len(digits) < len(asked):
                self.refused += len(asked) - len(digits)
                self.watch.planned -= len(asked) - len(digits)
            if not len(digits):
                if self.sampler.adaptive:
                    self.tell(np.empty((0, self.goals)))
                continue
            yield Batch(digits, self._known(number, digits))
            number += 1

    def tell(self, scores: NDArray[np.float64]) -> None:
        """Hands the scores of the sets that were run on, with minus infinity for those that were not."""
        assert self._asked is not None  # noqa: S101 - tell follows ask
        if self._admitted is None:
            self.sampler.tell(self._asked, scores)
            return
        told = np.full((len(self._asked), self.goals), -math.inf)
        told[self._admitted] = scores
        self.sampler.tell(self._asked, told)

    def _known(self, number: int, digits: NDArray[np.uint32]) -> Rows | None:
        if self.store is None or number not in self.store:
            return None
        where = str(self.store.directory)
        rows = rows_of(self.store.load(number), self.space, self.metrics, digits, where=where)
        self.watch.done += len(digits)
        self.watch.read += len(digits)
        return rows


def _round(scores: NDArray[np.float64], best_so_far: float) -> Round:
    known = [score for score in scores.tolist() if math.isfinite(score)]
    if not known:
        return Round(len(scores), -math.inf, math.nan, best_so_far)
    return Round(len(scores), max(known), math.fsum(known) / len(known), best_so_far)


def require_success(tally: Tally, constraints: Sequence[Constraint], *, refused: int) -> None:
    """`StrategyError` or `ParameterError` when no set has a score, saying why."""
    if tally.count == 0:
        texts = " and ".join(f"{constraint.text!r}" for constraint in constraints if not constraint.metrics)
        raise ParameterError(f"no set of the {refused:,} tried satisfies the constraints {texts}")
    if math.isfinite(tally.best_score):
        return
    if tally.failed < tally.count:
        raise ParameterError(
            f"the metric to optimise is undefined for each of the {tally.count:,} sets: "
            "most likely none traded"
        )
    reason, count = max(tally.reasons.items(), key=lambda item: item[1])
    if all(reason.startswith("constraint: ") for reason in tally.reasons):
        raise ParameterError(
            f"none of the {tally.count:,} sets satisfies the constraints; most often broken "
            f"({count:,}): {reason.removeprefix('constraint: ')}"
        )
    raise StrategyError(f"all {tally.count:,} sets failed; most often ({count:,}): {reason}")
