"""How often the honesty report is fooled by noise, and how often it sees an edge that is there.

A search: a grid of moving-average crossovers, long and short, without fees, each set a backtest of the core
over a made history; the winner has the best Sharpe ratio. Every report runs all three tests, the permutation
test with 19 permuted searches, the fewest that can reach 0.05.

Tested are the permutation p-value, the deflated Sharpe ratio, and the verdict, which wants both where both
were run. The probability of backtest overfitting stands beside; it takes no part in the verdict.

- Pure noise: at least 1,000 searches over random walks, and as many over matrices of independent returns.
  The Clopper-Pearson 95 % lower bound of the share that passes must not exceed 5 %.
- Planted trends: the share that passes, by the drift of the trends.
"""

from __future__ import annotations

import copy
import math
import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from market import BALANCE, cross_plan
from measure import require_release, table
from noise import trending_walk
from spark_stacker import _core
from spark_stacker.backtesting.search.honesty import HonestyReport, Verdict, assess
from spark_stacker.backtesting.search.overfit import block_sums, mean_correlation, permute_bars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

NOISE_SEARCHES = 1_000
EDGE_SEARCHES = 200
BARS = 1_000
FAST, SLOW = (3, 5, 8, 12), (20, 30, 45, 70)
PERMUTATIONS = 19
STRENGTHS = (0.1, 0.2, 0.3, 0.4, 0.6)
INDEPENDENT_TRIALS = 50
HOURS_PER_YEAR = 8_760.0
LEVEL = 0.05

RULES: dict[str, Callable[[HonestyReport], bool]] = {
    "permutation p ≤ 0.05": lambda report: (report.permutation_p_value or 1.0) <= LEVEL,
    "deflated Sharpe ≥ 0.95": lambda report: (report.deflated_sharpe or 0.0) >= 1 - LEVEL,
    "overfitting < 0.5": lambda report: (
        report.cross_validation is not None and report.cross_validation.probability < 0.5
    ),
    "verdict": lambda report: report.verdict is Verdict.BEYOND_LUCK,
}


def portfolios() -> list[_core.Portfolio]:
    """One for each set of the grid."""
    made = []
    for fast in FAST:
        for slow in SLOW:
            plan = copy.deepcopy(cross_plan())
            plan["venue"]["taker_fee_rate"] = 0.0
            strategy = plan["strategies"][0]
            strategy["side"] = "both"
            strategy["indicators"][0]["parameters"] = {"fast_period": fast, "slow_period": slow}
            made.append(_core.Portfolio(plan))
    return made


def returns(sets: Iterable[_core.Portfolio], bars: _core.Bars) -> NDArray[np.float64]:
    """Bar returns of every set."""
    rows = []
    for portfolio in sets:
        run = _core.run_backtest(portfolio, [bars], start=[0], signals=[], funding=[None], mark=[None])
        rows.append(np.diff(run.equity, prepend=BALANCE))
        rows[-1] /= run.equity - rows[-1]
    return np.array(rows)


def sharpes(trials: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per period; NaN where a set did not trade."""
    deviation = trials.std(axis=1, ddof=1)
    with np.errstate(invalid="ignore"):
        return np.where(deviation > 0, trials.mean(axis=1) / deviation, np.nan)


def report(trials: NDArray[np.float64], permuted: list[float]) -> HonestyReport:
    """What the search package would say of these trials."""
    ratios = sharpes(trials)
    winner = int(np.nanargmax(ratios))
    return assess(
        sets=len(trials),
        sharpes=ratios,
        winner_returns=trials[winner],
        periods_per_year=HOURS_PER_YEAR,
        block_sums=np.stack([block_sums(row) for row in trials]),
        correlation=mean_correlation(trials),
        observed=float(ratios[winner]),
        permuted=permuted,
    )


def search(sets: list[_core.Portfolio], *, seed: int, strength: float) -> HonestyReport:
    """A whole search with its permuted ones."""
    bars = trending_walk(BARS, seed=seed, strength=strength).bars()
    permuted = [
        float(np.nanmax(sharpes(returns(sets, permute_bars(bars, seed=number)))))
        for number in range(1, PERMUTATIONS + 1)
    ]
    return report(returns(sets, bars), permuted)


def count(reports: Iterable[HonestyReport]) -> Counter[str]:
    """How many reports pass each rule."""
    passed: Counter[str] = Counter()
    for made in reports:
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


def main() -> int:
    """Prints the tables; 1 when noise passes too often."""
    require_release()
    sets = portfolios()
    rng = np.random.default_rng(5)
    noise = {
        f"{len(sets)} crossovers on random walks": count(
            search(sets, seed=seed, strength=0.0) for seed in range(NOISE_SEARCHES)
        ),
        f"{INDEPENDENT_TRIALS} independent trials, no permutation test": count(
            report(rng.normal(0.0, 0.005, (INDEPENDENT_TRIALS, BARS)), []) for _ in range(NOISE_SEARCHES)
        ),
    }
    print(
        f"Pure noise: {NOISE_SEARCHES:,} searches over {BARS:,} bars each; share that passes (lower bound)\n"
    )
    rows, fooled = [], False
    for name, passed in noise.items():
        bounds = {rule: lower_bound(passed[rule], NOISE_SEARCHES) for rule in RULES}
        fooled |= bounds["verdict"] > LEVEL
        shares = (f"{passed[rule] / NOISE_SEARCHES:.1%} ({bounds[rule]:.1%})" for rule in RULES)
        rows.append((name, *shares))
    print(table(("", *RULES), rows))

    print(f"\nPlanted trends: {EDGE_SEARCHES} searches each; share that passes\n")
    rows = []
    for strength in STRENGTHS:
        passed = count(search(sets, seed=10_000 + seed, strength=strength) for seed in range(EDGE_SEARCHES))
        rows.append((f"{strength}", *(f"{passed[rule] / EDGE_SEARCHES:.0%}" for rule in RULES)))
    print(table(("drift over volatility", *RULES), rows))
    return 1 if fooled else 0


if __name__ == "__main__":
    sys.exit(main())
