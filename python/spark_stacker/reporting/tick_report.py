"""A report of a run on ticks as one HTML file: the book with own orders and fills, and how they were
executed.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Final

from spark_stacker.backtesting.metrics import format_metric
from spark_stacker.reporting import sections
from spark_stacker.reporting.page import filled, write_page
from spark_stacker.reporting.tick_charts import tick_data
from spark_stacker.reporting.tick_view import view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from spark_stacker.backtesting.ticks import EventStream, Execution, TickedBacktestResult, TickResult
    from spark_stacker.reporting.tick_view import Interval, TickView

__all__ = ["FIGURES", "figure_rows", "tick_figure", "tick_report_html", "write_tick_report"]

FIGURES: Final = {
    "fills": ("Fills", "count", "executions, parts of an order each"),
    "orders": ("Orders", "count", "sent, and the stops and targets that came of them"),
    "filled_orders": ("Filled orders", "count", "to the end"),
    "cancelled_orders": ("Cancelled orders", "count", "with or without fills"),
    "rejected_orders": ("Rejected orders", "count", "refused by the exchange"),
    "traded_notional": ("Traded", "money", "price times quantity of all fills"),
    "fees": ("Fees", "money", "paid; negative are rebates"),
    "maker_share": ("Maker share", "fraction", "of the notional, filled while resting"),
    "median_queue_ahead": ("Queue ahead", "number", "base units before an order that came to rest, median"),
    "median_time_in_queue_ns": ("Time in the queue", "time", "from arrival to a maker's fill, median"),
    "median_round_trip_ns": ("Round trip", "time", "from decision to first answer, median"),
    "worst_round_trip_ns": ("Worst round trip", "time", "from decision to first answer"),
    "taker_slippage": ("Slippage of takers", "bps", "worse than the middle of the book at arrival"),
    "maker_slippage": ("Slippage of makers", "bps", "the same; negative is the spread earned"),
    "markout_1s": ("Markout 1 s", "bps", "the middle's move in the fill's favour from its price"),
    "markout_5s": ("Markout 5 s", "bps", "the same after 5 seconds"),
    "markout_30s": ("Markout 30 s", "bps", "the same after 30 seconds"),
}
"""Figures of execution: label, unit and meaning."""


def figure_rows(execution: Execution, quote: str) -> list[tuple[str, str, str]]:
    """Label, value and meaning of every figure of execution."""
    rows = []
    for name, (label, _, meaning) in FIGURES.items():
        if name == "rejected_orders" and execution.rejections:
            reasons = (f"{reason} {count:,}" for reason, count in execution.rejections.items())
            meaning = f"{meaning}: {', '.join(reasons)}"  # noqa: PLW2901
        rows.append((label, tick_figure(name, execution.statistics[name], quote), meaning))
    return rows


def tick_figure(name: str, value: float | None, quote: str) -> str:
    """A figure with its unit."""
    if value is None:
        return "–"
    return _UNITS[FIGURES[name][1]](value, quote)


def _time(ns: float, _: str) -> str:
    return f"{ns / 1e6:,.3g} ms" if ns < 1e9 else f"{ns / 1e9:,.1f} s"


_UNITS: Final[dict[str, Callable[[float, str], str]]] = {
    "count": lambda value, _: f"{value:,.0f}",
    "money": lambda value, quote: f"{value:,.2f} {quote}",
    "fraction": lambda value, _: f"{100 * value:.1f} %",
    "bps": lambda value, _: f"{1e4 * value:+.2f} bps",
    "number": lambda value, _: f"{value:,.6g}",
    "time": _time,
}


def tick_report_html(
    result: TickResult | TickedBacktestResult,
    *,
    streams: Mapping[str, EventStream],
    interval: Interval | None = None,
    title: str | None = None,
) -> str:
    """The page. ``streams`` are the events that the result was run on, by symbol; they are played once more
    for the picture of the book. ``interval`` has the same run under three assumptions of the queue.
    """
    view = view_of(result, streams)
    notes: list[str] = []
    data = tick_data(view, notes)
    symbols = ", ".join(market.symbol for market in view.markets)
    return filled(
        "ticks.html",
        data=data,
        styles=("report.css", "ticks.css"),
        scripts=("theme.js", "curves.js", "ticks.js"),
        title=escape(title or f"Backtest of {symbols} on ticks"),
        subtitle=_subtitle(view),
        warnings=sections.warnings(view.warnings),
        headline=_headline(view, interval),
        interval=_interval(view, interval),
        market_options="".join(
            f'<option value="{place}">{escape(market.symbol)}</option>'
            for place, market in enumerate(view.markets)
        ),
        markouts="" if view.execution.fills.height else "<p>Nothing was filled.</p>",
        figures=_figures(view),
        metrics=_metrics(view),
        assumptions=sections.sentences(view.assumptions),
        notes=sections.sentences(notes),
        manifest=escape(json.dumps(view.manifest, indent=2, ensure_ascii=False, default=str)),
    )


def write_tick_report(
    result: TickResult | TickedBacktestResult,
    path: str | Path,
    *,
    streams: Mapping[str, EventStream],
    interval: Interval | None = None,
    title: str | None = None,
) -> Path:
    """Writes the page, wholly or not at all; returns the path."""
    return write_page(tick_report_html(result, streams=streams, interval=interval, title=title), path)


def _subtitle(view: TickView) -> str:
    times = view.curve["timestamp"]
    span = f"{times[0]:%Y-%m-%d %H:%M:%S} – {times[-1]:%Y-%m-%d %H:%M:%S} UTC" if len(times) else "no events"
    start = format_metric("final_equity", view.initial_balance, view.quote)
    return escape(f"{view.strategy} · {span} · {view.queue} queue · started with {start}")


def _headline(view: TickView, interval: Interval | None) -> str:
    figures = view.execution.statistics
    profit = view.profit
    beneath = "one assumption of the queue"
    if interval is not None:
        low, _, high = interval.profits
        beneath = f"{low:,.2f} conservative, {high:,.2f} optimistic"
    drawdown = max(view.curve["drawdown"].to_list(), default=0.0)

    def card(name: str, second: str) -> str:
        label = FIGURES[name][0]
        below = f"{FIGURES[second][0]} {tick_figure(second, figures[second], view.quote)}"
        return sections.card(label, escape(tick_figure(name, figures[name], view.quote)), below)

    tone = "gain" if profit > 0 else "loss" if profit < 0 else ""
    money = f"{profit:,.2f} <small>{escape(view.quote)}</small>"
    return "".join(
        (
            sections.card("Profit", money, beneath, tone=tone),
            card("fills", "orders"),
            card("maker_share", "fees"),
            card("markout_5s", "markout_30s"),
            card("taker_slippage", "maker_slippage"),
            sections.card(
                "Max drawdown",
                f"{100 * drawdown:.2f} %",
                f"{len(view.curve):,} points of equity",
            ),
        )
    )


def _interval(view: TickView, interval: Interval | None) -> str:
    if interval is None:
        return "<p>Only one assumption was run.</p>"
    rows = []
    for name, result in interval.results.items():
        figures = result.execution.statistics
        share = 100 * result.profit / view.initial_balance
        cells = (
            f"{result.profit:,.2f}",
            f"{share:+.3f} %",
            *(tick_figure(key, figures[key], view.quote) for key in ("fills", "maker_share", "markout_5s")),
        )
        texts = "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells)
        rows.append(f'<tr><th scope="row">{name}</th>{texts}</tr>')
    heads = ("Queue", f"Profit ({view.quote})", "Return", "Fills", "Maker share", "Markout 5 s")
    head = "".join(f'<th scope="col" class="number">{escape(text)}</th>' for text in heads[1:])
    return (
        "<p>Where a level shrinks without a trade, the data do not tell whether it was before or behind an "
        "own order. Conservative: never before it; optimistic: always; middle: by the odds of the sizes.</p>"
        f'<div class="scroll"><table><thead><tr><th scope="col">{heads[0]}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _figures(view: TickView) -> str:
    return "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="number">{escape(value)}</td>'
        f"<td>{escape(meaning)}</td></tr>"
        for label, value, meaning in figure_rows(view.execution, view.quote)
    )


def _metrics(view: TickView) -> str:
    if view.backtest is None:
        return ""
    table = sections.metrics_table(view.backtest)
    return (
        '<section><h2>Metrics</h2><div class="scroll"><table class="metrics"><tbody>'
        f"{table}</tbody></table></div>{sections.open_positions(view.backtest)}</section>"
    )
