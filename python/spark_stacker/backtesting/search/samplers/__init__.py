"""Which sets a search tries, and in what order.

- ``grid``: every set
- ``random``: a seeded sample, no set twice
- ``genetic``: generations bred from the best of those before, for one goal or several
- ``optuna``: TPE and CMA-ES, with the extra ``[optuna]``
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from spark_stacker.backtesting.search.samplers.genetic import GeneticSampler
from spark_stacker.backtesting.search.samplers.grid import GridSampler
from spark_stacker.backtesting.search.samplers.random import RandomSampler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["GeneticSampler", "GridSampler", "RandomSampler", "Sampler"]


class Sampler(Protocol):
    """Asks for sets and is told how they did.

    What it asks is decided by its settings and what it was told, nothing else: a search that is resumed tells
    it the same and is asked the same.
    """

    adaptive: bool
    """Whether what it is told changes what it asks."""
    planned: int
    """Sets that it will ask for at most."""

    def ask(self) -> NDArray[np.uint32]:
        """The digits of the sets to try next, a row each; no row when it is done."""

    def tell(self, digits: NDArray[np.uint32], scores: NDArray[np.float64]) -> None:
        """How the sets asked last did: a column a goal, higher is better, minus infinity for a failed set."""

    def plain(self) -> dict[str, object]:
        """Name and settings, as JSON data."""
