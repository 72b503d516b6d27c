"""What each metric is called, in which unit it comes, and which way is better."""

from __future__ import annotations

import difflib
import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["METRICS", "Better", "Metric", "Unit", "format_metric", "metric"]


class Unit(enum.Enum):
    """In what a metric is measured."""

    MONEY = "quote currency"
    FRACTION = "fraction"
    RATIO = "ratio"
    SECONDS = "seconds"
    COUNT = "count"


class Better(enum.Enum):
    """Which way a metric improves."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as people read it."""

    label: str
    unit: Unit
    better: Better
    meaning: str


def _table() -> Mapping[str, Metric]:
    money, fraction, ratio, seconds, count = Unit
    up, down, neither = Better
    return MappingProxyType(
        {
            "final_equity": Metric("Final equity", money, up, "equity at the last close"),
            "net_profit": Metric("Net profit", money, up, "final equity less the initial balance"),
            "total_return": Metric("Total return", fraction, up, "net profit over the initial balance"),
            "annualized_return": Metric("Annualised return", fraction, up, "total return raised to 365 days"),
            "annualized_volatility": Metric(
                "Volatility", fraction, down, "standard deviation of bar returns (n − 1) in 365 days"
            ),
            "sharpe_ratio": Metric(
                "Sharpe ratio", ratio, up, "mean over standard deviation of bar returns, annualised"
            ),
            "sortino_ratio": Metric(
                "Sortino ratio", ratio, up, "mean over downside deviation of bar returns, annualised"
            ),
            "calmar_ratio": Metric("Calmar ratio", ratio, up, "annualised return over maximum drawdown"),
            "daily_sharpe_ratio": Metric("Sharpe, daily", ratio, up, "Sharpe ratio of daily closes (UTC)"),
            "daily_sortino_ratio": Metric("Sortino, daily", ratio, up, "Sortino ratio of daily closes (UTC)"),
            "max_drawdown": Metric("Maximum drawdown", fraction, down, "deepest fall below an earlier peak"),
            "max_drawdown_abs": Metric("Maximum drawdown", money, down, "deepest fall below an earlier peak"),
            "longest_drawdown_seconds": Metric(
                "Longest drawdown", seconds, down, "longest time from a peak until it was regained"
            ),
            "exposure": Metric("Exposure", fraction, neither, "share of bars that closed with a position"),
            "turnover": Metric("Turnover", ratio, neither, "traded notional over mean equity"),
            "fees_paid": Metric("Fees paid", money, down, "fees of all fills"),
            "funding_paid": Metric("Funding paid", money, down, "funding paid less received"),
            "total_trades": Metric("Closed trades", count, neither, "round trips from flat to flat"),
            "winning_trades": Metric("Winning trades", count, up, "closed trades with a profit above zero"),
            "losing_trades": Metric("Losing trades", count, down, "closed trades with a profit below zero"),
            "win_rate": Metric("Win rate", fraction, up, "winning over closed trades"),
            "avg_profit": Metric("Average win", money, up, "mean profit of the winning trades"),
            "avg_loss": Metric("Average loss", money, up, "mean profit of the losing trades, negative"),
            "max_profit": Metric("Best trade", money, up, "highest profit of a winning trade"),
            "max_loss": Metric("Worst trade", money, up, "lowest profit of a losing trade, negative"),
            "profit_factor": Metric("Profit factor", ratio, up, "sum of wins over sum of losses"),
            "expectancy": Metric("Expectancy", money, up, "mean profit of a trade"),
            "avg_r_multiple": Metric(
                "Average R", ratio, up, "mean of profit over the amount at risk at the initial stop"
            ),
            "avg_max_adverse": Metric(
                "Average adverse excursion", fraction, down, "mean worst price against a trade, of its entry"
            ),
            "avg_max_favourable": Metric(
                "Average favourable excursion", fraction, up, "mean best price for a trade, of its entry"
            ),
            "avg_holding_seconds": Metric("Average holding", seconds, neither, "mean time in a trade"),
            "hedge_profit": Metric("Hedge profit", money, up, "profit of closed trades on the hedge account"),
            "buy_and_hold_return": Metric(
                "Buy and hold", fraction, neither, "last close over first close, less one"
            ),
            "alpha": Metric("Alpha", fraction, up, "mean return not explained by the market, in 365 days"),
            "beta": Metric(
                "Beta", ratio, neither, "covariance with the market's returns over their variance"
            ),
        }
    )


METRICS = _table()
"""Every metric of a result by its name, in the order they are shown."""


def metric(name: str) -> Metric:
    """The metric called ``name``; `ParameterError` with the closest name when there is none.

    >>> metric("sharpe_ratio").label
    'Sharpe ratio'
    """
    if name not in METRICS:
        close = difflib.get_close_matches(name, METRICS, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise ParameterError(f"unknown metric {name!r}{hint}; known: {', '.join(METRICS)}")
    return METRICS[name]


def format_metric(name: str, value: float | None, quote: str = "") -> str:
    """A metric's value with its unit, as people read it.

    >>> format_metric("total_return", 0.1234), format_metric("fees_paid", 12.5, "USD")
    ('12.34 %', '12.50 USD')
    """
    if value is None:
        return "–"
    match metric(name).unit:
        case Unit.MONEY:
            return f"{value:,.{_decimals(value)}f} {quote}".rstrip()
        case Unit.FRACTION:
            return f"{100 * value:,.2f} %"
        case Unit.RATIO:
            return f"{value:,.3f}"
        case Unit.SECONDS:
            return format_duration(value)
        case Unit.COUNT:
            return f"{value:,d}"


def _decimals(amount: float) -> int:
    """Two for money as people count it, more for amounts of a coin."""
    size = abs(amount)
    return 2 if size >= 1 or size == 0 else 6 if size >= 1e-4 else 10


def format_duration(seconds: float) -> str:
    """A duration in its two largest units.

    >>> format_duration(93_600)
    '1 d 2 h'
    """
    whole = round(seconds)
    parts = []
    for name, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, whole = divmod(whole, length)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
