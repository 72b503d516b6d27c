"""Charts of a search: two settings as a heat map, all of them as parallel axes, each one's effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from spark_stacker.backtesting.search.trial_columns import (
    best_and_even_rows,
    shown,
    shown_goal,
    shown_metric,
    value_labels,
    value_places,
)
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.result import SearchResult

__all__ = ["heat_map", "parallel_coordinates", "sensitivity"]

LINES: Final = 2_000
"""Lines of parallel axes above which the best half of them and an even sample are drawn."""


def heat_map(result: SearchResult, x: str | None, y: str | None, *, metric: str | None) -> go.Figure:
    """See `SearchResult.heat_map`."""
    x, y = _two_settings(result, x, y)
    values = shown_goal(result) if metric is None else shown_metric(result, metric)
    label, higher = values.label, values.higher_is_better
    columns, rows = value_labels(result, x), value_labels(result, y)
    at = [value_places(result, path) for path in (x, y)]
    best = np.full((len(rows), len(columns)), np.nan)
    known = np.isfinite(values.values) & np.isfinite(result.scores[:, 0])
    pick = np.fmax if higher else np.fmin
    pick.at(best, (at[1][known], at[0][known]), values.values[known])
    figure = go.Figure(
        go.Heatmap(
            x=columns,
            y=rows,
            z=best,
            colorscale="Viridis",
            reversescale=not higher,
            colorbar={"title": {"text": label, "side": "right"}},
            hovertemplate=f"{x} %{{x}}<br>{y} %{{y}}<br>{label} %{{z:.4g}}<extra></extra>",
            hoverongaps=False,
        )
    )
    digits = result.space.digits_of(result.best_params)
    figure.add_trace(
        go.Scatter(
            x=[columns[int(digits[result.space.paths.index(x)])]],
            y=[rows[int(digits[result.space.paths.index(y)])]],
            mode="markers",
            marker={"symbol": "circle-open", "size": 16, "color": "white", "line": {"width": 3}},
            name="Best set",
            hovertemplate=f"Best set<br>{x} %{{x}}<br>{y} %{{y}}<extra></extra>",
        )
    )
    note = "" if len(result.space.axes) == 2 else ", the best over all other settings"
    figure.update_layout(
        title=f"{label} by {x} and {y}{note}",
        template="plotly_white",
        xaxis={"title": x, "type": "category"},
        yaxis={"title": y, "type": "category"},
        margin={"l": 70, "r": 20, "t": 70, "b": 50},
    )
    return figure


def parallel_coordinates(result: SearchResult) -> go.Figure:
    """See `SearchResult.parallel_coordinates`."""
    scores = result.scores[:, 0]
    known = int(np.isfinite(scores).sum())
    # The last line drawn lies on top.
    rows = best_and_even_rows(scores, LINES)
    note = f" – the best {LINES // 2:,} and an even sample of {known:,} sets" if known > LINES else ""
    dimensions = []
    for path in result.space.paths:
        labels = value_labels(result, path)
        step = max(1, len(labels) // 12)
        dimensions.append(
            {
                "label": path,
                "values": value_places(result, path)[rows],
                "range": [0, max(1, len(labels) - 1)],
                "tickvals": list(range(0, len(labels), step)),
                "ticktext": labels[::step],
            }
        )
    for column in shown(result):
        dimensions.append({"label": column.label, "values": column.values[rows]})
    figure = go.Figure(
        go.Parcoords(
            dimensions=dimensions,
            line={
                "color": scores[rows],
                "colorscale": "Viridis",
                "showscale": True,
                "colorbar": {"title": {"text": result.objective.goals[0].label, "side": "right"}},
            },
        )
    )
    figure.update_layout(
        title=f"Settings and metrics{note}",
        template="plotly_white",
        margin={"l": 70, "r": 20, "t": 110, "b": 40},
    )
    return figure


def sensitivity(result: SearchResult) -> go.Figure:
    """See `SearchResult.sensitivity`."""
    shares = result.importance
    paths = sorted(shares, key=lambda path: -shares[path])
    scores = result.scores[:, 0]
    known = np.isfinite(scores)
    titles = [f"{path} – explains {100 * shares[path]:.0f} %" for path in paths]
    figure = make_subplots(rows=len(paths), cols=1, subplot_titles=titles, vertical_spacing=0.35 / len(paths))
    for row, path in enumerate(paths, start=1):
        labels = value_labels(result, path)
        group = value_places(result, path)[known]
        count = np.bincount(group, minlength=len(labels))
        with np.errstate(invalid="ignore"):
            mean = np.bincount(group, weights=scores[known], minlength=len(labels)) / count
        best = np.full(len(labels), np.nan)
        np.fmax.at(best, group, scores[known])
        for name, values, color in (("mean", mean, "#8a93a3"), ("best", best, "#2f6fde")):
            figure.add_trace(
                go.Scatter(
                    x=labels,
                    y=values,
                    name=f"{name} of the sets",
                    mode="lines+markers",
                    line={"color": color},
                    legendgroup=name,
                    showlegend=row == 1,
                ),
                row=row,
                col=1,
            )
        figure.update_xaxes(type="category", row=row, col=1)
    figure.update_layout(
        title=f"{result.objective.goals[0].label} by each setting",
        template="plotly_white",
        height=140 + 220 * len(paths),
        legend={"orientation": "h", "y": 1.0 + 0.15 / len(paths)},
        margin={"l": 70, "r": 20, "t": 110, "b": 50},
    )
    return figure


def _two_settings(result: SearchResult, x: str | None, y: str | None) -> tuple[str, str]:
    paths = result.space.paths
    for path in (x, y):
        if path is not None and path not in paths:
            raise ParameterError(f"no setting {path!r} in the space{did_you_mean(path, paths)}")
    if len(paths) < 2:
        raise ParameterError("a heat map needs two settings, the space has one")
    if x is not None and x == y:
        raise ParameterError(f"x and y must differ, both were {x!r}")
    shares = result.importance
    others = [path for path in sorted(paths, key=lambda path: -shares[path]) if path not in (x, y)]
    if x is None:
        x = others.pop(0)
    return x, y if y is not None else others[0]
