"""A search in a few lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spark_stacker.backtesting.metrics import METRICS, format_metric

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.result import SearchResult

__all__ = ["HEADLINE", "plateau_words", "summary"]

HEADLINE: Final = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades", "profit_factor")
"""Metrics of a trial that a table shows."""


def summary(result: SearchResult) -> str:
    """The best set with its main metrics, how its neighbours do, and what to know."""
    best = result.best_result
    lines = [
        f"{result.count:,} sets of {result.space.size:,}, {result.failed:,} failed",
        f"best by {result.objective.label}: "
        + ", ".join(f"{path} = {value}" for path, value in result.best_params.items()),
        "",
    ]
    lines += [
        f"{METRICS[name].label:<20}{format_metric(name, best.metrics[name], best.quote):>18}"
        for name in HEADLINE
    ]
    lines += ["", plateau_words(result.plateau_score)]
    if result.honesty is not None:
        lines += ["", *result.honesty.sentences()]
    lines += [f"warning: {warning}" for warning in result.warnings]
    return "\n".join(lines)


def plateau_words(score: float | None) -> str:
    """What a plateau score means.

    >>> plateau_words(0.97)
    'Its neighbours do better than 97 % of the sets: a plateau.'
    """
    if score is None:
        return "It has no neighbours in the space."
    words = "a plateau" if score >= 0.8 else "a slope" if score > 0.5 else "a spike, which is a sign of luck"
    return f"Its neighbours do better than {100 * score:.0f} % of the sets: {words}."
