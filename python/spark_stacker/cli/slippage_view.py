"""A calibrated model of slippage as tables and sentences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from spark_stacker.cli import console
from spark_stacker.data.impact import law_words, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spark_stacker.data.impact import ImpactModel
    from spark_stacker.data.impact.model import Curve

__all__ = ["print_model"]


def print_model(model: ImpactModel) -> None:
    """Prints the fit by size and by hour, and the errors of all models on held-out time."""
    first, last = (datetime.fromtimestamp(ns / 1e9, UTC) for ns in (model.data.start_ns, model.data.end_ns))
    click.echo(
        f"{model.venue} {model.symbol}, books of {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
    )
    for text in sentences(model):
        click.echo(f"  {text}")
    click.echo()
    console.print_table(
        ["Hours", "Half spread", "Law", "Error", "Bias", "Looks"],
        list(_curves(model)),
        title="Cost of taking, bps; error and bias (model less book) on held-out time, all sizes fitted",
        numeric=("Half spread", "Error", "Bias", "Looks"),
    )
    errors, points = model.errors, model.all_hours.profile
    console.print_table(
        ["Size", "Training", "Held out", "Buying", "Selling", "Not filled", "Fitted"],
        [
            (
                f"{point.notional:,.12g}",
                _bps(point.cost_bps),
                _bps(book),
                _bps(point.buy_bps),
                _bps(point.sell_bps),
                f"{100 * point.unfilled_share:.3g} %",
                "yes" if point.fitted else "no",
            )
            for point, book in zip(points, errors.book_bps, strict=True)
        ],
        title="Depth profile: mean cost in the book by size, bps",
        numeric=("Size", "Training", "Held out", "Buying", "Selling", "Not filled"),
    )
    sizes = [f"{size:,.12g}" for size in errors.notional]
    for name, column in (("Mean absolute error", "mae_bps"), ("Bias (model less book)", "bias_bps")):
        console.print_table(
            ["Model", *sizes],
            [(found.model, *map(_bps, getattr(found, column))) for found in errors.models],
            title=f"{name} on held-out time by size, bps; models by volume on {errors.bar} bars",
            numeric=sizes,
        )


def _curves(model: ImpactModel) -> Iterator[tuple[str, ...]]:
    yield _row("all", model.all_hours)
    for hour, curve in sorted(model.hours.items(), key=lambda item: int(item[0])):
        yield _row(hour, curve)


def _row(hours: str, curve: Curve) -> tuple[str, ...]:
    fit = curve.fit
    looks = f"{curve.training_looks:,} + {curve.held_out_looks:,}"
    spread = f"{_bps(curve.half_spread_bps)} (median {_bps(curve.half_spread_median_bps)})"
    return hours, spread, law_words(curve), _bps(fit.mae_bps) or "", _bps(fit.bias_bps) or "", looks


def _bps(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"
