"""How often the honesty report is fooled by noise, and how often it sees an edge that is there.

A search is the whole call, `optimize_parameters` or `genetic_optimize` with the report that it makes by
itself, over a made history: crossovers of averages, long and short, without fees; the winner has the best
Sharpe ratio. The permutation test takes as many permuted searches as the time allows, here 99.

Tested are the permutation p-value, the deflated Sharpe ratio with the effective number of trials and with
all of them, and the verdict with and without a permutation test. The probability of backtest overfitting
stands beside; it takes no part in the verdict.

- Pure noise: 1,000 searches of each kind, over random walks and over matrices of returns that are alike or
  not. The Clopper-Pearson 95 % lower bound of the share that passes must not exceed 5 %.
- Planted trends: the share that passes, by the drift of the trends.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from market import engine, settings
from measure import require_release, table
from noise import trending_walk
from spark_stacker.backtesting.search.honesty import HonestyReport, Verdict, assess
from spark_stacker.backtesting.search.overfit import block_sums, mean_correlation
from spark_stacker.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

NOISE_SEARCHES = 1_000
EDGE_SEARCHES = 200
BARS = 1_000
GRID = {"ma.fast_period": [3, 5, 8, 12], "ma.slow_period": [20, 30, 45, 70]}
SPACE = {"ma.fast_period": (3, 20, 1), "ma.slow_period": (21, 80, 1)}
GENERATIONS = 5
STRENGTHS = (0.1, 0.2, 0.3, 0.4, 0.6)
HOURS_PER_YEAR = 8_760.0
LEVEL = 0.05
GRID_SEED, BRED_SEED, EDGE_SEED, MATRIX_SEED = 3_000_000, 4_000_000, 5_000_000, 6_000_000
"""Of the first search of each kind; the next one has the next number."""
MATRICES = ((2, 0.6), (4, 0.9), (50, 0.0), (50, 0.9))
"""Trials and their correlation."""

RULES: dict[str, Callable[[HonestyReport], bool]] = {
    "permutation p ≤ 0.05": lambda report: (report.permutation_p_value or 1.0) <= LEVEL,
    "deflated Sharpe ≥ 0.95": lambda report: (report.deflated_sharpe or 0.0) >= 1 - LEVEL,
    "of all trials": lambda report: (report.deflated_sharpe_all_trials or 0.0) >= 1 - LEVEL,
    "overfitting < 0.5": lambda report: (
        report.cross_validation is not None and report.cross_validation.probability < 0.5
    ),
    "verdict": lambda report: report.verdict is Verdict.BEYOND_LUCK,
    "verdict without permutations": lambda report: (
        replace(report, permutation_p_value=None).verdict is Verdict.BEYOND_LUCK
    ),
}
PERMUTED = "permuted"
"""Under which reports with a permutation test are counted."""
VERDICTS = tuple(name for name in RULES if name.startswith("verdict"))


def crossovers() -> Settings:
    """Long and short, all of the equity, without fees."""
    plain = settings().model_dump(mode="json", exclude_unset=True)
    plain["simulation"] |= {"taker_fee": 0.0}
    plain["strategies"][0] |= {"side": "both"}
    return Settings.model_validate(plain)


def search(*, seed: int, strength: float = 0.0, bred: bool = False) -> HonestyReport:
    """The report of one call."""
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    made = engine(trending_walk(BARS, seed=seed, strength=strength).bars())
    options = {
        "settings": CROSSOVERS,
        "start_date": begin,
        "end_date": begin + timedelta(hours=BARS),
        "metrics": ["sharpe_ratio"],
        "ledger": False,
        "seed": seed,
    }
    if bred:
        found = made.genetic_optimize(param_space=SPACE, generations=GENERATIONS, **options)
    else:
        found = made.optimize_parameters(param_grid=GRID, **options)
    return found.honesty


def matrix(trials: int, correlation: float, *, seed: int) -> HonestyReport:
    """The report on returns that were drawn, without bars that could be permuted."""
    rng = np.random.default_rng(seed)
    shared, own = rng.normal(0.0, 0.005, (1, BARS)), rng.normal(0.0, 0.005, (trials, BARS))
    returns: NDArray[np.float64] = math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own
    sharpes = returns.mean(axis=1) / returns.std(axis=1, ddof=1)
    return assess(
        sets=trials,
        sharpes=sharpes,
        winner_returns=returns[int(np.argmax(sharpes))],
        periods_per_year=HOURS_PER_YEAR,
        block_sums=np.stack([block_sums(row) for row in returns]),
        correlation=mean_correlation(returns),
    )


def count(reports: Iterable[HonestyReport]) -> Counter[str]:
    """How many reports pass each rule."""
    passed: Counter[str] = Counter()
    for made in reports:
        passed[PERMUTED] += made.permutation_p_value is not None
        passed.update(name for name, rule in RULES.items() if rule(made))
    return passed


def lower_bound(passed: int, searches: int, *, confidence: float = 0.95) -> float:
    """Clopper-Pearson: the share at which so many or more passes have half of 1 − ``confidence``."""
    if passed == 0:
        return 0.0
    low, high = 0.0, passed / searches
    for _ in range(60):
        share = (low + high) / 2
        fewer = sum(math.comb(searches, k) * share**k * (1 - share) ** (searches - k) for k in range(passed))
        low, high = (low, share) if 1 - fewer > (1 - confidence) / 2 else (share, high)
    return low


CROSSOVERS = crossovers()


def main() -> int:
    """Prints the tables; 1 when noise passes too often."""
    require_release()
    kinds: dict[str, Callable[[int], HonestyReport]] = {
        "grid of 16 crossovers": lambda number: search(seed=GRID_SEED + number),
        "genetic, 100 of 1,080 crossovers": lambda number: search(seed=BRED_SEED + number, bred=True),
    }
    for trials, correlation in MATRICES:
        kinds[f"{trials} trials, correlation {correlation:g}"] = (
            lambda number, trials=trials, correlation=correlation: matrix(  # type: ignore[misc]
                trials, correlation, seed=MATRIX_SEED + number
            )
        )
    print(
        f"Pure noise: {NOISE_SEARCHES:,} searches over {BARS:,} bars each; share that passes (lower bound)\n"
    )
    rows, fooled = [], False
    for name, make in kinds.items():
        passed = count(make(number) for number in range(NOISE_SEARCHES))
        bounds = {rule: lower_bound(passed[rule], NOISE_SEARCHES) for rule in RULES}
        fooled |= any(bounds[rule] > LEVEL for rule in VERDICTS)
        shares = [f"{passed[rule] / NOISE_SEARCHES:.1%} ({bounds[rule]:.1%})" for rule in RULES]
        if not passed[PERMUTED]:
            shares[0] = "not run"
        rows.append((name, *shares))
        print(f"{name}: done", file=sys.stderr)
    print(table(("", *RULES), rows))

    print(f"\nPlanted trends, the grid: {EDGE_SEARCHES} searches each; share that passes\n")
    rows = []
    for strength in STRENGTHS:
        passed = count(search(seed=EDGE_SEED + number, strength=strength) for number in range(EDGE_SEARCHES))
        rows.append((f"{strength}", *(f"{passed[rule] / EDGE_SEARCHES:.0%}" for rule in RULES)))
    print(table(("drift over volatility", *RULES), rows))
    return 1 if fooled else 0


if __name__ == "__main__":
    sys.exit(main())
