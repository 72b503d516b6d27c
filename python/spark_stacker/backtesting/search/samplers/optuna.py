"""TPE and CMA-ES of Optuna (the extra ``[optuna]``), by ask and tell in batches.

TPE: Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011); batches by the constant liar.
CMA-ES: Hansen, "The CMA Evolution Strategy: A Tutorial" (2016).
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from spark_stacker.backtesting.search.samplers.random import RandomSampler
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.constraints import Admits
    from spark_stacker.backtesting.search.space import Axis, Space

__all__ = ["OptunaSampler", "Proposing"]

_PATIENCE: Final = 20
"""Sets proposed again or not admitted, one after another, after which a new one is drawn instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposing:
    """``samples`` sets in all, ``batch`` at a time, the first ``startup`` of them drawn by the seed."""

    samples: int = 200
    batch: int = 20
    startup: int = 20

    def __post_init__(self) -> None:
        for name, least in (("samples", 1), ("batch", 1), ("startup", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ParameterError(f"{name} must be a whole number from {least} on, was {value!r}")


class OptunaSampler:
    """Asks Optuna's ``method`` (``tpe`` or ``cma-es``) for sets, none twice.

    A set proposed again is told again what came of it; after a few of those, one that was not tried is drawn.
    A failed set is told as the worst so far, so that its surroundings are left.
    """

    adaptive = True

    def __init__(
        self, space: Space, proposing: Proposing, *, method: str, goals: int, seed: int, admits: Admits
    ) -> None:
        self.space = space
        self.proposing = proposing
        self.method = method
        self.goals = goals
        self.seed = seed
        self.planned = min(space.size, proposing.samples)
        self._admits = admits
        self._optuna = _imported(method)
        self._check()
        self._distributions = {f"{place}": self._distribution(axis) for place, axis in enumerate(space.axes)}
        with self._quiet():
            self._study = self._optuna.create_study(sampler=self._made(), directions=["maximize"] * goals)
        self._drawn = self._draws()
        self._known: dict[tuple[int, ...], NDArray[np.float64] | None] = {}
        """Sets asked for, with their scores once told."""
        self._asked: list[tuple[Any, tuple[int, ...]]] = []
        self._worst: NDArray[np.float64] | None = None

    def ask(self) -> NDArray[np.uint32]:
        """See `Sampler.ask`."""
        left = self.proposing.samples - len(self._known)
        if not self._known:
            wanted = min(left, max(self.proposing.batch, self.proposing.startup))
        else:
            wanted = min(left, self.proposing.batch)
        self._asked = []
        with self._quiet():
            while len(self._asked) < wanted:
                found = self._proposed()
                if found is None:
                    break
                self._asked.append(found)
                self._known[found[1]] = None
        rows = [digits for _, digits in self._asked]
        return np.array(rows, dtype=np.uint32).reshape(len(rows), len(self.space.axes))

    def tell(self, digits: NDArray[np.uint32], scores: NDArray[np.float64]) -> None:  # noqa: ARG002
        """See `Sampler.tell`."""
        finite = scores[np.isfinite(scores).all(axis=1)]
        if len(finite):
            low = finite.min(axis=0)
            self._worst = low if self._worst is None else np.minimum(self._worst, low)
        with self._quiet():
            for (trial, row), score in zip(self._asked, scores, strict=True):
                self._known[row] = score
                self._tell(trial, score)
        self._asked = []

    def plain(self) -> dict[str, object]:
        """See `Sampler.plain`."""
        return {"name": self.method, **asdict(self.proposing), "goals": self.goals, "seed": self.seed}

    def _proposed(self) -> tuple[Any, tuple[int, ...]] | None:
        """The next set that was not asked for yet; None when there is none left."""
        for _ in range(_PATIENCE):
            trial = self._study.ask(self._distributions)
            row = tuple(int(trial.params[name]) for name in self._distributions)
            if row not in self._known and self._admits(np.array([row], dtype=np.uint32))[0]:
                return trial, row
            self._tell(trial, self._known.get(row))
        row_drawn = next((row for row in self._drawn if row not in self._known), None)
        if row_drawn is None:
            return None
        self._study.enqueue_trial({str(place): digit for place, digit in enumerate(row_drawn)})
        return self._study.ask(self._distributions), row_drawn

    def _tell(self, trial: Any, score: NDArray[np.float64] | None) -> None:
        """What came of a trial: the worst so far where it failed, nothing where its set waits for a score."""
        told = score if score is not None and np.isfinite(score).all() else self._worst
        if told is None or (score is None and self._is_waiting(trial)):
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, told.tolist())

    def _is_waiting(self, trial: Any) -> bool:
        return tuple(int(trial.params[name]) for name in self._distributions) in self._known

    def _draws(self) -> Iterator[tuple[int, ...]]:
        """Every set that the constraints admit, in an order of the seed."""
        sampler = RandomSampler(
            self.space,
            samples=min(self.space.size, 1 << 40),
            batch=64,
            seed=self.seed,
            admits=self._admits,
        )
        while len(rows := sampler.ask()):
            yield from (tuple(row) for row in rows.tolist())

    def _distribution(self, axis: Axis) -> Any:
        """Digits: in order where the values are numbers, else as categories, which only TPE knows."""
        distributions = self._optuna.distributions
        numbers = [value for value in axis.values if isinstance(value, (int, float))]
        ordered = len(numbers) == len(axis.values) and not any(isinstance(value, bool) for value in numbers)
        if ordered or self.method != "tpe":
            return distributions.IntDistribution(0, len(axis.values) - 1)
        return distributions.CategoricalDistribution(range(len(axis.values)))

    def _made(self) -> Any:
        samplers = self._optuna.samplers
        startup = self.proposing.startup
        if self.method == "tpe":
            return samplers.TPESampler(seed=self.seed, n_startup_trials=startup, constant_liar=True)
        return samplers.CmaEsSampler(
            seed=self.seed,
            n_startup_trials=startup,
            popsize=max(2, self.proposing.batch),
            warn_independent_sampling=False,
        )

    def _check(self) -> None:
        if self.method == "tpe":
            return
        if self.goals > 1:
            raise ParameterError("cma-es improves one goal; tpe or genetic take several")
        if sum(radix > 1 for radix in self.space.radix) < 2:
            raise ParameterError("cma-es needs at least two settings with several values; tpe does with one")

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Optuna says on stderr that it begins, and warns of parts that it may still change."""
        logging = self._optuna.logging
        before = logging.get_verbosity()
        logging.set_verbosity(logging.WARNING)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", self._optuna.exceptions.ExperimentalWarning)
                yield
        finally:
            logging.set_verbosity(before)


def _imported(method: str) -> Any:
    try:
        import optuna

        if method == "cma-es":
            import cmaes  # noqa: F401 - what Optuna's sampler needs
    except ModuleNotFoundError as error:
        raise ParameterError(
            f"a {method} search needs {error.name}: install it with pip install 'spark-stacker[optuna]'"
        ) from error
    return optuna
