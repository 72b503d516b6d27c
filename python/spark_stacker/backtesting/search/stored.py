"""A finished search in a directory: beside the trials, ``result.json`` and the best set's backtest."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import polars as pl

from spark_stacker.backtesting.result import BacktestResult
from spark_stacker.backtesting.search.checkpoint import Checkpoint
from spark_stacker.backtesting.search.constraints import parse_constraints
from spark_stacker.backtesting.search.honesty import HonestyReport
from spark_stacker.backtesting.search.loop import Round
from spark_stacker.backtesting.search.objective import Goal, Objective
from spark_stacker.backtesting.search.result import Outcome, SearchResult
from spark_stacker.backtesting.search.robustness import Robustness
from spark_stacker.backtesting.search.space import Axis, Space
from spark_stacker.backtesting.search.trials import DONE, scores_of
from spark_stacker.errors import DataError, ParameterError

__all__ = ["load", "save", "write_outcome"]

_PART_ROWS = 16_384
_RESULT, _BEST = "result.json", "best.json"


def save(result: SearchResult, directory: str | Path) -> Path:
    """See `SearchResult.save`."""
    directory = Path(directory)
    outcome = result.outcome
    store = Checkpoint.create(directory, described(outcome))
    trials = result.trials
    for number, first in enumerate(range(0, len(trials), _PART_ROWS)):
        store.save(number, trials[first : first + _PART_ROWS])
    write_outcome(result, store)
    return directory


def described(outcome: Outcome) -> dict[str, object]:
    """What was searched and how, as JSON data."""
    return {
        "space": outcome.space.plain(),
        "metrics": list(outcome.metrics),
        "objective": outcome.objective.plain(),
        "constraints": [constraint.text for constraint in outcome.constraints],
        "sampler": dict(outcome.sampler),
    }


def write_outcome(result: SearchResult, store: Checkpoint) -> None:
    """Writes what is known at the end of a search beside its trials."""
    outcome = result.outcome
    result.best_result.save_to_file(store.directory / _BEST)
    store.write(
        _RESULT,
        {
            "best_params": result.best_params,
            "best_score": outcome.best_score,
            "plateau_score": result.plateau_score,
            "count": outcome.count,
            "failed": outcome.failed,
            "reasons": dict(outcome.reasons),
            "history": [[_finite(value) for value in asdict(round_).values()] for round_ in outcome.history],
            "honesty": None if outcome.honesty is None else outcome.honesty.to_dict(),
            "robustness": None if outcome.robustness is None else outcome.robustness.to_dict(),
            "warnings": list(outcome.warnings),
        },
    )


def load(directory: str | Path) -> SearchResult:
    """See `SearchResult.load`."""
    store = Checkpoint.read(directory)
    told = store.read_json(_RESULT)
    if told is None:
        raise DataError(f"{directory}: the search is not finished; resume it")
    head = store.identity
    try:
        space = Space(tuple(Axis(path, tuple(values)) for path, values in head["space"]))
        objective = Objective(
            tuple(
                Goal(label, tuple((name, weight) for name, weight in weights))
                for label, weights in head["objective"]
            )
        )
        outcome = Outcome(
            space=space,
            metrics=tuple(head["metrics"]),
            objective=objective,
            constraints=parse_constraints(head["constraints"], space.paths),
            sampler=head["sampler"],
            best_params=told["best_params"],
            best_score=told["best_score"],
            count=told["count"],
            failed=told["failed"],
            reasons=told["reasons"],
            history=[_round(*row) for row in told["history"]],
            honesty=None if told["honesty"] is None else HonestyReport.from_dict(told["honesty"]),
            robustness=None if told["robustness"] is None else Robustness.from_dict(told["robustness"]),
            warnings=tuple(told["warnings"]),
        )
        space.digits_of(told["best_params"])
    except (KeyError, TypeError, ValueError, ParameterError) as error:
        raise DataError(f"{directory}: is damaged: {error!r}") from error
    trials = _trials(store, outcome)
    return SearchResult(
        outcome,
        trials=trials,
        best_result=BacktestResult.load_from_file(store.directory / _BEST),
        plateau_score=told["plateau_score"],
    )


def _trials(store: Checkpoint, outcome: Outcome) -> pl.DataFrame:
    """The trials of all parts; `DataError` when they are not those that the result was drawn from."""
    where = store.directory
    frames = [store.load(number) for number in range(len(store.parts)) if number in store]
    rows = sum(map(len, frames))
    if rows != outcome.count or not frames or len(frames) < len(store.parts):
        raise DataError(
            f"{where / 'parts'}: holds {rows:,} trials, {_RESULT} tells of {outcome.count:,}: files were "
            "removed or added; put them back, or resume the search"
        )
    trials = pl.concat(frames)
    names = [*outcome.space.paths, *outcome.metrics, "status"]
    if trials.columns != names:
        raise DataError(f"{where}: the parts have other columns than {', '.join(names)}")
    done = trials["status"] == DONE
    goals = scores_of(trials, outcome.objective)[:, 0]
    if rows - int(done.sum()) != outcome.failed or goals.max() != outcome.best_score:
        raise DataError(
            f"{where}: {_RESULT} was altered: it says {outcome.failed:,} failed sets and a best "
            f"score of {outcome.best_score!r}, the trials have {rows - int(done.sum()):,} and "
            f"{float(goals.max())!r}"
        )
    return trials


def _round(tried: int, best: float | None, mean: float | None, best_so_far: float | None) -> Round:
    return Round(
        tried,
        -math.inf if best is None else best,
        math.nan if mean is None else mean,
        -math.inf if best_so_far is None else best_so_far,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
