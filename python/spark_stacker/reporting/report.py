"""A report of a backtest as one HTML file: styles, scripts and data inside, nothing fetched."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from plotly.offline import get_plotlyjs

from spark_stacker.data.files import atomic_write
from spark_stacker.errors import ParameterError
from spark_stacker.reporting import sections
from spark_stacker.reporting.charts import chart_data

if TYPE_CHECKING:
    from spark_stacker.backtesting.result import BacktestResult

__all__ = ["report_html", "write_report"]

_ASSETS: Final = files("spark_stacker.reporting") / "assets"


def report_html(result: BacktestResult, *, title: str | None = None) -> str:
    """The page. Equal results give equal bytes.

    Every text of the user's is escaped; ``title`` is by default the markets.
    """
    markets = ", ".join(f"{market.symbol} {market.interval}" for market in result.markets)
    charts = chart_data(result)
    return Template(_asset("page.html")).substitute(
        title=escape(title or f"Backtest of {markets}"),
        subtitle=sections.subtitle(result),
        warnings=sections.warnings(result),
        headline=sections.headline(result),
        market_options=sections.market_options(result),
        monthly=sections.monthly(result),
        metrics=sections.metrics_table(result),
        open_positions=sections.open_positions(result),
        assumptions=sections.sentences(result.assumptions),
        manifest=sections.manifest(result),
        notes=sections.sentences(charts.notes),
        styles=_asset("report.css"),
        data=_script_json(charts.data),
        plotly=get_plotlyjs(),
        script="\n".join(_asset(name) for name in ("theme.js", "curves.js", "candles.js", "trades.js")),
    )


def write_report(result: BacktestResult, path: str | Path, *, title: str | None = None) -> Path:
    """Writes the page, wholly or not at all; returns the path."""
    path = Path(path)
    if path.suffix.lower() not in {".html", ".htm"}:
        raise ParameterError(f"{path}: the ending of a report must be .html, was {path.suffix!r}")
    content = report_html(result, title=title).encode()
    with atomic_write(path) as stream:
        stream.write(content)
    return path


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _script_json(data: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
