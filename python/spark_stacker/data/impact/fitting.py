"""Curves fitted to looks at a book: spread, depth profile, and the laws by which cost rises with size.

All numbers are means, since what many orders pay adds up to the mean. Laws are fitted by least squares to
the mean cost of each size, each weighted by one over the variance of its cost, so that a small size counts as
much as a large one whose costs are large and scattered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from spark_stacker.data.impact.model import Curve, LawFit, SizePoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MOST_UNFILLED", "Side", "fit_curve"]

MOST_UNFILLED: Final = 0.01
"""A size that more looks than this could not fill is not fitted: those that could are the cheap ones."""
_SIMPLER: Final = 0.002
"""A law with more freedom must be better by this fraction of the squared error: what a bias of a twentieth of
the standard deviation adds to it.
"""
_LEAST_POWER: Final = 0.05
_MOST_POWER: Final = 3.0
_LEAST_DEVIATION: Final = 1e-3
"""Of the mean: books that never change have no variance to weigh by."""

Law = Literal["power", "square_root", "profile"]


@dataclass(frozen=True, slots=True)
class Side:
    """Looks of one part of the time, training or held out, at a known book.

    ``cost_bps`` has a row a look, then side, then size.
    """

    half_spread_bps: NDArray[np.float64]
    cost_bps: NDArray[np.float64]
    blocks: int


def fit_curve(notional: NDArray[np.float64], training: Side, held_out: Side) -> Curve | None:
    """The curve of the looks; None when not even the smallest size was filled often enough."""
    half = float(training.half_spread_bps.mean())
    profile = [_point(notional, training.cost_bps, place) for place in range(len(notional))]
    count = next((n for n, point in enumerate(profile) if not point.fitted), len(profile))
    profile = [point.model_copy(update={"fitted": place < count}) for place, point in enumerate(profile)]
    if not count:
        return None
    costs = training.cost_bps[:, :, :count].reshape(-1, count)
    mean = np.nanmean(costs, axis=0)
    deviation = np.maximum(np.nanstd(costs, axis=0), _LEAST_DEVIATION * mean + 1e-9)
    sizes = _Sizes(notional[:count], mean, deviation**-2, half)
    seen = held_out.cost_bps[:, :, :count].reshape(-1, count)
    laws = [_judged("square_root", sizes.scaled(0.5), sizes, seen)]
    if count > 1:
        laws.append(_judged("power", sizes.power(), sizes, seen))
    laws.append(_judged("profile", None, sizes, seen))
    best = laws[0]
    for law in laws[1:]:
        best = law if law.score < best.score * (1 - _SIMPLER) else best
    return Curve(
        training_looks=len(training.half_spread_bps),
        held_out_looks=len(held_out.half_spread_bps),
        training_blocks=training.blocks,
        half_spread_bps=half,
        half_spread_median_bps=float(np.median(training.half_spread_bps)),
        profile=tuple(profile),
        laws=tuple(laws),
        law=best.law,
    )


def _point(notional: NDArray[np.float64], cost_bps: NDArray[np.float64], place: int) -> SizePoint:
    costs = cost_bps[:, :, place]
    filled = np.isfinite(costs)
    unfilled = 1.0 - float(filled.mean())
    return SizePoint(
        notional=float(notional[place]),
        cost_bps=_mean(costs[filled]),
        buy_bps=_mean(costs[:, 0][filled[:, 0]]),
        sell_bps=_mean(costs[:, 1][filled[:, 1]]),
        unfilled_share=unfilled,
        fitted=unfilled <= MOST_UNFILLED,
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    # A cost of nothing may round to a hair below.
    return max(float(values.mean()), 0.0) if len(values) else None


@dataclass(frozen=True, slots=True)
class _Sizes:
    """The sizes fitted: mean cost and weight of each; half the spread."""

    notional: NDArray[np.float64]
    mean: NDArray[np.float64]
    weight: NDArray[np.float64]
    half: float

    def scaled(self, exponent: float) -> tuple[float, float]:
        """The coefficient of least weighted squares for an exponent, not negative; and the exponent."""
        coefficient, _ = self._least(np.array([exponent]))
        return float(coefficient[0]) / float(self.notional[-1]) ** exponent, exponent

    def power(self) -> tuple[float, float]:
        """Coefficient and exponent of least weighted squares: a grid of exponents, then ever finer ones."""
        low, high, best = _LEAST_POWER, _MOST_POWER, 0.5
        for _ in range(12):
            tried = np.linspace(low, high, 41)
            place = int(self._least(tried)[1].argmin())
            best = float(tried[place])
            low, high = float(tried[max(place - 1, 0)]), float(tried[min(place + 1, 40)])
        return self.scaled(best)

    def said(self, numbers: tuple[float, float] | None) -> NDArray[np.float64]:
        """What a law says of each size: the power with these numbers, else the measured profile."""
        if numbers is None:
            return np.maximum.accumulate(np.maximum(self.mean, self.half))
        coefficient, exponent = numbers
        return self.half + coefficient * self.notional**exponent

    def _least(self, exponents: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """For each exponent the best coefficient, at the largest size, and the squares that it leaves."""
        rise = (self.notional / self.notional[-1]) ** exponents[:, None]
        wanted = self.mean - self.half
        best = (self.weight * rise * wanted).sum(1) / (self.weight * rise * rise).sum(1)
        best = np.maximum(best, 0.0)
        return best, (self.weight * (wanted - best[:, None] * rise) ** 2).sum(1)


def _judged(
    law: Law, numbers: tuple[float, float] | None, sizes: _Sizes, seen: NDArray[np.float64]
) -> LawFit:
    """A law with its errors on held-out looks."""
    coefficient, exponent = numbers or (None, None)
    error = sizes.said(numbers) - seen
    return LawFit(
        law=law,
        coefficient_bps=coefficient,
        exponent=exponent,
        score=float(np.nanmean(error**2 * sizes.weight)),
        mae_bps=float(np.nanmean(np.abs(error))),
        bias_bps=float(np.nanmean(error)),
    )
