"""From a finished search to its honesty report: what is measured anew, on which sets, at what cost."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from spark_stacker.backtesting.search.estimate import estimate
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.backtesting.search.evaluators.contract import WHOLE
from spark_stacker.backtesting.search.executors import InThisProcess
from spark_stacker.backtesting.search.honesty import HonestyReport, assess
from spark_stacker.backtesting.search.loop import search
from spark_stacker.backtesting.search.overfit import BLOCKS, block_sums, mean_correlation
from spark_stacker.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.evaluators import Evaluator
    from spark_stacker.backtesting.search.optimise import MakeSampler, Plan
    from spark_stacker.backtesting.search.result import SearchResult
    from spark_stacker.backtesting.search.tally import Studied, Tally

__all__ = ["judge"]

_LONGEST_SECONDS: Final = 30.0
"""What the permutations may take, and the second run of the sets where one is needed."""
_PERMUTATIONS: Final = (99, 39, 19)
"""Searches over permuted bars: the first number that fits the time. 19 are the fewest that can give p = 0.05.
"""
_CURVE_BYTES: Final = 32 << 20
"""What the returns of all sets may take where their correlation has to be computed here."""
_MOVED: Final = 4_096
"""Rows that are moved at a time."""
_YEAR_NS: Final = 365 * 86_400_000_000_000


def judge(
    plan: Plan,
    make_sampler: MakeSampler,
    result: SearchResult,
    tally: Tally,
    *,
    seconds: float,
    elsewhere: bool = False,
) -> HonestyReport:
    """The report of a search that took ``seconds``, part of it read from disk or run ``elsewhere``.

    The cross-validation studies all sets that ran, up to 100,000; of more the best 1,000 and a seeded sample
    of 2,000. Above 10,000 sets spread and correlation are those of the sample. Of a strategy that the core
    does not simulate as many are studied as can be run again in half a minute.
    """
    evaluator = plan.evaluator
    if elsewhere:  # it is here that it would be run again
        whole = estimate(evaluator, tally.count, plan.objective.metrics, threads=plan.threads)
        seconds = max(seconds, whole.seconds)
    equity = evaluator.equity(plan.space.digits_of(result.best_params), WHOLE)[1]
    permuted, why = _permuted(plan, make_sampler, seconds)
    # Afterwards, as the sums of many sets take more memory than anything else.
    measured = _measured(plan, tally.studied(), seconds / max(1, tally.count))
    return assess(
        sets=tally.count,
        sharpes=measured.sharpes,
        winner_returns=_returns(equity, evaluator.initial_balance),
        periods_per_year=_YEAR_NS / evaluator.interval_ns,
        block_sums=measured.sums,
        correlation=measured.correlation,
        trials_ever=max(tally.count, 0 if result.ledger is None else result.ledger.total),
        observed=tally.best_score if permuted else None,
        permuted=permuted,
        not_permuted=why,
        permuted_goal=plan.objective.goals[0].label if len(plan.objective.goals) > 1 else None,
        threads=plan.threads,
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """``sums`` of the sets by block of time, or None with too few bars; ``sharpes`` per bar of the sample."""

    sums: NDArray[np.float64] | None
    sharpes: NDArray[np.float64]
    correlation: float | None


def _measured(plan: Plan, sets: Studied, seconds_a_set: float) -> _Measured:
    evaluator = plan.evaluator
    sweep = evaluator.sweep() if isinstance(evaluator, ConfiguredEvaluator) else None
    if sweep is None:
        return _measured_by_curves(evaluator, sets, seconds_a_set)
    counted = sets.is_sample & sets.has_score
    correlation = sweep.mean_correlation(
        np.ascontiguousarray(sets.digits[counted]), start_ns=None, end_ns=None, threads=plan.threads
    )
    blocks = BLOCKS if len(evaluator.open_time_ns) >= BLOCKS else 1
    sums = sweep.block_sums(sets.digits, blocks, start_ns=None, end_ns=None, threads=plan.threads)
    ran = np.isfinite(sums[:, 0, 0])
    sharpes = _sharpes(sums[ran & counted])
    # What lost everything has no score, but it was tried, and may have won the time before.
    takes_part = ran & (sets.has_score | (sums[:, :, 2] > 0).any(axis=1))
    return _Measured(_only(sums, takes_part) if blocks == BLOCKS else None, sharpes, correlation)


def _only(sums: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The rows of ``sums`` that ``rows`` marks, moved to its front: a copy would double its memory."""
    if rows.all():
        return sums
    count = 0
    for first in range(0, len(sums), _MOVED):
        kept = sums[first : first + _MOVED][rows[first : first + _MOVED]]
        sums[count : count + len(kept)] = kept
        count += len(kept)
    return sums[:count]


def _measured_by_curves(evaluator: Evaluator, sets: Studied, seconds_a_set: float) -> _Measured:
    """Runs sets again one by one, an even selection where all would take too long."""
    bars = len(evaluator.open_time_ns)
    most = int(min(_LONGEST_SECONDS / max(seconds_a_set, 1e-9), _CURVE_BYTES / (8 * bars)))
    rows = np.arange(len(sets.digits))
    if len(rows) > most:
        rows = np.unique(np.linspace(0, len(rows) - 1, max(2, most)).astype(np.int64))
    curves, has_score = [], []
    for row in rows:
        try:
            equity = evaluator.equity(sets.digits[row], WHOLE)[1]
        except InputError:  # it failed in the search as well
            continue
        returns = _returns(equity, evaluator.initial_balance)
        if sets.has_score[row] or returns.any():
            curves.append(returns)
            has_score.append(sets.has_score[row])
    if not curves:
        return _Measured(None, np.empty(0), None)
    blocks = BLOCKS if bars >= BLOCKS else None
    sums = None if blocks is None else np.stack([block_sums(curve) for curve in curves])
    returns = np.stack(curves)[np.array(has_score)]
    deviation = returns.std(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        sharpes = np.where(deviation > 0, returns.mean(axis=1) / deviation, math.nan)
    return _Measured(sums, sharpes, mean_correlation(returns) if len(returns) else None)


def _sharpes(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sharpe ratio per bar of each set from its count, Σr and Σr²; NaN without variance."""
    count, total, squares = sums.sum(axis=1).T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
        variance = (squares - total * mean) / (count - 1.0)
        sharpes: NDArray[np.float64] = np.where(variance > 0, mean / np.sqrt(variance), math.nan)
        return sharpes


def _returns(equity: NDArray[np.float64], initial_balance: float) -> NDArray[np.float64]:
    """Of each bar; none where nothing is left to lose."""
    before = np.concatenate([[initial_balance], equity[:-1]])
    growth: NDArray[np.float64] = np.divide(equity, before, out=np.ones_like(equity), where=before > 0)
    return growth - 1.0


def _permuted(plan: Plan, make_sampler: MakeSampler, seconds: float) -> tuple[list[float], str]:
    """The best score of the same search over permuted bars, again and again, or why there is none."""
    cost = min(_PERMUTATIONS) * seconds
    if cost >= _LONGEST_SECONDS:
        return [], f"{min(_PERMUTATIONS)} searches over permuted bars would take about {cost:,.0f} s"
    count = next(number for number in _PERMUTATIONS if number * seconds < _LONGEST_SECONDS)
    needed = plan.objective.metrics + tuple(name for each in plan.constraints for name in each.metrics)
    deadline = time.perf_counter() + 2 * _LONGEST_SECONDS
    best: list[float] = []
    for seed in range(plan.seed + 1, plan.seed + 1 + count):
        try:
            evaluator = plan.evaluator.permuted(seed)
        except InputError as error:
            return [], str(error)
        again = replace(plan, evaluator=evaluator, metrics=tuple(dict.fromkeys(needed)))
        evaluation = InThisProcess(evaluator, again.metrics, WHOLE, threads=plan.threads)
        try:
            tally, _ = search(
                plan.space,
                make_sampler(again),
                evaluation,
                metrics=again.metrics,
                objective=plan.objective,
                constraints=plan.constraints,
                seed=plan.seed,
            )
            best.append(tally.best_score)
        except InputError:  # nothing there satisfies the constraints, so it found nothing
            best.append(math.nan)
        if time.perf_counter() > deadline:
            break
    if len(best) < min(_PERMUTATIONS):  # so few cannot give p = 0.05, and say nothing
        return [], (
            f"in {2 * _LONGEST_SECONDS:g} s only {len(best)} of the {min(_PERMUTATIONS)} searches over "
            "permuted bars that are needed could be made"
        )
    return best, ""
