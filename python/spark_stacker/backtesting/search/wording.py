"""The honesty report in sentences: each says a number, what it means, and no more than it shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.honesty import HonestyReport

__all__ = ["percent", "sentences"]


def sentences(report: HonestyReport) -> list[str]:
    """What was tried, and what each test found."""
    return [
        _trials(report),
        _cross_validation(report),
        _deflated(report),
        *_history(report),
        _permutation(report),
        _decay(report),
    ]


def _trials(report: HonestyReport) -> str:
    said = f"{_count(report.sets, 'parameter set')} tried in this search"
    if report.trials > report.sets:
        said += f", {report.trials:,} ever on these data with this strategy"
    if report.correlation is None:
        return f"{said}; each counts as independent."
    return (
        f"{said}; as they trade partly alike (mean correlation {report.correlation:.2f}), "
        f"they count as about {_count(round(report.effective_trials or 1), 'independent trial')}."
    )


def _cross_validation(report: HonestyReport) -> str:
    result = report.cross_validation
    if result is None:
        return _missing(report, "Cross-validation", "cross_validation")
    among = (
        ""
        if report.cross_validated_sets == report.sets
        else f" among {report.cross_validated_sets:,} of them"
    )
    said = (
        f"Cross-validation: the best set{among} of one half of the time ranked in the lower half of the sets "
        f"in the other half in {percent(result.probability)} of {result.splits:,} splits "
        "(probability of backtest overfitting), "
        f"and lost money there in {percent(result.probability_of_loss)}. "
    )
    per_year = math.sqrt(report.periods_per_year)
    if result.out_of_sample_sharpe is not None:
        said += (
            f"Its annualised Sharpe ratio fell from {result.in_sample_sharpe * per_year:.2f} to "
            f"{result.out_of_sample_sharpe * per_year:.2f} on average. "
            if result.out_of_sample_sharpe < result.in_sample_sharpe
            else f"Its annualised Sharpe ratio was {result.in_sample_sharpe * per_year:.2f}, and "
            f"{result.out_of_sample_sharpe * per_year:.2f} in the other half, on average. "
        )
    if result.probability >= 0.5:
        return said + "Choosing the best set here was no better than choosing any."
    if result.probability > 0.05:
        return said + "The choice carried over more often than not, but not reliably."
    if result.probability_of_loss >= 0.5:
        return said + "The choice carried over within these data, but mostly to a loss."
    return said + "The choice carried over within these data."


def _deflated(report: HonestyReport) -> str:
    winner, expected = report.winner, report.expected_maximum_sharpe
    decisive = report.decisive_deflated_sharpe
    if winner is None or expected is None or report.deflated_sharpe is None or decisive is None:
        return _missing(report, "Deflated Sharpe ratio", "deflated_sharpe")
    per_year = math.sqrt(report.periods_per_year)
    said = (
        f"Deflated Sharpe ratio: the winner shows {winner.sharpe * per_year:.2f} a year; the best of as many "
        f"trials without any skill is expected to show {expected * per_year:.2f}. "
        f"The confidence that the winner has more than that is {percent(report.deflated_sharpe)}"
    )
    if report.deflated_sharpe_all_trials is not None and report.correlation is not None:
        said += f" ({percent(report.deflated_sharpe_all_trials)} if every trial counts as independent)"
    asked, why = "95 % are asked for", ""
    if report.permutation_p_value is None and report.correlation is not None:
        asked, why = "95 % of the latter are asked for", ", as no permutation test was run"
    if decisive >= 0.95:
        return said + f"; {asked} and reached{why}."
    if report.deflated_sharpe >= 0.5:
        return said + f"; {asked}{why}: luck is not ruled out."
    return said + ": it does not even reach what luck is expected to give."


def _history(report: HonestyReport) -> list[str]:
    needed, winner = report.minimum_backtest_years, report.winner
    if needed is None or winner is None or needed == 0:
        return []
    years = winner.observations / report.periods_per_year
    return [
        f"Length: in a history shorter than {needed:.2g} years such a Sharpe ratio would be expected "
        f"from as many trials without any skill; this one has {years:.2g}."
    ]


def _permutation(report: HonestyReport) -> str:
    p_value = report.permutation_p_value
    if p_value is None:
        return _missing(report, "Permutation test", "permutation_p_value")
    as_good = round(p_value * (report.permutations + 1)) - 1
    goal = "" if report.permuted_goal is None else f", by the first goal ({report.permuted_goal}) alone"
    said = (
        f"Permutation test{goal}: of {_count(report.permutations, 'search', 'searches')} over the same bars "
        f"in random order, {as_good:,} found at least as much (p = {p_value:.3f})"
    )
    if p_value <= 0.05 + 1e-12:
        return said + "; at most 0.05 is asked for and reached."
    if report.permutations < 19:
        return said + "; with fewer than 19 such searches the 0.05 that is asked for cannot be reached."
    return said + "; at most 0.05 is asked for: luck is not ruled out."


def _decay(report: HonestyReport) -> str:
    decay = report.decay
    if decay is None:
        return _cross_validated_decay(report)
    said = (
        f"Decay: the parameters earned {percent(decay.in_sample)} a year on the data that chose them and "
        f"{percent(decay.out_of_sample)} on those that followed"
    )
    if decay.efficiency is None:
        return said + "; without a profit to start from there is no efficiency."
    return said + f" (walk-forward efficiency {decay.efficiency:.2f})."


def _cross_validated_decay(report: HonestyReport) -> str:
    result = report.cross_validation
    if result is None:
        return _missing(report, "Decay", "decay")
    per_year = math.sqrt(report.periods_per_year)
    chosen, median = result.in_sample_sharpe, result.median_out_of_sample_sharpe
    said = (
        "Decay: by cross-validation the best set of one half of the time has an annualised Sharpe ratio of "
        f"{chosen * per_year:.2f} there on average, and in the other half "
    )
    if median is None:
        return f"{said}more often none than one."
    left = "" if chosen <= 0 else f": {percent(max(0.0, median / chosen))} of it is left"
    return f"{said}{median * per_year:.2f} in the median split{left}. No time that follows was looked at."


def _missing(report: HonestyReport, what: str, name: str) -> str:
    return f"{what}: none, as {report.reasons[name]}."


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(fraction: float) -> str:
    """Rounded so that nothing short of certain reads 100 %, and nothing possible 0 %."""
    value = 100 * fraction
    if 0 < fraction < 1 and not 0.05 <= value < 99.95:
        return "less than 0.1 %" if fraction < 0.5 else "more than 99.9 %"
    return f"{value:.1f} %"
