"""A result in a few lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spark_stacker.backtesting.metrics import METRICS, format_metric

if TYPE_CHECKING:
    from spark_stacker.backtesting.result import BacktestResult

__all__ = ["HEADLINE", "summary"]

HEADLINE: Final = (
    "total_return",
    "buy_and_hold_return",
    "annualized_return",
    "sharpe_ratio",
    "sortino_ratio",
    "max_drawdown",
    "calmar_ratio",
    "total_trades",
    "win_rate",
    "profit_factor",
    "expectancy",
    "exposure",
    "fees_paid",
    "final_equity",
)
"""The metrics a trader looks at first."""


def summary(result: BacktestResult) -> str:
    """Markets, range, the headline metrics, and what to know before trusting them."""
    markets = ", ".join(f"{market.symbol} {market.interval}" for market in result.markets)
    times = result.equity_curve["timestamp"]
    span = (
        f"{times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC, {len(times):,} bars"
        if len(times)
        else "no bars"
    )
    lines = [markets, span, ""]
    for name in HEADLINE:
        value = result.metrics[name]
        reason = f"  ({result.undefined[name]})" if value is None and name in result.undefined else ""
        lines.append(f"{METRICS[name].label:<20}{format_metric(name, value, result.quote):>18}{reason}")
    lines += [f"warning: {warning}" for warning in result.warnings]
    return "\n".join(lines)
