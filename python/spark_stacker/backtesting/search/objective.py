"""What a search makes as good as possible: a metric, a weighted sum of metrics, or several at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from spark_stacker.backtesting.metrics import Better, format_metric, metric
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Goal", "Objective", "ObjectiveLike"]

ObjectiveLike: TypeAlias = "str | Mapping[str, float] | Sequence[str]"
"""A metric's name; weights by name; or several names, each to be improved for itself."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One number to raise: a weighted sum of metrics."""

    label: str
    weights: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Objective:
    """One goal, or several of which none is given up for another (a Pareto front).

    >>> Objective.of("max_drawdown").goals[0].weights
    (('max_drawdown', -1.0),)
    """

    goals: tuple[Goal, ...]

    @classmethod
    def of(cls, given: ObjectiveLike | Objective) -> Objective:
        """The objective that ``given`` names; `ParameterError` with the nearest name for an unknown metric.

        A metric alone is improved in its better direction (`METRICS` has it; those without one are raised).
        Weights multiply the metric as it is, so that a drawdown has a negative weight.
        """
        if isinstance(given, Objective):
            return given
        if isinstance(given, str):
            return cls((_improved(given),))
        if isinstance(given, Mapping):
            return cls((_weighted(given),))
        if isinstance(given, Sequence):
            goals = tuple(_improved(name) for name in given)
            if len({goal.label for goal in goals}) < len(goals):
                raise ParameterError(f"the metrics to optimise must differ, were {', '.join(given)}")
            if goals:
                return cls(goals)
        raise ParameterError(
            f"metric_to_optimize must be a name, weights by name, or several names, was {given!r}"
        )

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric that it reads, once."""
        return tuple(dict.fromkeys(name for goal in self.goals for name, _ in goal.weights))

    @property
    def label(self) -> str:
        """In words."""
        return " and ".join(goal.label for goal in self.goals)

    def scores(self, columns: Mapping[str, NDArray[np.float64]], rows: int) -> NDArray[np.float64]:
        """One column a goal, higher is better; a set with an undefined metric has minus infinity in all.

        Otherwise a set that never trades, without a Sharpe ratio, would lead by its drawdown of zero.
        """
        scores = np.empty((rows, len(self.goals)))
        for place, goal in enumerate(self.goals):
            scores[:, place] = sum(weight * columns[name] for name, weight in goal.weights)
        undefined = np.isnan(scores)
        if undefined.any():
            scores[undefined.any(axis=1)] = -math.inf
        return scores

    def shown(self, score: float) -> str:
        """A score of the first goal as people read it: the metric itself where it is one."""
        goal = self.goals[0]
        if not math.isfinite(score):
            return "–"
        if len(goal.weights) == 1 and abs(goal.weights[0][1]) == 1.0:
            name, weight = goal.weights[0]
            value = weight * score
            return format_metric(name, round(value) if name.endswith("_trades") else value)
        return f"{score:.4g}"

    def plain(self) -> list[object]:
        """As JSON data."""
        return [[goal.label, [list(pair) for pair in goal.weights]] for goal in self.goals]


def _improved(name: object) -> Goal:
    if not isinstance(name, str):
        raise ParameterError(f"a metric must be named, was {name!r}")
    return Goal(name, ((name, -1.0 if metric(name).better is Better.LOWER else 1.0),))


def _weighted(given: Mapping[str, float]) -> Goal:
    if not given:
        raise ParameterError("metric_to_optimize has no weight")
    for name, weight in given.items():
        metric(name)
        if (
            isinstance(weight, bool)
            or not isinstance(weight, (int, float))
            or not math.isfinite(weight)
            or not weight
        ):
            raise ParameterError(f"the weight of {name} must be a number other than 0, was {weight!r}")
    label = " + ".join(f"{weight:g}·{name}" for name, weight in given.items()).replace("+ -", "− ")
    return Goal(label, tuple((name, float(weight)) for name, weight in given.items()))
