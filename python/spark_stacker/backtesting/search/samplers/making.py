"""Samplers by name."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from spark_stacker.backtesting.search.samplers import GeneticSampler, GridSampler, RandomSampler
from spark_stacker.backtesting.search.samplers.genetic import Breeding
from spark_stacker.backtesting.search.samplers.optuna import OptunaSampler, Proposing
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spark_stacker.backtesting.search.optimise import MakeSampler, Plan
    from spark_stacker.backtesting.search.samplers import Sampler

__all__ = ["SAMPLERS", "sampler_of"]


def _grid(plan: Plan) -> Sampler:
    return GridSampler(plan.space, batch=plan.evaluator.batch)


def _random(plan: Plan, *, samples: int = 1_000) -> Sampler:
    return RandomSampler(
        plan.space, samples=samples, batch=plan.evaluator.batch, seed=plan.seed, admits=plan.admits
    )


def _genetic(plan: Plan, **breeding: Any) -> Sampler:
    return GeneticSampler(plan.space, Breeding(**breeding), goals=len(plan.objective.goals), seed=plan.seed)


def _optuna(method: str) -> Callable[..., Sampler]:
    def make(plan: Plan, **proposing: Any) -> Sampler:
        return OptunaSampler(
            plan.space,
            Proposing(**proposing),
            method=method,
            goals=len(plan.objective.goals),
            seed=plan.seed,
            admits=plan.admits,
        )

    return make


SAMPLERS: Mapping[str, Callable[..., Sampler]] = {
    "grid": _grid,
    "random": _random,
    "genetic": _genetic,
    "tpe": _optuna("tpe"),
    "cma-es": _optuna("cma-es"),
}
"""What makes each sampler, from a plan and the sampler's own settings."""
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "grid": (),
    "random": ("samples",),
    "genetic": tuple(field.name for field in fields(Breeding)),
    "tpe": tuple(field.name for field in fields(Proposing)),
    "cma-es": tuple(field.name for field in fields(Proposing)),
}


def sampler_of(name: str, **settings: object) -> MakeSampler:
    """What makes the sampler ``name`` with ``settings`` for a plan."""
    if name not in SAMPLERS:
        raise ParameterError(
            f"the search must be one of {', '.join(SAMPLERS)}, was {name!r}{did_you_mean(name, SAMPLERS)}"
        )
    for setting in settings:
        if setting not in _SETTINGS[name]:
            known = ", ".join(_SETTINGS[name]) or "none"
            raise ParameterError(f"a {name} search has no setting {setting!r}; known: {known}")
    return lambda plan: SAMPLERS[name](plan, **settings)
