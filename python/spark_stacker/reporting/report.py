"""A report of a backtest as one HTML file: styles, scripts and data inside, nothing fetched."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from spark_stacker.reporting import sections
from spark_stacker.reporting.charts import chart_data
from spark_stacker.reporting.page import filled, write_page

if TYPE_CHECKING:
    from pathlib import Path

    from spark_stacker.backtesting.result import BacktestResult

__all__ = ["report_html", "write_report"]


def report_html(result: BacktestResult, *, title: str | None = None) -> str:
    """The page. Equal results give equal bytes.

    Every text of the user's is escaped; ``title`` is by default the markets.
    """
    markets = ", ".join(f"{market.symbol} {market.interval}" for market in result.markets)
    charts = chart_data(result)
    return filled(
        "page.html",
        data=charts.data,
        styles=("report.css",),
        scripts=("theme.js", "curves.js", "candles.js", "trades.js"),
        title=escape(title or f"Backtest of {markets}"),
        subtitle=sections.subtitle(result),
        warnings=sections.warnings(result.warnings),
        headline=sections.headline(result),
        market_options=sections.market_options(result),
        monthly=sections.monthly(result),
        metrics=sections.metrics_table(result),
        open_positions=sections.open_positions(result),
        assumptions=sections.sentences(result.assumptions),
        manifest=sections.manifest(result),
        notes=sections.sentences(charts.notes),
    )


def write_report(result: BacktestResult, path: str | Path, *, title: str | None = None) -> Path:
    """Writes the page, wholly or not at all; returns the path."""
    return write_page(report_html(result, title=title), path)
