"""Is the winner of a search luck? The numbers, each with its source; undefined is None.

Sharpe ratios in this module are per period, not annualised: multiply by the root of the periods per year.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spark_stacker import _core

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BLOCKS",
    "CrossValidation",
    "Decay",
    "SharpeEstimate",
    "Trials",
    "block_sums",
    "cross_validate",
    "effective_trials",
    "mean_correlation",
    "minimum_backtest_years",
    "permutation_p_value",
    "permute_bars",
]

BLOCKS = 16
"""Blocks of time that the cross-validation halves in every way: 12,870 splits."""


def floats(values: ArrayLike) -> NDArray[np.float64]:
    """Contiguous float64, as the core wants them."""
    return np.ascontiguousarray(values, dtype=np.float64)


def threads_or_all(threads: int | None) -> int:
    """The number asked for, by default one for each processor."""
    return (os.cpu_count() or 1) if threads is None else threads


def block_sums(returns: ArrayLike, *, blocks: int = BLOCKS) -> NDArray[np.float64]:
    """Count, Σr and Σr² of ``blocks`` consecutive blocks of nearly equal length: shape (blocks, 3).

    Raises ParameterError for an odd number of blocks or fewer returns than blocks, DataError for a return
    that is not finite.
    """
    return _core.block_sums(floats(returns), blocks=blocks)


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """What all splits of the time into two halves say; the winner is the set of the best Sharpe ratio."""

    probability: float
    """Of backtest overfitting: share of splits whose winner ranks in the lower half of the other half."""
    splits: int
    """Splits that had a winner."""
    in_sample_sharpe: float
    """Mean Sharpe ratio, per period, of the winners in the half that chose them."""
    out_of_sample_sharpe: float | None
    """The same in the other half, where defined."""
    slope: float | None
    """Of the latter against the former: negative says that the better it looked, the worse it did."""
    probability_of_loss: float
    """Share of splits whose winner lost money in the other half."""
    median_out_of_sample_sharpe: float | None = None
    """The median over all splits, of which one without a Sharpe ratio in the other half is the lowest."""


def cross_validate(sums: ArrayLike, *, threads: int | None = None) -> CrossValidation | None:
    """Combinatorially symmetric cross-validation of sets by their `block_sums`, shape (sets, blocks, 3).

    A set without a Sharpe ratio in a half ranks last there; equal ranks are averaged. None when no set has a
    Sharpe ratio in any half. Source: Bailey, Borwein, López de Prado and Zhu (2017), "The probability of
    backtest overfitting".

    >>> import numpy as np
    >>> noise = np.random.default_rng(1).normal(0, 0.01, (50, 1_000))
    >>> result = cross_validate([block_sums(returns) for returns in noise])
    >>> result.splits
    12870
    """
    result = _core.cross_validate(floats(sums), threads=threads_or_all(threads))
    return None if result is None else CrossValidation(**result)


@dataclass(frozen=True, slots=True)
class SharpeEstimate:
    """A Sharpe ratio per period with what its uncertainty depends on.

    Source: Bailey and López de Prado (2012), "The Sharpe ratio efficient frontier".
    """

    sharpe: float
    """Mean over standard deviation (n − 1)."""
    skewness: float
    """Third standardised moment (population)."""
    kurtosis: float
    """Fourth standardised moment (population), 3 for a normal distribution."""
    observations: int

    @classmethod
    def of(cls, returns: ArrayLike) -> SharpeEstimate | None:
        """Of returns; None below two of them or without variance."""
        values = floats(returns)
        moments = _core.sharpe_moments(values)
        return None if moments is None else cls(*moments, observations=len(values))

    def probabilistic(self, benchmark: float = 0.0) -> float | None:
        """Confidence that the true Sharpe ratio exceeds ``benchmark``; None for impossible moments."""
        return _core.probabilistic_sharpe(
            sharpe=self.sharpe,
            skewness=self.skewness,
            kurtosis=self.kurtosis,
            observations=self.observations,
            benchmark=benchmark,
        )

    def deflated(self, trials: Trials) -> float | None:
        """Deflated Sharpe ratio: `probabilistic` above what the best of the trials shows without skill."""
        return self.probabilistic(trials.expected_maximum)

    def minimum_track_record(self, benchmark: float = 0.0, confidence: float = 0.95) -> float | None:
        """Observations needed to say so with ``confidence``; None when it does not exceed ``benchmark``."""
        return _core.minimum_track_record(
            sharpe=self.sharpe,
            skewness=self.skewness,
            kurtosis=self.kurtosis,
            benchmark=benchmark,
            confidence=confidence,
        )


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials from which a winner was chosen.

    Source: Bailey and López de Prado (2014), "The deflated Sharpe ratio".
    """

    number: float
    """How many independent ones there were, or amount to (`effective_trials`)."""
    sharpe_variance: float
    """Variance (n − 1) of their Sharpe ratios, per period."""

    @property
    def expected_maximum(self) -> float:
        """Sharpe ratio per period that the best of them is expected to show without any skill."""
        return _core.expected_maximum_sharpe(trials=self.number, variance=self.sharpe_variance)


def mean_correlation(returns: ArrayLike) -> float | None:
    """Mean correlation of all pairs of rows, those without variance left out; None below two rows."""
    mean, _ = _core.mean_correlation(floats(returns))
    return mean


def effective_trials(trials: int, *, correlation: float) -> float:
    """Independent trials that ``trials`` of a mean correlation amount to: ρ̄ + (1 − ρ̄)·M.

    At least one, at most all. Source: Bailey and López de Prado (2014), appendix A.3.
    """
    return _core.effective_trials(trials=trials, correlation=correlation)


def minimum_backtest_years(trials: float, *, sharpe: float) -> float | None:
    """Years below which the best of the trials is expected to reach ``sharpe`` (annualised) without skill.

    None unless ``sharpe`` is positive. Source: Bailey, Borwein, López de Prado and Zhu (2014),
    "Pseudo-mathematics and financial charlatanism".
    """
    return _core.minimum_backtest_years(trials=trials, sharpe=sharpe)


def permutation_p_value(observed: float, permuted: ArrayLike) -> float:
    """p = (1 + #≥)/(1 + B) of a winner among the winners of the same search over B permuted histories.

    Higher is better: negate a metric that is better when lower. NaN says that a search found nothing, and
    loses. Raises ParameterError when ``observed`` is NaN or ``permuted`` is empty.

    >>> permutation_p_value(2.0, [1.0, 2.5, 0.3])
    0.5
    """
    return _core.permutation_p_value(observed, floats(permuted))


def permute_bars(bars: _core.Bars, *, seed: int, start: int = 0) -> _core.Bars:
    """The bars from row ``start`` on with their moves shuffled, so that their order says nothing.

    Open, high, low and close over the close before, and the volume, stay together; times, the first bar,
    those before ``start`` and, up to rounding, the last close stay. Same seed, same bytes.
    """
    return _core.permute_bars(bars, start=start, seed=seed)


@dataclass(frozen=True, slots=True)
class Decay:
    """A figure of a year, return as a fraction or Sharpe ratio, on the data that chose the parameters and on
    those that followed.
    """

    in_sample: float
    out_of_sample: float

    @property
    def efficiency(self) -> float | None:
        """Walk-forward efficiency: out-of-sample over in-sample; None unless the latter is positive."""
        return self.out_of_sample / self.in_sample if self.in_sample > 0 else None
