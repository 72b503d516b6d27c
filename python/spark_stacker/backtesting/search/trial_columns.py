"""Columns of the trials as charts and tables show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.metrics import Better, Unit, metric
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.result import SearchResult

__all__ = [
    "HEADLINE_METRICS",
    "Shown",
    "best_and_even_rows",
    "set_text",
    "shown",
    "shown_goal",
    "shown_metric",
    "value_labels",
    "value_places",
    "value_text",
]

HEADLINE_METRICS: Final = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades")


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of the trials in the unit that people read; NaN where undefined."""

    label: str
    values: NDArray[np.float64]
    higher_is_better: bool


def shown_goal(result: SearchResult) -> Shown:
    """The first goal: its metric as it is, whichever way it improves, or the weighted sum."""
    goal = result.objective.goals[0]
    if len(goal.weights) == 1:
        return shown_metric(result, goal.weights[0][0])
    scores = result.scores[:, 0]
    return Shown(goal.label, np.where(np.isfinite(scores), scores, np.nan), higher_is_better=True)


def shown_metric(result: SearchResult, name: str) -> Shown:
    """A metric of the trials, fractions in percent."""
    found = metric(name)
    if name not in result.trials.columns:
        raise ParameterError(f"the trials have no {name}: it was not among the metrics of the search")
    values = result.trials[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    is_fraction = found.unit is Unit.FRACTION
    label = f"{found.label} (%)" if is_fraction else found.label
    return Shown(label, 100.0 * values if is_fraction else values, found.better is not Better.LOWER)


def shown(result: SearchResult) -> list[Shown]:
    """The metrics of the objective that are no headline, and those of the headline, as far as known."""
    goals = [name for name in result.objective.metrics if name not in HEADLINE_METRICS]
    known = [name for name in (*goals, *HEADLINE_METRICS) if name in result.trials.columns]
    return [shown_metric(result, name) for name in known]


def value_labels(result: SearchResult, path: str) -> list[str]:
    """The values of a setting as text, in their order."""
    return [value_text(value) for value in _values(result, path)]


def value_text(value: object) -> str:
    """A value of a setting as people read it."""
    return "off" if value is None else str(value)


def set_text(params: Mapping[str, object]) -> str:
    """A set in words.

    >>> set_text({"fast_period": 10, "stop_loss_pct": None})
    'fast_period = 10, stop_loss_pct = off'
    """
    return ", ".join(f"{path} = {value_text(value)}" for path, value in params.items())


def value_places(result: SearchResult, path: str, trials: pl.DataFrame | None = None) -> NDArray[np.int64]:
    """The place of each trial's value among the values of the setting; of all trials if none are given."""
    values = _values(result, path)
    where = {value: place for place, value in enumerate(values) if value is not None}
    off = values.index(None) if None in values else -1
    column = (result.trials if trials is None else trials)[path].to_list()
    return np.array([off if value is None else where[value] for value in column], dtype=np.int64)


def best_and_even_rows(scores: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Rows of trials with a score, the worst first; of more than ``count`` the best half of so many and an
    even sample of the others.
    """
    rows = np.flatnonzero(np.isfinite(scores))
    order = rows[np.argsort(-scores[rows], kind="stable")]
    if len(order) > count:
        rest = order[count // 2 :]
        even = np.unique(np.linspace(0, len(rest) - 1, count - count // 2).astype(np.int64))
        order = np.concatenate([order[: count // 2], rest[even]])
    return order[::-1]


def _values(result: SearchResult, path: str) -> tuple[object, ...]:
    return next(axis.values for axis in result.space.axes if axis.path == path)
