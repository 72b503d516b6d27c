"""Every set of a space, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.space import Space

__all__ = ["GridSampler"]

_MOST_SETS: Final = 1 << 62


class GridSampler:
    """Asks for ``batch`` sets at a time."""

    adaptive = False

    def __init__(self, space: Space, *, batch: int) -> None:
        if space.size >= _MOST_SETS:
            raise ParameterError(
                f"the grid has {space.size:.1e} sets, more than can ever be run: take fewer values, "
                "or a random or genetic search"
            )
        self.space = space
        self.planned = space.size
        self._batch = batch
        self._next = 0

    def ask(self) -> NDArray[np.uint32]:
        """See `Sampler.ask`."""
        first, self._next = self._next, min(self._next + self._batch, self.space.size)
        return self.space.digits(np.arange(first, self._next, dtype=np.int64))

    def tell(self, digits: NDArray[np.uint32], scores: NDArray[np.float64]) -> None:
        """A grid asks the same whatever it is told."""

    def plain(self) -> dict[str, object]:
        """See `Sampler.plain`."""
        return {"name": "grid"}
