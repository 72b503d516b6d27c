"""What ``spark-stacker live`` says before and after: the banner, and what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from spark_stacker.cli import console
from spark_stacker.config import spot_markets

if TYPE_CHECKING:
    from pathlib import Path

    from spark_stacker.config import Settings
    from spark_stacker.trading.dry_run import DryRun
    from spark_stacker.trading.summary import Summary
    from spark_stacker.trading.tick_run import TickDryRun

__all__ = ["Told", "print_banner", "print_summary", "told_of_candles", "told_of_ticks"]

ON_SIGNALS = ("entry", "opposite_signal")
"""Purposes of the orders that a signal sets off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of a dry run: ``kind`` is ``candles`` or ``events``, ``lines`` are those of its kind."""

    settings: Settings
    kind: str
    text: str
    is_synthetic: bool
    state: Path | None
    lines: tuple[tuple[str, str], ...] = ()


def told_of_candles(run: DryRun) -> Told:
    """What is said of a dry run on candles."""
    return Told(
        settings=run.settings,
        kind="candles",
        text=run.candles.text,
        is_synthetic=run.candles.is_synthetic,
        state=run.state,
        lines=(
            ("funding", _offered(run, "funding") or "not modelled"),
            ("mark", _offered(run, "mark") or "the last price stands for the mark price"),
        ),
    )


def told_of_ticks(run: TickDryRun) -> Told:
    """What is said of a dry run on ticks."""
    sizes = ", ".join(f"{symbol} {market.tick_size:.12g}" for symbol, market in run.events.markets.items())
    rules = run.rules
    latencies = f"orders {_latency(rules['order_latency'])}, answers {_latency(rules['answer_latency'])}"
    return Told(
        settings=run.settings,
        kind="events",
        text=run.events.text,
        is_synthetic=run.events.is_synthetic,
        state=run.state,
        lines=(("ticks", sizes), ("queue", rules["queue"]), ("latency", latencies)),
    )


def _latency(model: dict[str, object]) -> str:
    kind, ns = model["kind"], model.get("ns")
    return f"{ns / 1e6:g} ms" if kind == "constant" and isinstance(ns, int) else str(kind)


def print_banner(told: Told) -> None:
    """Say that this is a dry run, on what, and where its state is kept."""
    lines: list[str | tuple[str, str]] = [("DRY RUN", "bold yellow"), "  simulated orders, no money moves\n"]
    if told.is_synthetic:
        lines += [
            ("SYNTHETIC DATA", "bold magenta"),
            f"  made-up {told.kind}, no ground to believe in a strategy\n",
        ]
    strategies = ", ".join(f"{s.name} on {s.market}" for s in told.settings.strategies if s.enabled)
    facts = [
        ("trades", strategies),
        (told.kind, told.text),
        *told.lines,
        ("state", str(told.state or "not kept (--state keeps it)")),
    ]
    lines.append("\n".join(f"{label:<9}{text}" for label, text in facts))
    Console(stderr=True, highlight=False).print(Panel(Text.assemble(*lines), expand=False))


def print_summary(told: Told, summary: Summary, *, as_json: bool) -> None:
    """Tell what happened: on stdout, as tables or as one JSON document."""
    if as_json:
        console.emit_json(
            {"mode": "dry_run", "synthetic": told.is_synthetic, told.kind: told.text} | summary.to_dict()
        )
        return
    label = " (synthetic data)" if told.is_synthetic else ""
    console.print_facts(f"What happened in this dry run{label}", _facts(told, summary))
    if summary.problems:
        console.print_table(["problem", "times"], sorted(summary.problems.items()), numeric=["times"])
    portfolio = summary.portfolio
    if portfolio is None or not portfolio.positions:
        return
    columns = ["market", "leg", "side", "quantity", "entry", "mark", "profit", "stop", "target"]
    rows = [
        (
            p.market,
            p.leg,
            p.side,
            f"{p.quantity:.6g}",
            f"{p.entry_price:.6g}",
            f"{p.mark_price:.6g}",
            f"{p.unrealised_profit:+.2f}",
            _price(p.stop_price),
            _price(p.target_price),
        )
        for p in portfolio.positions
    ]
    console.print_table(columns, rows, title="Positions open at the end", numeric=columns[3:])


def _offered(run: DryRun, feed: str) -> str:
    spot = spot_markets(run.settings)
    connectors = run.candles.connectors.items()
    return ", ".join(s for s, connector in connectors if s not in spot and connector.offers(feed, s))


def _facts(told: Told, summary: Summary) -> list[tuple[str, str]]:
    span = "–"
    if summary.first_open_time_ns is not None and summary.last_open_time_ns is not None:
        span = f"{_utc(summary.first_open_time_ns)} to {_utc(summary.last_open_time_ns)}"
    by_purpose = summary.orders_by_purpose
    counts = ", ".join(f"{count} {purpose.replace('_', ' ')}" for purpose, count in by_purpose.most_common())
    purposes = f" ({counts})" if counts else ""
    warm_up = f", {summary.warm_up_bars:,} more of warm-up" if told.kind == "candles" else ""
    facts: list[tuple[str, str]] = [
        (told.kind, told.text),
        ("bars", f"{summary.bars:,} ({span}){warm_up}"),
        ("signals acted on", f"{sum(by_purpose[purpose] for purpose in ON_SIGNALS):,}"),
        ("orders", f"{summary.orders:,} sent{purposes}, {summary.fills:,} fills"),
        ("trades", f"{summary.trades:,} closed, {summary.winning_trades:,} with profit"),
        ("profit of closed trades", f"{summary.profit:+,.2f} net of fees and funding"),
        ("fees", f"{summary.fees:,.2f}"),
    ]
    if summary.funding_rates:
        facts.append(("funding", f"{summary.funding_rates:,} payments fell due"))
    if summary.restored_bars:
        facts.insert(1, ("went on from", f"{summary.restored_bars:,} groups of bars of an earlier session"))
    if summary.indicator_signals:
        facts.insert(3, ("signals of Python indicators", f"{summary.indicator_signals:,}"))
    if summary.back_filled_bars:
        facts.append(("back-filled bars", f"{summary.back_filled_bars:,}"))
    if (portfolio := summary.portfolio) is not None:
        change = portfolio.equity / told.settings.initial_balance - 1
        facts.append(("equity", f"{portfolio.equity:,.2f} ({change:+.2%} since the beginning)"))
        facts.append(("open", f"{len(portfolio.positions)} positions, {len(portfolio.open_orders)} orders"))
    facts += [("warning", warning) for warning in summary.warnings]
    facts.append(("stopped", summary.stopped))
    return facts


def _utc(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M")


def _price(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"
