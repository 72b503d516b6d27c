"""Generations bred from the best sets of those before: a face of the core's genetic samplers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from spark_stacker import _core
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.space import Space

__all__ = ["Breeding", "GeneticSampler"]

_MOST_BRED: Final = 1_000_000
_MOST_RIVALS: Final = 1_000
"""Of a tournament, above which it takes the best of any population and time alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breeding:
    """How a generation comes from the one before.

    Parents win tournaments of ``tournament_size``; with probability ``crossover_rate`` two are crossed, each
    setting from either; each setting then changes with probability ``mutation_rate`` (None: one of all
    settings on average). The best ``elite`` live on. After ``stagnation`` generations without a better set
    the search ends (None: never).
    """

    population_size: int = 20
    generations: int = 10
    tournament_size: int = 3
    crossover_rate: float = 0.8
    mutation_rate: float | None = None
    elite: int = 2
    stagnation: int | None = None

    def rules(self) -> dict[str, Any]:
        """The settings by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __post_init__(self) -> None:
        for name, least, most in (
            ("population_size", 2, _MOST_BRED),
            ("generations", 1, _MOST_BRED),
            ("tournament_size", 1, _MOST_RIVALS),
            ("elite", 0, _MOST_BRED),
            ("stagnation", 1, _MOST_BRED),
        ):
            value = getattr(self, name)
            if value is None and name == "stagnation":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ParameterError(f"{name} must be a whole number from {least} to {most:,}, was {value!r}")
        if self.elite >= self.population_size:
            raise ParameterError(
                f"elite must be below population_size {self.population_size}, was {self.elite}"
            )
        for name in ("crossover_rate", "mutation_rate"):
            rate = getattr(self, name)
            if rate is None and name == "mutation_rate":
                continue
            is_number = isinstance(rate, (int, float)) and not isinstance(rate, bool)
            if not is_number or not 0 <= rate <= 1:
                raise ParameterError(f"{name} must be between 0 and 1, was {rate!r}")


class GeneticSampler:
    """One generation an ask; no set is asked for twice. Several goals are sorted by dominance (NSGA-II)."""

    adaptive = True

    def __init__(self, space: Space, breeding: Breeding, *, goals: int, seed: int) -> None:
        self.space = space
        self.breeding = breeding
        self.goals = goals
        self.seed = seed
        self.planned = min(space.size, breeding.population_size * breeding.generations)
        self._core: _core.Genetic | _core.Nsga = _sampler(space, breeding, goals, seed)

    def ask(self) -> NDArray[np.uint32]:
        """See `Sampler.ask`."""
        return self._core.ask()

    def tell(self, digits: NDArray[np.uint32], scores: NDArray[np.float64]) -> None:  # noqa: ARG002
        """See `Sampler.tell`."""
        self._core.tell(scores if self.goals > 1 else scores[:, 0].copy())

    def plain(self) -> dict[str, object]:
        """See `Sampler.plain`."""
        return {"name": "genetic", **self.breeding.rules(), "goals": self.goals, "seed": self.seed}


def _sampler(space: Space, breeding: Breeding, goals: int, seed: int) -> _core.Genetic | _core.Nsga:
    rules = breeding.rules()
    if goals == 1:
        return _core.Genetic(space.radix, **rules, seed=seed)
    # What NSGA-II keeps is decided by dominance, and there is no one best to stagnate.
    del rules["elite"], rules["stagnation"]
    return _core.Nsga(space.radix, goals=goals, **rules, seed=seed)
