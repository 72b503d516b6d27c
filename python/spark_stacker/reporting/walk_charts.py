"""The windows of a walk-forward for charts and as a table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from spark_stacker.backtesting.metrics import METRICS, Unit, format_metric
from spark_stacker.backtesting.search.trial_columns import set_text
from spark_stacker.reporting.charts import pack, packed_curve
from spark_stacker.reporting.sections import card

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.walk_forward import WalkForwardResult

__all__ = ["walk_data", "walk_headline", "walk_options", "walk_table"]


def walk_data(walk: WalkForwardResult, notes: list[str]) -> dict[str, object]:
    """Times of every window, its metrics in and out of sample, and the stitched curve."""
    spans = walk.frame
    return {
        "curve": packed_curve(walk.equity_curve, notes, hold=None, what="Stitched equity"),
        **{
            name: pack(spans[name].dt.epoch("ms"))
            for name in ("train_start", "train_end", "test_start", "test_end")
        },
        "chosen": [set_text(window.best_params) for window in walk.windows],
        "metrics": [_metric(walk, name) for name in _metrics(walk)],
    }


def walk_options(walk: WalkForwardResult) -> str:
    """One option a metric for the windows' chooser, the objective's first."""
    return "".join(
        f'<option value="{place}">{escape(METRICS[name].label)}</option>'
        for place, name in enumerate(_metrics(walk))
    )


def walk_headline(walk: WalkForwardResult) -> str:
    """Cards of the stitched curve."""
    cards = [
        card(
            METRICS[name].label,
            escape(format_metric(name, walk.metrics[name])),
            "out of sample, stitched",
        )
        for name in ("total_return", "annualized_return", "sharpe_ratio", "max_drawdown")
    ]
    efficiency = "–" if walk.efficiency is None else f"{walk.efficiency:.2f}"
    return "".join([*cards, card("Efficiency", efficiency, "annual return out of sample over in sample")])


def walk_table(walk: WalkForwardResult) -> str:
    """A row a window: times, the set chosen, return and Sharpe ratio of both, efficiency."""
    rows = []
    for number, (window, times) in enumerate(
        zip(walk.windows, walk.frame.iter_rows(named=True), strict=True), start=1
    ):
        short = "" if window.span.complete else " (cut short)"
        train = f"{times['train_start']:%Y-%m-%d} – {times['train_end']:%Y-%m-%d}"
        test = f"{times['test_start']:%Y-%m-%d} – {times['test_end']:%Y-%m-%d}{short}"
        numbers = [
            format_metric(name, side[name])
            for name in ("total_return", "sharpe_ratio")
            for side in (window.in_sample, window.out_of_sample)
        ]
        numbers.append("–" if window.efficiency is None else f"{window.efficiency:.2f}")
        texts = "".join(f"<td>{escape(text)}</td>" for text in (train, test))
        rows.append(
            f'<tr><th scope="row">{number}</th>{texts}'
            f'<td class="set">{escape(set_text(window.best_params))}</td>'
            + "".join(f'<td class="number">{escape(text)}</td>' for text in numbers)
            + "</tr>"
        )
    heads = (
        *("#", "Training", "Test", "Chosen", "Return in training", "Return in the test"),
        *("Sharpe in training", "Sharpe in the test", "Efficiency"),
    )
    head = "".join(
        f'<th scope="col"{" class=number" if place > 3 else ""}>{escape(text)}</th>'
        for place, text in enumerate(heads)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _metrics(walk: WalkForwardResult) -> list[str]:
    """The objective first, where it is a metric."""
    known = list(walk.windows[0].in_sample)
    return sorted(known, key=lambda name: name != walk.objective_label)


def _metric(walk: WalkForwardResult, name: str) -> dict[str, object]:
    entry = METRICS[name]
    is_fraction = entry.unit is Unit.FRACTION
    sides = {
        side: np.array(
            [
                float("nan") if (value := getattr(window, attribute)[name]) is None else value
                for window in walk.windows
            ]
        )
        for side, attribute in (("trained", "in_sample"), ("tested", "out_of_sample"))
    }
    scale = 100.0 if is_fraction else 1.0
    return {
        "label": f"{entry.label} (%)" if is_fraction else entry.label,
        **{side: pack(scale * values) for side, values in sides.items()},
    }
