"""What else the same results could have looked like: other histories, other orders of the trades.

Everything is seeded; the same seed gives the same bytes on any number of threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from spark_stacker import _core
from spark_stacker.backtesting.search.overfit import floats, threads_or_all
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Bootstrap", "Spread", "TradeOrders", "bootstrap", "reorder_trades", "trade_returns"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a share of the draws (``confidence``) lies, the rest cut off equally at both ends."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Confidence intervals from drawn histories."""

    total_return: Spread
    sharpe_ratio: Spread | None
    """Annualised; None when a drawn history had no variance."""
    max_drawdown: Spread
    block_length: int
    draws: int
    confidence: float


@dataclass(frozen=True, slots=True)
class TradeOrders:
    """What the trades come to in other orders."""

    final_equity: Spread
    """Over the equity at the start. Without replacement it is the same in every order, up to rounding."""
    max_drawdown: Spread
    """Seen at the ends of trades."""
    draws: int
    confidence: float


def bootstrap(
    returns: ArrayLike,
    *,
    periods_per_year: float,
    block_length: int | None = None,
    method: Literal["stationary", "circular"] = "stationary",
    draws: int = 1_000,
    confidence: float = 0.95,
    seed: int = 0,
    threads: int | None = None,
) -> Bootstrap:
    """Percentile intervals of return, Sharpe ratio and drawdown by a block bootstrap of bar returns.

    ``block_length`` is the mean length in bars for "stationary" (Politis and Romano 1994), the length for
    "circular" (Politis and Romano 1992). By default it is ⌈n^(1/3)⌉, the rate that is best for variances
    (Hall, Horowitz and Jing 1995) without the constant that a fit to the data would give. Raises
    ParameterError or DataError for a length outside 1 to n, fewer than two returns or one below −1.

    >>> import numpy as np
    >>> result = bootstrap(np.random.default_rng(1).normal(0, 0.01, 500), periods_per_year=365.0)
    >>> result.block_length, result.total_return.low < 0 < result.total_return.high
    (8, True)
    """
    if method not in {"stationary", "circular"}:
        raise ParameterError(f"method must be 'stationary' or 'circular', was {method!r}")
    _check(draws, confidence)
    values = floats(returns)
    length = math.ceil(len(values) ** (1 / 3)) if block_length is None else block_length
    drawn = _core.bootstrap_returns(
        values,
        mean_length=length,
        stationary=method == "stationary",
        draws=draws,
        seed=seed,
        threads=threads_or_all(threads),
    )
    sharpe = drawn[:, 1] * math.sqrt(periods_per_year)
    return Bootstrap(
        total_return=_spread(drawn[:, 0], confidence),
        sharpe_ratio=None if np.isnan(sharpe).any() else _spread(sharpe, confidence),
        max_drawdown=_spread(drawn[:, 2], confidence),
        block_length=length,
        draws=draws,
        confidence=confidence,
    )


def reorder_trades(
    returns: ArrayLike,
    *,
    replace: bool = False,
    draws: int = 1_000,
    confidence: float = 0.95,
    seed: int = 0,
    threads: int | None = None,
) -> TradeOrders:
    """Monte Carlo over the order of trades by their returns on equity (`trade_returns`).

    With ``replace`` trades are drawn with replacement, so that the final equity varies too. Raises
    ParameterError without a trade, DataError for a return below −1.
    """
    _check(draws, confidence)
    drawn = _core.reorder_trades(
        floats(returns), replace=replace, draws=draws, seed=seed, threads=threads_or_all(threads)
    )
    return TradeOrders(
        final_equity=_spread(drawn[:, 0], confidence),
        max_drawdown=_spread(drawn[:, 1], confidence),
        draws=draws,
        confidence=confidence,
    )


def trade_returns(profits: ArrayLike, *, initial_balance: float) -> NDArray[np.float64]:
    """Each trade's profit as a fraction of the balance that the trades before it left.

    Trades stand in the order of their exits; profits are in the quote currency, net of fees and funding.
    Raises ParameterError when a balance before a trade is not positive.
    """
    values = floats(profits)
    before = initial_balance + np.cumsum(values) - values
    if not (before > 0).all():
        row = int(np.argmin(before > 0))
        raise ParameterError(f"balance before trade {row} must be positive, was {before[row]:g}")
    fractions: NDArray[np.float64] = values / before
    return fractions


def _check(draws: int, confidence: float) -> None:
    if draws < 1:
        raise ParameterError(f"draws must be at least 1, was {draws}")
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence must be between 0 and 1, was {confidence:g}")


def _spread(values: NDArray[np.float64], confidence: float) -> Spread:
    tail = (1 - confidence) / 2
    low, median, high = np.quantile(values, [tail, 0.5, 1 - tail])
    return Spread(float(low), float(median), float(high))
