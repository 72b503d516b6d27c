"""The parts of a report that are plain HTML. Whatever comes from the user passes `html.escape`."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Final

from spark_stacker.backtesting.metrics import METRICS, Better, Unit, format_metric
from spark_stacker.reporting.monthly import MONTHS, monthly_returns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spark_stacker.backtesting.result import BacktestResult

__all__ = [
    "card",
    "headline",
    "manifest",
    "market_options",
    "metrics_table",
    "monthly",
    "open_positions",
    "sentences",
    "subtitle",
    "warnings",
]

_CARDS: Final = (
    ("total_return", "buy_and_hold_return"),
    ("sharpe_ratio", "sortino_ratio"),
    ("max_drawdown", "longest_drawdown_seconds"),
    ("profit_factor", "expectancy"),
    ("win_rate", "total_trades"),
    ("final_equity", "fees_paid"),
)
"""The headline: a metric and the one that belongs beneath it."""


def subtitle(result: BacktestResult) -> str:
    """Strategies, range and number of bars."""
    times = result.equity_curve["timestamp"]
    span = f"{times[0]:%Y-%m-%d %H:%M} – {times[-1]:%Y-%m-%d %H:%M} UTC" if len(times) else "no bars"
    strategies = ", ".join(result.strategies)
    start = format_metric("final_equity", result.initial_balance, result.quote)
    return escape(f"{strategies} · {span} · {len(times):,} bars · started with {start}")


def warnings(texts: Sequence[str]) -> str:
    """The warnings, or nothing."""
    if not texts:
        return ""
    return f'<section class="warnings" role="alert"><h2>Warnings</h2>{sentences(texts)}</section>'


def sentences(texts: Iterable[str]) -> str:
    """A list of sentences, or nothing."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""


def headline(result: BacktestResult) -> str:
    """Cards of the metrics looked at first."""
    cards = []
    for name, beneath in _CARDS:
        second = f"{METRICS[beneath].label} {format_metric(beneath, result.metrics[beneath], result.quote)}"
        cards.append(card(METRICS[name].label, _large(name, result), second, tone=_tone(name, result)))
    return "".join(cards)


def card(label: str, value: str, beneath: str, *, tone: str = "") -> str:
    """A number with its name above and what belongs to it beneath; ``value`` is HTML."""
    return (
        f'<div class="card"><div class="label">{escape(label)}</div><div class="value {tone}">{value}</div>'
        f'<div class="beneath">{escape(beneath)}</div></div>'
    )


def metrics_table(result: BacktestResult) -> str:
    """Every metric with its meaning; the reason where it has no value."""
    rows = []
    for name, entry in METRICS.items():
        reason = result.undefined.get(name)
        meaning = entry.meaning if reason is None else f"{entry.meaning}; undefined: {reason}"
        rows.append(
            f'<tr><th scope="row">{escape(entry.label)}</th><td class="number {_tone(name, result)}">'
            f"{_value(name, result)}</td><td>{escape(meaning)}</td></tr>"
        )
    return "".join(rows)


def monthly(result: BacktestResult) -> str:
    """Returns by month, coloured by size."""
    years = monthly_returns(result)
    if not years:
        return "<p>No bars.</p>"
    largest = max(abs(value) for year in years.values() for value in year[:12] if value is not None) or 1.0
    head = "".join(f'<th scope="col">{month}</th>' for month in (*MONTHS, "Year"))
    body = []
    for year, values in years.items():
        cells = "".join(_heat(value, largest, is_year=index == 12) for index, value in enumerate(values))
        body.append(f'<tr><th scope="row">{year}</th>{cells}</tr>')
    return (
        f'<table class="heat"><thead><tr><th scope="col">UTC</th>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def open_positions(result: BacktestResult) -> str:
    """Positions that stood at the end, or nothing."""
    positions = result.open_positions
    if positions.is_empty():
        return ""
    rows = []
    for row in positions.iter_rows(named=True):
        profit = row["unrealised_profit"]
        texts = (
            row["market"],
            row["account"],
            row["side"],
            f"{row['quantity']:.6g}",
            f"{row['entry_price']:.6g}",
        )
        cells = "".join(f"<td>{escape(str(text))}</td>" for text in texts)
        rows.append(
            f"<tr>{cells}<td>{row['mark_price']:.6g}</td>"
            f'<td class="number {_sign(profit)}">{profit:,.2f}</td></tr>'
        )
    heads = ("Market", "Account", "Side", "Quantity", "Entry", "Mark", f"Unrealised ({result.quote})")
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    return (
        '<h3>Still open at the end</h3><div class="scroll"><table><thead>'
        f"<tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def manifest(result: BacktestResult) -> str:
    """Manifest and configuration as text."""
    shown = {**result.manifest, "configuration": result.configuration}
    return escape(json.dumps(shown, indent=2, ensure_ascii=False, default=str))


def market_options(result: BacktestResult) -> str:
    """One option a market for the price chart's chooser."""
    return "".join(
        f'<option value="{index}">{escape(f"{market.symbol} {market.interval}")}</option>'
        for index, market in enumerate(result.markets)
    )


def _value(name: str, result: BacktestResult) -> str:
    return escape(format_metric(name, result.metrics[name], result.quote))


def _large(name: str, result: BacktestResult) -> str:
    """The value with a small unit."""
    number, _, unit = format_metric(name, result.metrics[name], result.quote).partition(" ")
    if METRICS[name].unit is not Unit.MONEY:
        return _value(name, result)
    return f"{escape(number)} <small>{escape(unit)}</small>"


def _tone(name: str, result: BacktestResult) -> str:
    value, entry = result.metrics[name], METRICS[name]
    if value is None:
        return "undefined"
    if entry.better is Better.HIGHER and entry.unit in (Unit.FRACTION, Unit.MONEY, Unit.RATIO):
        if name in ("final_equity", "win_rate", "avg_max_favourable", "profit_factor"):
            return ""
        return _sign(value)
    return ""


def _sign(value: float) -> str:
    return "gain" if value > 0 else "loss" if value < 0 else ""


def _heat(value: float | None, largest: float, *, is_year: bool) -> str:
    if value is None:
        return "<td></td>"
    strength = min(100, round(85 * abs(value) / largest)) if not is_year else 0
    kind = " year" if is_year else ""
    return f'<td class="{_sign(value)}{kind}" style="--heat:{strength}%">{100 * value:+.1f}</td>'
