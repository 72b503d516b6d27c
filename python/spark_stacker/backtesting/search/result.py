"""What came of a search: every trial, the best set, and how far to believe it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.backtesting.metrics import METRICS
from spark_stacker.backtesting.search.constraints import admits
from spark_stacker.backtesting.search.evaluators.contract import WHOLE
from spark_stacker.backtesting.search.loop import Round, scored
from spark_stacker.backtesting.search.pareto import front, middle
from spark_stacker.backtesting.search.plateau import neighbours_of, rank_of
from spark_stacker.backtesting.search.tally import BEST_KEPT
from spark_stacker.backtesting.search.trials import scores_of, trials_frame
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import plotly.graph_objects as go

    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.backtesting.search.constraints import Constraint
    from spark_stacker.backtesting.search.evaluators import Evaluator
    from spark_stacker.backtesting.search.objective import Objective
    from spark_stacker.backtesting.search.robustness import Robustness
    from spark_stacker.backtesting.search.space import Space, Value
    from spark_stacker.backtesting.search.tally import Tally
    from spark_stacker.backtesting.search.trial_record import Recorded

__all__ = ["Outcome", "SearchResult"]


@dataclass(slots=True)
class Outcome:
    """The parts of a result that are known when the search ends."""

    space: Space
    metrics: tuple[str, ...]
    objective: Objective
    constraints: tuple[Constraint, ...]
    sampler: Mapping[str, object]
    best_params: Mapping[str, Value] | None
    best_score: float
    count: int
    failed: int
    reasons: Mapping[str, int]
    history: Sequence[Round] = ()
    honesty: Any = None
    robustness: Robustness | None = None
    ledger: Recorded | None = None
    warnings: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)


class SearchResult:
    """Every set tried, and the best of them.

    Iterating gives ``best_params`` and ``best_result``, so that ``best_params, best_result = …`` works. What
    takes time (frames, the winner's backtest, figures) is made when first asked for.
    """

    def __init__(
        self,
        outcome: Outcome,
        *,
        tally: Tally | None = None,
        evaluator: Evaluator | None = None,
        trials: pl.DataFrame | None = None,
        best_result: BacktestResult | None = None,
        plateau_score: float | None = None,
    ) -> None:
        self.outcome = outcome
        self._tally = tally
        self._evaluator = evaluator
        if trials is not None:
            self.__dict__["trials"] = trials
        if best_result is not None:
            self.__dict__["best_result"] = best_result
        if evaluator is None:
            self.__dict__["plateau_score"] = plateau_score

    def __repr__(self) -> str:
        best = self.objective.shown(self.best_score)
        return f"<SearchResult {self.count:,} sets, best {self.objective.goals[0].label} {best}>"

    def __iter__(self) -> Iterator[Any]:
        yield self.best_params
        yield self.best_result

    # The trials

    @property
    def count(self) -> int:
        """Sets tried."""
        return self.outcome.count

    @property
    def failed(self) -> int:
        """Sets that could not be run, or broke a constraint on results."""
        return self.outcome.failed

    @property
    def space(self) -> Space:
        """What was searched."""
        return self.outcome.space

    @property
    def objective(self) -> Objective:
        """What was made as good as possible."""
        return self.outcome.objective

    @cached_property
    def trials(self) -> pl.DataFrame:
        """One row a set, in the order tried: its parameters, its metrics, ``status`` (``done``, or why not).

        Of more than 100,000 sets the rows are on disk, and read when this is asked for.
        """
        if self._tally is None:
            raise DataError("this result has no trials")
        return self._tally.frame()

    def top(self, count: int = 10) -> pl.DataFrame:
        """The ``count`` best trials by the first goal, best first; at most 1,000 where rows are on disk.

        `ParameterError` unless ``count`` is a whole number from 1 on.
        """
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ParameterError(f"count must be a whole number from 1 on, was {count!r}")
        if self._tally is not None and self._tally.streams and self._evaluator is not None:
            # Run again, which is faster than to read everything.
            studied = self._tally.studied().scored()
            digits = studied.digits[np.argsort(-studied.scores, kind="stable")[: min(count, BEST_KEPT)]]
            rows = self._evaluator.evaluate(digits, self.outcome.metrics, WHOLE, threads=1)
            return trials_frame(self.space, self.outcome.metrics, digits, rows)
        scores = self._scores[:, 0]
        order = np.argsort(-scores, kind="stable")[:count]
        best: pl.DataFrame = self.trials[order[np.isfinite(scores[order])].tolist()]
        return best

    @cached_property
    def history(self) -> pl.DataFrame:
        """One row a generation: sets tried, its best and mean score, the best so far. Empty for others."""
        rows = [asdict(round_) for round_ in self.outcome.history]
        schema = {"tried": pl.Int64, "best": pl.Float64, "mean": pl.Float64, "best_so_far": pl.Float64}
        frame = pl.DataFrame(rows, schema=schema)
        numbers = frame.with_columns(
            pl.when(pl.col(name).is_finite()).then(pl.col(name)) for name in list(schema)[1:]
        )
        return numbers.with_row_index("generation", offset=1)

    @cached_property
    def pareto(self) -> pl.DataFrame:
        """The trials that no other trial beats in every goal, best in the first goal first."""
        rows = front(self._scores)
        chosen: pl.DataFrame = self.trials[rows.tolist()]
        return chosen

    # The best

    @cached_property
    def best_params(self) -> dict[str, Value]:
        """The parameters of the best set: of the first of those with the highest score.

        Of several goals it is the set of the Pareto front that is nearest to the best in each.
        """
        if len(self.objective.goals) > 1:
            rows = front(self._scores)
            chosen = self.trials.row(int(rows[middle(self._scores[rows])]), named=True)
            return {path: chosen[path] for path in self.space.paths}
        if self.outcome.best_params is None:
            raise ParameterError("no set has a score, so that none is the best")
        return dict(self.outcome.best_params)

    @property
    def best_score(self) -> float:
        """The highest score of the first goal; higher is better whatever the metric."""
        return self.outcome.best_score

    @cached_property
    def best_result(self) -> BacktestResult:
        """The backtest of the best set, run anew by the engine."""
        if self._evaluator is None:
            raise DataError("this result was kept without the backtest of the best set")
        return self._evaluator.result(self.best_params)

    @cached_property
    def plateau_score(self) -> float | None:
        """How the neighbours of the best set do, from 0 to 1; None without neighbours.

        A neighbour differs in one setting by one step. Each has its rank among all trials: the share of them
        that it does better than, ties half. The score is the mean of the ranks. Near 1 the best set stands on
        a plateau, at 0.5 its neighbours are as good as any set, below that it is a spike.
        """
        found = self.neighbours
        if not len(found):
            return None
        return float(found["rank"].mean())  # type: ignore[arg-type]

    @cached_property
    def neighbours(self) -> pl.DataFrame:
        """The sets one step from the best: parameters, score, rank among the trials."""
        if self._evaluator is None:
            raise DataError("this result was kept without the neighbours of the best set")
        digits = neighbours_of(self.space, self.best_params)
        digits = digits[admits(self.space, self.outcome.constraints)(digits)]
        metrics = self.objective.metrics + tuple(
            name for constraint in self.outcome.constraints for name in constraint.metrics
        )
        rows = self._evaluator.evaluate(digits, metrics, WHOLE, threads=1)
        _, scores = scored(
            self.space,
            digits,
            rows,
            metrics=metrics,
            objective=self.objective,
            constraints=self.outcome.constraints,
        )
        known = self._ranked()
        return self.space.frame(digits).with_columns(
            pl.Series("score", scores[:, 0]), pl.Series("rank", rank_of(scores[:, 0], known))
        )

    # How far to believe it

    @property
    def honesty(self) -> Any:
        """How likely the best set is luck; None when the search was made without asking."""
        return self.outcome.honesty

    def robustness(self, *, seed: int | None = None) -> Robustness:
        """How the best set does with fees and slippage doubled, a bar late, in synthetic markets, with its
        trades in other orders and its bar returns drawn anew; run when first asked for (``seed`` is 0 then).

        Raises `DataError` when the result was kept without, or with another seed.
        """
        known = self.outcome.robustness
        if known is not None and seed in (None, known.seed):
            return known
        if self._evaluator is None:
            kept = "" if known is None else f" of seed {seed}, but of seed {known.seed}"
            raise DataError(f"this result was kept without the robustness of the best set{kept}")
        from spark_stacker.backtesting.search.robustness import examine

        found = examine(self._evaluator, self.best_params, self.best_result, seed=seed or 0)
        self.outcome.robustness = found
        return found

    @property
    def ledger(self) -> Recorded | None:
        """What the trial ledger says: sets ever tried on these data with this strategy; None without one."""
        return self.outcome.ledger

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before trusting the numbers."""
        return self.outcome.warnings

    @property
    def timings(self) -> Mapping[str, float]:
        """Seconds that loading, the search and the honesty report took."""
        return self.outcome.timings

    # Seen

    def heat_map(self, x: str | None = None, y: str | None = None, *, metric: str | None = None) -> go.Figure:
        """The best value of ``metric`` (by default the first goal's) for each pair of values of two settings.

        By default the two that matter most. The best set is marked.
        """
        from spark_stacker.backtesting.search.figures import heat_map

        return heat_map(self, x, y, metric=metric)

    def parallel_coordinates(self) -> go.Figure:
        """Settings and main metrics as parallel axes, a line a set; of many the best and an even sample."""
        from spark_stacker.backtesting.search.figures import parallel_coordinates

        return parallel_coordinates(self)

    def sensitivity(self) -> go.Figure:
        """For each setting, the mean and the best score of the sets with each of its values."""
        from spark_stacker.backtesting.search.figures import sensitivity

        return sensitivity(self)

    @cached_property
    def importance(self) -> dict[str, float]:
        """Share of the variance of the scores that each setting explains alone (η²), from 0 to 1.

        Of more than 100,000 sets it is that of a sample.
        """
        from spark_stacker.backtesting.search.plateau import importance

        if self._tally is None or not self._tally.streams:
            return importance(self.trials, self.space, self._scores[:, 0])
        studied = self._tally.studied().scored()
        sample = studied.digits[studied.is_sample]
        return importance(self.space.frame(sample), self.space, studied.scores[studied.is_sample])

    def summary(self) -> str:
        """The best set, its main metrics and what to know, as text."""
        from spark_stacker.backtesting.search.summary import summary

        return summary(self)

    # Kept

    def save(self, directory: str | Path) -> Path:
        """Writes trials, best set and report into ``directory``; `load` reads them."""
        from spark_stacker.backtesting.search.stored import save

        return save(self, directory)

    @classmethod
    def load(cls, directory: str | Path) -> SearchResult:
        """The result that `save`, or a search with ``out``, left in ``directory``."""
        from spark_stacker.backtesting.search.stored import load

        return load(directory)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.outcome, self.trials, self.best_result.to_dict(), self.plateau_score)

    @cached_property
    def _scores(self) -> Any:
        """One column a goal, a row a trial."""
        if self._tally is not None and not self._tally.streams:
            return self._tally.scores()
        return scores_of(self.trials, self.objective)

    def _ranked(self) -> Any:
        """The scores that a rank is among: those of all trials, or of the sample where they are on disk."""
        if self._tally is None or not self._tally.streams:
            return self._scores[:, 0]
        studied = self._tally.studied().scored()
        return studied.scores[studied.is_sample]

    @property
    def scores(self) -> Any:
        """The score of every trial, a column a goal; minus infinity where it failed."""
        return np.array(self._scores)

    @property
    def best_metrics(self) -> dict[str, float | int | None]:
        """The metrics of the best set, as in its row of ``trials``."""
        metrics = self.best_result.metrics
        return {name: metrics[name] for name in METRICS}


def _restored(
    outcome: Outcome, trials: pl.DataFrame, best: Mapping[str, object], plateau: float | None
) -> SearchResult:
    from spark_stacker.backtesting.result import BacktestResult

    return SearchResult(
        outcome, trials=trials, best_result=BacktestResult.from_dict(best), plateau_score=plateau
    )
