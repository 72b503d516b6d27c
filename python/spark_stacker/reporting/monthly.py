"""Returns by calendar month in UTC."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from spark_stacker.backtesting.result import BacktestResult

__all__ = ["MONTHS", "monthly_returns"]

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def monthly_returns(result: BacktestResult) -> dict[int, list[float | None]]:
    """Year to the returns of its twelve months and of the year; None where there is no bar.

    A bar belongs to the month in which it opens; the first month is measured from the initial balance.
    """
    ends = (
        result.equity_curve.group_by(
            year=pl.col("timestamp").dt.year(), month=pl.col("timestamp").dt.month(), maintain_order=True
        )
        .agg(pl.col("equity").last())
        .rows()
    )
    start = result.initial_balance
    years: dict[int, list[float | None]] = {}
    for (_, _, before), (year, month, equity) in pairwise([(0, 0, start), *ends]):
        months = years.setdefault(year, [None] * 13)
        months[month - 1] = _change(before, equity)
    before = start
    for year, months in years.items():
        last = next(equity for y, _, equity in reversed(ends) if y == year)
        months[12] = _change(before, last)
        before = last
    return years


def _change(before: float, now: float) -> float | None:
    return now / before - 1.0 if before > 0 else None
