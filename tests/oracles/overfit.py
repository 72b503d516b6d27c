"""Overfit statistics written down as their papers do: slowly, and without the core."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import mpmath
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Splits:
    """In-sample and out-of-sample Sharpe ratio of the winner of each split, and its relative rank."""

    in_sample: NDArray[np.float64]
    out_of_sample: NDArray[np.float64]
    relative_rank: NDArray[np.float64]

    @property
    def probability(self) -> float:
        logits = np.log(self.relative_rank / (1 - self.relative_rank))
        return float((logits <= 1e-12).mean())


def sharpe(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of every row; −∞ without variance."""
    deviation = returns.std(axis=1, ddof=1)
    varies = np.ptp(returns, axis=1) > 0
    return np.where(varies, returns.mean(axis=1) / np.where(varies, deviation, 1.0), -np.inf)


def splits(returns: NDArray[np.float64], blocks: int) -> Splits:
    """Every split of the columns of ``returns`` (sets, bars), as many as there are halves of the blocks."""
    rows = returns.shape[1]
    edges = [rows * block // blocks for block in range(blocks + 1)]
    parts = [returns[:, start:stop] for start, stop in itertools.pairwise(edges)]
    found = []
    for chosen in itertools.combinations(range(blocks), blocks // 2):
        inside = sharpe(np.concatenate([parts[b] for b in chosen], axis=1))
        outside = sharpe(np.concatenate([parts[b] for b in range(blocks) if b not in chosen], axis=1))
        winner = int(np.argmax(inside))
        if inside[winner] == -np.inf:
            continue
        below = np.count_nonzero(outside < outside[winner])
        equal = np.count_nonzero(outside == outside[winner])
        found.append((inside[winner], outside[winner], (below + (equal + 1) / 2) / (len(outside) + 1)))
    return Splits(*np.array(found).T)


def probabilistic_sharpe(
    *, sharpe: object, skewness: float, kurtosis: float, observations: int, benchmark: object
) -> mpmath.mpf:
    """Bailey and López de Prado (2012), in 50 digits."""
    with mpmath.workdps(50):
        ratio = mpmath.mpf(sharpe)
        spread = 1 - mpmath.mpf(skewness) * ratio + (mpmath.mpf(kurtosis) - 1) / 4 * ratio**2
        return mpmath.ncdf(
            (ratio - mpmath.mpf(benchmark)) * mpmath.sqrt(observations - 1) / mpmath.sqrt(spread)
        )


def normal_quantile(p: object) -> mpmath.mpf:
    """In 50 digits."""
    with mpmath.workdps(50):
        return mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(p) - 1)


def expected_maximum(*, trials: float, variance: object) -> mpmath.mpf:
    """Bailey and López de Prado (2014), equation 1, in 50 digits."""
    with mpmath.workdps(50):
        count, gamma = mpmath.mpf(trials), mpmath.euler
        first, second = normal_quantile(1 - 1 / count), normal_quantile(1 - 1 / (count * mpmath.e))
        return mpmath.sqrt(variance) * ((1 - gamma) * first + gamma * second)
