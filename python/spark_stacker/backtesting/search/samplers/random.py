"""A seeded sample of a space, every set at most once, without remembering which were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.constraints import Admits
    from spark_stacker.backtesting.search.space import Space

__all__ = ["RandomSampler", "mixed"]

_ROUNDS: Final = 6
_PATIENCE: Final = 1_000
"""Sets drawn for each one wanted, above which the constraints are as good as contradictory."""
_LARGEST: Final = 1 << 62


class RandomSampler:
    """Draws ``samples`` sets that the constraints admit, ``batch`` at a time; all of them in a smaller space.

    The numbers 0, 1, 2, … go through a seeded permutation of the space (a Feistel network, walked until it
    lands inside), so that no set comes twice and nothing has to be remembered.
    """

    adaptive = False

    def __init__(self, space: Space, *, samples: int, batch: int, seed: int, admits: Admits) -> None:
        if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:
            raise ParameterError(f"samples must be a whole number above 0, was {samples!r}")
        self.space = space
        self.samples = samples
        self.seed = seed
        self.planned = min(samples, space.size)
        self._admits = admits
        self._batch = batch
        self._drawn = 0
        self._given = 0

    def ask(self) -> NDArray[np.uint32]:
        """See `Sampler.ask`."""
        wanted = min(self._batch, self.samples - self._given)
        kept: list[NDArray[np.uint32]] = []
        found = 0
        limit = min(self.space.size, _PATIENCE * self.samples)
        while found < wanted and self._drawn < limit:
            count = min(max(wanted - found, 64), limit - self._drawn)
            digits = self._draw(np.arange(self._drawn, self._drawn + count, dtype=np.uint64))
            admitted = np.flatnonzero(self._admits(digits))[: wanted - found]
            full = found + len(admitted) == wanted
            self._drawn += int(admitted[-1]) + 1 if full else count
            kept.append(digits[admitted])
            found += len(admitted)
        self._given += found
        return np.concatenate(kept) if kept else np.empty((0, len(self.space.axes)), dtype=np.uint32)

    def tell(self, digits: NDArray[np.uint32], scores: NDArray[np.float64]) -> None:
        """A random search asks the same whatever it is told."""

    def plain(self) -> dict[str, object]:
        """See `Sampler.plain`."""
        return {"name": "random", "samples": self.samples, "seed": self.seed}

    def _draw(self, numbers: NDArray[np.uint64]) -> NDArray[np.uint32]:
        if self.space.size < _LARGEST:
            return self.space.digits(_permuted(numbers, self.space.size, self.seed).astype(np.int64))
        # So large a space has no two equal draws to be feared.
        columns = [
            mixed(numbers, self.seed + 7919 * place) % np.uint64(radix)
            for place, radix in enumerate(self.space.radix, start=1)
        ]
        return np.stack(columns, axis=1).astype(np.uint32)


def mixed(numbers: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """64 well mixed bits of each number and the seed (the finaliser of SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        bits = numbers + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def _permuted(numbers: NDArray[np.uint64], size: int, seed: int) -> NDArray[np.uint64]:
    """Each number's place in a permutation of ``0 … size − 1`` that the seed chooses."""
    half = np.uint64(max((size - 1).bit_length() + 1, 2) // 2)
    mask = (np.uint64(1) << half) - np.uint64(1)
    places = numbers.copy()
    outside = np.arange(len(places))
    while len(outside):
        left, right = places[outside] >> half, places[outside] & mask
        for turn in range(_ROUNDS):
            left, right = right, left ^ (mixed(right, seed * _ROUNDS + turn) & mask)
        places[outside] = (left << half) | right
        outside = outside[places[outside] >= size]
    return places
