"""A report of calibrated slippage as one HTML file: the fit, and how far every model is from the book."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker import _core
from spark_stacker.data.impact import law_words
from spark_stacker.reporting.charts import pack
from spark_stacker.reporting.page import filled, write_page
from spark_stacker.reporting.sections import card, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from spark_stacker.data.impact import Calibration, ImpactModel
    from spark_stacker.data.impact.model import Curve

__all__ = ["slippage_report_html", "write_slippage_report"]

_LINE_POINTS = 120
_TIME_POINTS = 3_000


def slippage_report_html(calibration: Calibration, *, title: str | None = None) -> str:
    """The page. Equal calibrations give equal bytes. Every text of the user's is escaped."""
    model = calibration.model
    data = model.data
    first, last = (datetime.fromtimestamp(ns / 1e9, UTC) for ns in (data.start_ns, data.end_ns))
    notes: list[str] = []
    return filled(
        "slippage.html",
        data=_data(calibration, notes),
        styles=("report.css",),
        scripts=("theme.js", "slippage.js"),
        title=escape(title or f"Slippage of {model.venue} {model.symbol}"),
        subtitle=escape(
            f"books of {first:%Y-%m-%d %H:%M:%S} – {last:%Y-%m-%d %H:%M:%S} UTC · {data.looks:,} looks · "
            f"events {data.hash[:12]}"
        ),
        headline=_headline(model),
        told=sentences([*calibration.sentences(), *calibration.notes]),
        curves=_curves(model),
        profile=_profile(model),
        absolute=_errors(model, "mae_bps"),
        bias=_errors(model, "bias_bps"),
        size_options="".join(
            f'<option value="{place}"{" selected" if place == _middle(model) else ""}>{size:,.12g}</option>'
            for place, size in enumerate(model.errors.notional)
        ),
        bar=escape(model.errors.bar),
        notes=sentences(notes),
    )


def write_slippage_report(calibration: Calibration, path: str | Path, *, title: str | None = None) -> Path:
    """Writes the page, wholly or not at all; returns the path."""
    return write_page(slippage_report_html(calibration, title=title), path)


def _middle(model: ImpactModel) -> int:
    return len(model.errors.notional) // 2


def _headline(model: ImpactModel) -> str:
    curve, errors = model.all_hours, model.errors
    place = len(curve.fitted) - 1
    calibrated = errors.models[0]
    others = [(found.mae_bps[place], found.model) for found in errors.models[1:]]
    least = min(((error, name) for error, name in others if error is not None), default=(None, ""))
    size = f"{curve.fitted[place].notional:,.12g}"
    return "".join(
        [
            card(
                "Half spread",
                _text(curve.half_spread_bps),
                f"bps in the mean, median {_text(curve.half_spread_median_bps)}",
            ),
            card("Law", escape(curve.law.replace("_", " ")), law_words(curve)),
            card(
                f"Cost of {size}",
                _text(curve.fitted[place].cost_bps),
                f"bps in training, {_text(errors.book_bps[place])} held out",
            ),
            card(
                "Error there, held out",
                _text(calibrated.mae_bps[place]),
                f"bps mean absolute, bias {_text(calibrated.bias_bps[place])}",
            ),
            card("Best other model there", _text(least[0]), f"bps mean absolute: {least[1]}"),
        ]
    )


def _data(calibration: Calibration, notes: list[str]) -> dict[str, Any]:
    model = calibration.model
    errors, points = model.errors, model.all_hours.profile
    return {
        "sizes": pack(errors.notional),
        "training": _packed([point.cost_bps for point in points]),
        "held_out": _packed(errors.book_bps),
        "fitted": [point.fitted for point in points],
        "laws": _lines(model),
        "models": [
            {"name": found.model, "mae": _packed(found.mae_bps), "bias": _packed(found.bias_bps)}
            for found in errors.models
        ],
        "hours": _hours(model),
        "time": _over_time(calibration, notes),
    }


def _lines(model: ImpactModel) -> list[dict[str, Any]]:
    """Every law of all hours between the smallest size and the largest."""
    sizes = np.geomspace(model.errors.notional[0], model.errors.notional[-1], _LINE_POINTS)
    curve = model.all_hours
    return [
        {
            "name": fit.law.replace("_", " "),
            "taken": fit.law == curve.law,
            "size": pack(sizes),
            "cost": pack(
                _said({"all_hours": curve.plan(fit.law), "hours": []}, sizes, np.zeros(len(sizes), np.int64))
            ),
        }
        for fit in curve.laws
    ]


def _hours(model: ImpactModel) -> dict[str, Any]:
    """The hours of the day with a curve of their own: half spread and cost by size."""
    rows = sorted(((int(hour), curve) for hour, curve in model.hours.items()), key=lambda row: row[0])
    return {
        "hour": [hour for hour, _ in rows],
        "half_spread": _packed([curve.half_spread_bps for _, curve in rows]),
        "cost": [
            _packed([curve.profile[place].cost_bps for _, curve in rows])
            for place in range(len(model.errors.notional))
        ],
    }


def _over_time(calibration: Calibration, notes: list[str]) -> dict[str, Any]:
    """Mean cost of each size in each block of time, in the book and by the model; long ones joined."""
    model, looks = calibration.model, calibration.looks
    known = looks.known
    block = looks.block(model.data.block_ns)[known]
    blocks, place = np.unique(block, return_inverse=True)
    # An odd step, so that both training and held-out blocks are shown.
    group = -(-len(blocks) // _TIME_POINTS) | 1
    if group > 1:
        notes.append(f"Costs over time show every {group}th of {len(blocks):,} blocks.")
    shown = np.arange(0, len(blocks), group)
    costs = looks.cost_bps[known].mean(axis=1)
    book = [pack(_block_means(costs[:, k], place, len(blocks))[shown]) for k in range(costs.shape[1])]
    times = blocks[shown] * model.data.block_ns
    said = [pack(_said(model.plan(), np.full(len(times), size), times)) for size in model.errors.notional]
    return {
        "time": pack(times / 1e6),
        "trains": (blocks[shown] % 2 == 0).tolist(),
        "book": book,
        "model": said,
    }


def _block_means(values: NDArray[np.float64], place: NDArray[np.int64], blocks: int) -> NDArray[np.float64]:
    """Means of what is a number, by block; not a number where a block has none."""
    number = np.isfinite(values)
    count = np.bincount(place[number], minlength=blocks)
    total = np.bincount(place[number], weights=values[number], minlength=blocks)
    means: NDArray[np.float64] = np.divide(total, count, out=np.full(blocks, np.nan), where=count > 0)
    return means


def _said(
    impact: dict[str, Any], sizes: NDArray[np.float64], times: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What a calibrated model says of sizes at times, bps."""
    nothing = np.zeros(len(sizes))
    return _core.slippage_bps(
        {"model": "calibrated", "factor": 1.0},
        impact=impact,
        quantity=sizes,
        price=np.ones(len(sizes)),
        time_ns=times,
        bar_volume=nothing,
        volatility=nothing,
        seed=0,
    )


def _curves(model: ImpactModel) -> str:
    def rows() -> Iterator[Sequence[str]]:
        named = sorted(model.hours.items(), key=lambda item: int(item[0]))
        for hours, curve in [("all", model.all_hours), *named]:
            yield from _of_curve(hours, curve)

    heads = ("Hours", "Law", "", "Half spread", "Error", "Bias", "Looks")
    return _table(heads, rows(), text=3)


def _of_curve(hours: str, curve: Curve) -> Iterator[Sequence[str]]:
    for fit in curve.laws:
        formula = "measured costs, joined"
        if fit.coefficient_bps is not None:
            formula = f"half spread + {fit.coefficient_bps:.3g} · N^{fit.exponent:.3g}"
        yield (
            hours,
            f"{fit.law.replace('_', ' ')}{' (taken)' if fit.law == curve.law else ''}",
            formula,
            _text(curve.half_spread_bps),
            _text(fit.mae_bps),
            _text(fit.bias_bps),
            f"{curve.training_looks:,} + {curve.held_out_looks:,}",
        )


def _profile(model: ImpactModel) -> str:
    errors = model.errors
    heads = ("Size", "Training", "Held out", "Buying", "Selling", "Not filled", "Fitted")
    rows = (
        (
            f"{point.notional:,.12g}",
            _text(point.cost_bps),
            _text(book),
            _text(point.buy_bps),
            _text(point.sell_bps),
            f"{100 * point.unfilled_share:.3g} %",
            "yes" if point.fitted else "no",
        )
        for point, book in zip(model.all_hours.profile, errors.book_bps, strict=True)
    )
    return _table(heads, rows, text=0)


def _errors(model: ImpactModel, column: str) -> str:
    heads = ("Model", *(f"{size:,.12g}" for size in model.errors.notional))
    rows = ((found.model, *map(_text, getattr(found, column))) for found in model.errors.models)
    return _table(heads, rows, text=1)


def _table(heads: Sequence[str], rows: Iterator[Sequence[str]] | Any, *, text: int) -> str:
    """A table; the first ``text`` columns are words, the others numbers."""

    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{'' if place < text else ' class=number'}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    head = f"<tr>{line(heads, 'th')}</tr>"
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def _packed(values: Sequence[float | None]) -> str:
    return pack(np.array([np.nan if value is None else value for value in values]))


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"
