"""A report of a search, of a walk-forward or of both as one HTML file: nothing fetched, luck first."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from spark_stacker.backtesting.search.walk_forward import WalkForwardResult
from spark_stacker.errors import ParameterError
from spark_stacker.reporting import search_sections as parts
from spark_stacker.reporting.charts import curve_data
from spark_stacker.reporting.page import filled, write_page
from spark_stacker.reporting.search_charts import search_data
from spark_stacker.reporting.sections import sentences, warnings
from spark_stacker.reporting.walk_charts import walk_data, walk_headline, walk_options, walk_table

if TYPE_CHECKING:
    from pathlib import Path

    from spark_stacker.backtesting.search.honesty import HonestyReport
    from spark_stacker.backtesting.search.result import SearchResult

__all__ = ["search_report_html", "write_search_report"]

_STYLES = ("report.css", "search.css")


def search_report_html(
    result: SearchResult | WalkForwardResult,
    *,
    walk_forward: WalkForwardResult | None = None,
    title: str | None = None,
) -> str:
    """The page. Equal results give equal bytes.

    With a ``walk_forward`` of the same strategy its windows and decay stand beside the search; a walk-forward
    alone has a page of its own. Every text of the user's is escaped. Raises `ParameterError` for a result
    without a best set.
    """
    if isinstance(result, WalkForwardResult):
        if walk_forward is not None:
            raise ParameterError("walk_forward belongs to the report of a search")
        return _of_walk_forward(result, title)
    notes: list[str] = []
    best = result.best_result
    data: dict[str, object] = {
        "quote": best.quote,
        "initial": best.initial_balance,
        "curve": curve_data(best, notes),
        **search_data(result, notes),
        "top": parts.best_trials(result),
        "walk": None if walk_forward is None else walk_data(walk_forward, notes),
    }
    if result.count > parts.TOP:
        notes.append(f"The table holds the best {parts.TOP} of {result.count:,} sets; `trials` has all.")
    markets = ", ".join(f"{market.symbol} {market.interval}" for market in best.markets)
    told = [*result.warnings, *best.warnings, *(() if walk_forward is None else walk_forward.warnings)]
    return filled(
        "search.html",
        data=data,
        styles=_STYLES,
        scripts=("theme.js", "curves.js", "maps.js", "axes.js", "sets.js", "goals.js", "walk.js"),
        title=escape(title or f"Search of {markets}"),
        subtitle=parts.search_subtitle(result),
        warnings=warnings(list(dict.fromkeys(told))),
        goal=escape(parts.goal_words(result)),
        honesty=parts.honesty_section(_with_decay(result.honesty, walk_forward)),
        winner=parts.winner(result),
        plateau=parts.plateau(result),
        robustness=parts.robustness_section(result),
        walk=_walk_section(walk_forward) if walk_forward is not None else "",
        assumptions=sentences(best.assumptions),
        notes=sentences(notes),
        made=parts.how_it_was_made(result),
    )


def write_search_report(
    result: SearchResult | WalkForwardResult,
    path: str | Path,
    *,
    walk_forward: WalkForwardResult | None = None,
    title: str | None = None,
) -> Path:
    """Writes the page of `search_report_html`, wholly or not at all; returns the path."""
    return write_page(search_report_html(result, walk_forward=walk_forward, title=title), path)


def _with_decay(report: HonestyReport | None, walk_forward: WalkForwardResult | None) -> HonestyReport | None:
    """The honesty report with the walk-forward's decay in the place of its absence."""
    if report is None or walk_forward is None or walk_forward.decay is None:
        return report
    reasons = {name: reason for name, reason in report.reasons.items() if name != "decay"}
    return replace(report, decay=walk_forward.decay, reasons=reasons)


def _of_walk_forward(walk: WalkForwardResult, title: str | None) -> str:
    notes: list[str] = []
    data = {"quote": "", "initial": walk.initial_balance, "walk": walk_data(walk, notes)}
    times = walk.equity_curve["timestamp"]
    return filled(
        "walk.html",
        data=data,
        styles=_STYLES,
        scripts=("theme.js", "curves.js", "walk.js"),
        title=escape(title or "Walk-forward"),
        subtitle=escape(
            f"{len(walk.windows)} windows, each chosen by {walk.objective_label} · tests from "
            f"{times[0]:%Y-%m-%d} to {times[-1]:%Y-%m-%d} UTC"
        ),
        warnings=warnings(walk.warnings),
        walk=_walk_section(walk),
        notes=sentences(notes),
    )


def _walk_section(walk: WalkForwardResult) -> str:
    return (
        f'<section id="walk"><h2>Walk-forward</h2><div class="cards">{walk_headline(walk)}</div>'
        '<p class="caption">Each training chose a set that traded the test after it, from flat, with '
        "indicators warmed by the bars before. No bar is in both.</p>"
        '<div id="windows" class="chart" role="img" aria-label="Training and test windows over time"></div>'
        '<div class="bar"><h3>In sample against out of sample</h3><div class="tools">'
        f'<select id="window-metric" aria-label="Metric of the windows">{walk_options(walk)}</select>'
        '</div></div><div id="sides" class="chart" role="img" '
        'aria-label="A metric of each window in training and in the test"></div>'
        '<h3>Tests stitched together</h3><div id="stitched" class="chart" role="img" '
        'aria-label="Equity and drawdown of the tests, one after another"></div>'
        f'<div class="scroll">{walk_table(walk)}</div>{sentences(walk.sentences())}</section>'
    )
