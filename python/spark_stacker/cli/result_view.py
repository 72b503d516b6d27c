"""A result on the terminal, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from spark_stacker.backtesting import BacktestResult

__all__ = ["as_json", "print_result"]

_GROUPS: Final = {
    "Return": (
        *("final_equity", "net_profit", "total_return", "annualized_return", "buy_and_hold_return"),
        *("alpha", "beta"),
    ),
    "Risk": (
        *("sharpe_ratio", "sortino_ratio", "daily_sharpe_ratio", "calmar_ratio", "annualized_volatility"),
        *("max_drawdown", "max_drawdown_abs", "longest_drawdown_seconds"),
    ),
    "Trades": (
        *("total_trades", "win_rate", "profit_factor", "expectancy", "avg_profit", "avg_loss"),
        *("max_profit", "max_loss", "avg_r_multiple", "avg_holding_seconds"),
    ),
    "Activity and cost": ("exposure", "turnover", "fees_paid", "funding_paid", "hedge_profit"),
}
"""Metrics by what they are about; ``--json`` has all."""


def as_json(result: BacktestResult) -> dict[str, object]:
    """Everything but the tables and candles."""
    return {
        "markets": [{"symbol": market.symbol, "interval": market.interval} for market in result.markets],
        "strategies": list(result.strategies),
        "bars": len(result.equity_curve),
        "quote": result.quote,
        "initial_balance": result.initial_balance,
        "metrics": dict(result.metrics),
        "undefined": dict(result.undefined),
        "open_positions": result.open_positions.to_dicts(),
        "warnings": list(result.warnings),
        "assumptions": list(result.assumptions),
        "manifest": dict(result.manifest),
    }


def print_result(result: BacktestResult) -> None:
    """Tables of the metrics with their units, the assumptions, and warnings on stderr."""
    from spark_stacker.backtesting.metrics import METRICS, format_metric
    from spark_stacker.cli import console

    markets = ", ".join(f"{market.symbol} {market.interval}" for market in result.markets)
    times = result.equity_curve["timestamp"]
    span = (
        f"{times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC, {len(times):,} bars"
        if len(times)
        else "no bars"
    )
    console.print_facts(
        f"Backtest of {', '.join(result.strategies)}",
        [
            ("Markets", markets),
            ("Range", span),
            ("Started with", format_metric("final_equity", result.initial_balance, result.quote)),
            *_open_positions(result),
        ],
    )
    for heading, names in _GROUPS.items():
        shown = [
            name for name in names if result.metrics[name] is not None or name in ("sharpe_ratio", "win_rate")
        ]
        rows = [
            (
                METRICS[name].label,
                format_metric(name, result.metrics[name], result.quote),
                METRICS[name].meaning
                if name not in result.undefined
                else f"undefined: {result.undefined[name]}",
            )
            for name in shown
        ]
        if rows:
            console.print_table((heading, "Value", "Meaning"), rows, numeric=("Value",))
    console.print_facts("Assumptions", [("•", sentence) for sentence in result.assumptions])
    for warning in result.warnings:
        console.print_warning(warning)


def _open_positions(result: BacktestResult) -> list[tuple[str, str]]:
    return [
        (
            "Still open",
            f"{row['side']} {row['quantity']:.6g} {row['market']} from {row['entry_price']:.6g}, "
            f"{row['unrealised_profit']:+,.2f} {result.quote}",
        )
        for row in result.open_positions.iter_rows(named=True)
    ]
