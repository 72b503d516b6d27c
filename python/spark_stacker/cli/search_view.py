"""A search on the terminal, for people and for machines."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from spark_stacker.backtesting.metrics import METRICS, format_metric
from spark_stacker.backtesting.search.summary import HEADLINE, plateau_words
from spark_stacker.cli import console

if TYPE_CHECKING:
    import polars as pl

    from spark_stacker.backtesting.search import SearchResult, WalkForwardResult
    from spark_stacker.backtesting.search.trial_record import Recorded

__all__ = ["as_json", "print_partial", "print_search", "print_walk_forward", "walk_forward_json"]

_TOP = 10


def as_json(result: SearchResult) -> dict[str, object]:
    """The best sets and everything that is said of them, as plain data; the trials are in the directory."""
    return {
        "sets": result.count,
        "space": result.space.size,
        "failed": result.failed,
        "reasons": dict(result.outcome.reasons),
        "objective": result.objective.label,
        "best_params": result.best_params,
        "best_score": result.best_score if math.isfinite(result.best_score) else None,
        "best_metrics": result.best_metrics,
        "plateau_score": result.plateau_score,
        "importance": result.importance,
        "top": result.top(_TOP).to_dicts(),
        "pareto": result.pareto.to_dicts() if len(result.objective.goals) > 1 else None,
        "history": result.history.to_dicts(),
        "honesty": None if result.honesty is None else result.honesty.to_dict(),
        "ledger": None if result.ledger is None else asdict(result.ledger),
        "warnings": list(result.warnings),
        "seconds": dict(result.timings),
    }


def print_search(result: SearchResult) -> None:
    """The best sets as a table, then how far to believe the first."""
    _print_top(result)
    if len(result.objective.goals) > 1:
        _print_trials("Sets that no other beats in every goal", result.pareto.head(_TOP), result)
    chosen = ", ".join(f"{path} = {_text(value)}" for path, value in result.best_params.items())
    matters = ", ".join(
        f"{path} {100 * share:.0f} %"
        for path, share in sorted(result.importance.items(), key=lambda item: -item[1])
    )
    console.print_facts(
        "Best set",
        [
            ("Set", chosen),
            (result.objective.label, result.objective.shown(result.best_score)),
            ("Neighbours", plateau_words(result.plateau_score)),
            ("What matters", f"{matters} of the differences between the sets"),
            *_remembered(result.ledger),
        ],
    )
    if result.honesty is not None:
        console.print_facts("How far to believe it", [("•", text) for text in result.honesty.sentences()])
    for reason, count in sorted(result.outcome.reasons.items(), key=lambda item: -item[1])[:3]:
        console.print_message(f"{count:,} sets failed: {reason}")
    for warning in result.warnings:
        console.print_warning(warning)


def print_partial(result: SearchResult) -> None:
    """The best sets so far."""
    _print_top(result, so_far=True)


def print_walk_forward(result: WalkForwardResult) -> None:
    """A row a window, then the stitched curve."""
    rows = []
    for number, window in enumerate(result.windows, start=1):
        row = result.frame.row(number - 1, named=True)
        rows.append(
            (
                number,
                f"{row['train_start']:%Y-%m-%d} – {row['train_end']:%Y-%m-%d}",
                f"{row['test_start']:%Y-%m-%d} – {row['test_end']:%Y-%m-%d}"
                + ("" if window.span.complete else " (short)"),
                ", ".join(f"{path} = {_text(value)}" for path, value in window.best_params.items()),
                format_metric("total_return", window.in_sample["total_return"]),
                format_metric("total_return", window.out_of_sample["total_return"]),
                None if window.efficiency is None else f"{window.efficiency:.2f}",
            )
        )
    columns = ("", "Training", "Test", "Chosen", "In sample", "Out of sample", "Efficiency")
    console.print_table(
        columns,
        rows,
        title=f"Walk-forward, chosen by {result.objective_label}",
        numeric=("", "In sample", "Out of sample", "Efficiency"),
    )
    names = ("total_return", "annualized_return", "sharpe_ratio", "max_drawdown")
    facts = [(METRICS[name].label, format_metric(name, result.metrics[name])) for name in names]
    efficiency = "–" if result.efficiency is None else f"{result.efficiency:.2f}"
    console.print_facts(
        "Out of sample, stitched", [*facts, ("Efficiency", efficiency), *_remembered(result.ledger)]
    )
    console.print_facts("How much of it lasts", [("•", text) for text in result.sentences()])
    for warning in result.warnings:
        console.print_warning(warning)


def walk_forward_json(result: WalkForwardResult) -> dict[str, object]:
    """Windows and stitched metrics as plain data."""
    windows = [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in result.frame.iter_rows(named=True)
    ]
    return {
        "objective": result.objective_label,
        "windows": windows,
        "metrics": dict(result.metrics),
        "undefined": dict(result.undefined),
        "efficiency": result.efficiency,
        "decay": {
            "annualized_return": None if result.decay is None else asdict(result.decay),
            "sharpe_ratio": None if result.sharpe_decay is None else asdict(result.sharpe_decay),
            "sentences": result.sentences(),
        },
        "next_params": dict(result.best_params),
        "ledger": None if result.ledger is None else asdict(result.ledger),
        "warnings": list(result.warnings),
        "seconds": dict(result.timings),
    }


def _remembered(ledger: Recorded | None) -> list[tuple[str, str]]:
    return [] if ledger is None else [("Ledger", str(ledger))]


def _print_top(result: SearchResult, *, so_far: bool = False) -> None:
    words = "tried so far" if so_far else f"of {result.space.size:,}"
    failed = f", {result.failed:,} failed" if result.failed else ""
    title = f"Best by {result.objective.label}; {result.count:,} sets {words}{failed}"
    _print_trials(title, result.top(_TOP), result)


def _print_trials(title: str, trials: pl.DataFrame, result: SearchResult) -> None:
    paths = result.space.paths
    goals = [name for name in result.objective.metrics if name not in HEADLINE]
    metrics = [name for name in (*goals, *HEADLINE) if name in trials.columns]
    labels = [METRICS[name].label for name in metrics]
    rows = [
        (*(_text(row[path]) for path in paths), *(format_metric(name, row[name]) for name in metrics))
        for row in trials.iter_rows(named=True)
    ]
    console.print_table((*paths, *labels), rows, title=title, numeric=(*paths, *labels))


def _text(value: Any) -> str:
    return "off" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
