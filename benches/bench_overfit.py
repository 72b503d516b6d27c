"""Overfit statistics of 3,000 sets over a year of hours, and deflated Sharpe ratios equal to vectorbt's."""

from __future__ import annotations

import warnings

import numpy as np

from market import random_walk
from measure import interleaved, median, paired_ratio, require_release, table
from spark_stacker.backtesting.search.overfit import (
    SharpeEstimate,
    Trials,
    block_sums,
    cross_validate,
    mean_correlation,
    permute_bars,
)
from spark_stacker.backtesting.search.resampling import bootstrap, reorder_trades

warnings.simplefilter("ignore")
import pandas as pd  # noqa: E402
import vectorbt  # noqa: E402

SETS, BARS = 3_000, 8_760
ROUNDS = 9


def agree_with_vectorbt() -> float:
    """Largest difference of the deflated Sharpe ratios of 40 trials, with fat tails and an edge in some."""
    rng = np.random.default_rng(2)
    returns = 0.01 * rng.standard_t(5, (40, 1_500)) + np.linspace(-0.0005, 0.0015, 40)[:, None]
    estimates = [SharpeEstimate.of(row) for row in returns]
    known = [estimate for estimate in estimates if estimate is not None]
    trials = Trials(len(known), float(np.var([estimate.sharpe for estimate in known], ddof=1)))
    ours = np.array([estimate.deflated(trials) for estimate in known], dtype=float)
    frame = pd.DataFrame(returns.T, index=pd.date_range("2024", periods=1_500, freq="D"))
    theirs = frame.vbt.returns(freq="D").deflated_sharpe_ratio(ddof=1).to_numpy()
    assert vectorbt.__version__
    assert theirs.max() - theirs.min() > 0.5
    difference = float(np.abs(ours - theirs).max())
    assert difference < 1e-9, difference
    return difference


def main() -> None:
    """Prints the agreement and the times."""
    require_release()
    print(
        f"deflated Sharpe ratios of 40 trials differ from vectorbt's by at most {agree_with_vectorbt():.1e}\n"
    )
    returns = np.random.default_rng(1).normal(0.0, 0.005, (SETS, BARS))
    sums = np.stack([block_sums(row) for row in returns])
    bars = random_walk(BARS).bars()
    times = interleaved(
        {
            f"cross-validation, {SETS:,} sets, 12,870 splits, 1 thread": lambda: cross_validate(
                sums, threads=1
            ),
            "the same, 2 threads": lambda: cross_validate(sums, threads=2),
            f"sums over blocks, {SETS:,} sets": lambda: [block_sums(row) for row in returns],
            f"mean correlation, {SETS:,} sets": lambda: mean_correlation(returns),
            "permuted bars, once": lambda: permute_bars(bars, seed=1),
            "bootstrap, 1,000 histories, 2 threads": lambda: bootstrap(
                returns[0], periods_per_year=8_760.0, threads=2
            ),
            "trades in 1,000 orders, 200 trades, 2 threads": lambda: reorder_trades(
                returns[0, :200], threads=2
            ),
        },
        rounds=ROUNDS,
    )
    print(table(("", "ms"), [(name, f"{1e3 * median(seconds):.2f}") for name, seconds in times.items()]))
    one, two = list(times.values())[:2]
    print(f"\ntwo threads are {paired_ratio(one, two):.2f} times one")


if __name__ == "__main__":
    main()
