"""The report that comes with every search: is its winner luck? Numbers, sentences and a verdict.

The verdict is `Verdict.BEYOND_LUCK` only if both tests of luck pass, as far as they could be run: permutation
p-value at most 0.05, deflated Sharpe ratio at least 0.95. Where no permutation test was run, the deflated
Sharpe ratio counts every trial as independent: with the effective number alone, up to 9 % of searches over
noise would pass where sets trade nearly alike. ``benches/bench_calibration.py`` measures how often pure noise
gets through. The probability of backtest overfitting takes no part: it asks whether choosing among the sets
helped, and it is high as well where all of them share one real edge. A high one is told beside.
"""

from __future__ import annotations

import enum
import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker.backtesting.search.overfit import (
    CrossValidation,
    Decay,
    SharpeEstimate,
    Trials,
    cross_validate,
    effective_trials,
    minimum_backtest_years,
    permutation_p_value,
)
from spark_stacker.backtesting.search.wording import sentences
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

__all__ = ["CONFIDENCE", "HonestyReport", "Verdict", "assess"]

CONFIDENCE = 0.95
"""What the deflated Sharpe ratio must reach, and one less the permutation p-value."""


class Verdict(enum.Enum):
    """What the tests together say; none of them can show that a strategy will earn money."""

    BEYOND_LUCK = "beyond luck"
    """Luck alone would rarely look like this."""
    UNDECIDED = "undecided"
    """Some test does not pass, none fails outright."""
    LIKELY_LUCK = "likely luck"
    """A test says that luck explains it: a Sharpe ratio below what the best of as many trials is expected to
    show without skill, or at least half of the permuted searches doing as well."""


_VERDICTS = {
    Verdict.LIKELY_LUCK: "Verdict: likely luck. Do not trade the winner on the strength of this search.",
    Verdict.UNDECIDED: "Verdict: undecided. Luck is not ruled out; more data, or fewer trials, may tell.",
    Verdict.BEYOND_LUCK: "Verdict: luck alone would rarely look like this. That is no promise: "
    "the tests know only these data, and markets change.",
}


@dataclass(frozen=True, slots=True)
class HonestyReport:
    """Whether the winner of a search is luck.

    What is undefined or was not run is None, with its reason in ``reasons``.
    Sharpe ratios are per period unless they say otherwise.
    """

    sets: int
    """Parameter sets tried in this search."""
    trials: int
    """Sets ever tried on these data with this strategy, this search among them."""
    periods_per_year: float
    cross_validated_sets: int
    """Sets that took part in the cross-validation."""
    cross_validation: CrossValidation | None
    winner: SharpeEstimate | None
    correlation: float | None
    """Mean correlation of the sets' returns."""
    effective_trials: float | None
    """Independent trials that ``trials`` amount to."""
    expected_maximum_sharpe: float | None
    """What the best of the effective trials is expected to show without skill."""
    deflated_sharpe: float | None
    """Deflated Sharpe ratio of the winner by the effective number of trials."""
    deflated_sharpe_all_trials: float | None
    """The same with every trial counted as independent."""
    minimum_track_record: float | None
    """Bars needed to say with 95 % confidence that the winner's Sharpe ratio exceeds the expected maximum."""
    minimum_backtest_years: float | None
    """Years below which as many trials are expected to reach the winner's Sharpe ratio without skill."""
    permutation_p_value: float | None
    permutations: int
    """Searches over permuted bars."""
    decay: Decay | None
    """Annualised return in and out of sample of a walk-forward analysis; without one the cross-validation
    tells how what is chosen decays."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why a number is None, by the name of its field."""
    permuted_goal: str | None = None
    """Of a search with several goals the first, which alone is compared with the permuted searches."""

    @property
    def decisive_deflated_sharpe(self) -> float | None:
        """What must reach 0.95: `deflated_sharpe` beside a permutation test, else the one of all trials."""
        return self.deflated_sharpe_all_trials if self.permutation_p_value is None else self.deflated_sharpe

    @property
    def verdict(self) -> Verdict:
        """By the rule at the head of this module."""
        p_value, deflated = self.permutation_p_value, self.decisive_deflated_sharpe
        luck_explains = self.deflated_sharpe is not None and self.deflated_sharpe < 0.5
        if luck_explains or (p_value is not None and p_value >= 0.5):
            return Verdict.LIKELY_LUCK
        decided = p_value is not None or deflated is not None
        passed = (p_value is None or p_value <= 1 - CONFIDENCE + 1e-12) and (
            deflated is None or deflated >= CONFIDENCE
        )
        return Verdict.BEYOND_LUCK if decided and passed else Verdict.UNDECIDED

    def sentences(self) -> list[str]:
        """The report in the words of a trader, the verdict last."""
        verdict = _VERDICTS[self.verdict]
        overfit = None if self.cross_validation is None else self.cross_validation.probability
        if self.verdict is Verdict.BEYOND_LUCK and overfit is not None and overfit >= 0.5:
            verdict += (
                " Which of the sets is best is luck, though: expect no more than the sets around it earn."
            )
        return [*sentences(self), verdict]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as for JSON; `from_dict` reads them."""
        return {**asdict(self), "reasons": dict(self.reasons), "verdict": self.verdict.value}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> HonestyReport:
        """The report of which `to_dict` gave the values; the verdict is drawn again."""
        parts = {"cross_validation": CrossValidation, "winner": SharpeEstimate, "decay": Decay}
        made: dict[str, Any] = {name: value for name, value in values.items() if name != "verdict"}
        for name, kind in parts.items():
            if made[name] is not None:
                made[name] = kind(**made[name])
        return cls(**made)


def assess(
    *,
    sets: int,
    sharpes: ArrayLike,
    winner_returns: ArrayLike,
    periods_per_year: float,
    block_sums: ArrayLike | None,
    correlation: float | None,
    trials_ever: int | None = None,
    observed: float | None = None,
    permuted: Sequence[float] = (),
    not_permuted: str = "it was not asked for",
    permuted_goal: str | None = None,
    decay: Decay | None = None,
    threads: int | None = None,
) -> HonestyReport:
    """Draws the report of a search from what it measured.

    - ``sharpes``: per period, of the sets whose spread stands for all trials; NaN where undefined.
    - ``winner_returns``: bar returns of the winner.
    - ``block_sums``: shape (sets, 16, 3), of all sets or of those that stand for them; None when there are
      fewer bars than blocks.
    - ``correlation``: mean correlation of the sets' returns; None counts every trial as independent.
    - ``trials_ever``: sets ever tried on these data, from a ledger, this search included.
    - ``observed``, ``permuted``: the objective of the winner, and of the winners over permuted bars; higher
      is better. Without them ``not_permuted`` says why. ``permuted_goal`` names it where it is one of
      several.

    Raises ParameterError when ``trials_ever`` is less than ``sets`` or ``observed`` is missing.
    """
    trials = sets if trials_ever is None else trials_ever
    if trials < sets:
        raise ParameterError(f"trials_ever must be at least the {sets} sets of this search, was {trials}")
    if len(permuted) and observed is None:
        raise ParameterError("observed must be the winner's objective when permuted is given, was None")
    reasons: dict[str, str] = {}

    tested = 0 if block_sums is None else len(np.asarray(block_sums))
    validation = None
    if block_sums is None:
        reasons["cross_validation"] = "there are fewer bars than blocks of time"
    elif tested < 2:
        reasons["cross_validation"] = "a single set leaves nothing to choose"
    else:
        validation = cross_validate(block_sums, threads=threads)
        if validation is None:
            reasons["cross_validation"] = "no set has a Sharpe ratio in any half of the time"

    winner = SharpeEstimate.of(winner_returns)
    known = np.asarray(sharpes, dtype=np.float64)
    known = known[~np.isnan(known)]
    if winner is None:
        reasons["deflated_sharpe"] = "the winner's returns have no variance"
    elif len(known) < 2 and trials > 1:
        reasons["deflated_sharpe"] = "fewer than two sets have a Sharpe ratio"
    if trials > 1 and correlation is None:
        reasons["correlation"] = "fewer than two sets have returns that vary"
    effective = effective_trials(trials, correlation=correlation or 0.0)
    variance = float(np.var(known, ddof=1)) if len(known) > 1 else 0.0
    best, every = Trials(effective, variance), Trials(float(trials), variance)
    judged = None if "deflated_sharpe" in reasons else winner
    deflated = None if judged is None else judged.deflated(best)
    if judged is not None and deflated is None:
        reasons["deflated_sharpe"] = "the winner's skewness and kurtosis leave its Sharpe ratio no variance"

    if not len(permuted):
        reasons["permutation_p_value"] = not_permuted
    p_value = permutation_p_value(observed, permuted) if len(permuted) and observed is not None else None
    if decay is None:
        reasons["decay"] = "walk-forward analysis was not run"
    return HonestyReport(
        sets=sets,
        trials=trials,
        periods_per_year=periods_per_year,
        cross_validated_sets=tested,
        cross_validation=validation,
        winner=winner,
        correlation=correlation,
        effective_trials=effective,
        expected_maximum_sharpe=None if judged is None else best.expected_maximum,
        deflated_sharpe=deflated,
        deflated_sharpe_all_trials=None if judged is None else judged.deflated(every),
        minimum_track_record=None
        if judged is None
        else judged.minimum_track_record(best.expected_maximum, CONFIDENCE),
        minimum_backtest_years=None
        if winner is None
        else minimum_backtest_years(effective, sharpe=winner.sharpe * math.sqrt(periods_per_year)),
        permutation_p_value=p_value,
        permutations=len(permuted),
        decay=decay,
        reasons=reasons,
        permuted_goal=permuted_goal,
    )
