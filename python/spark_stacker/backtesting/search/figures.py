"""Charts of a search: two settings as a heat map, all of them as parallel axes, each one's effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from spark_stacker.backtesting.metrics import METRICS, Better, Unit, metric
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.result import SearchResult

__all__ = ["heat_map", "parallel_coordinates", "sensitivity"]

LINES: Final = 2_000
"""Lines of parallel axes above which the best half of them and an even sample are drawn."""
_SHOWN: Final = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades")


def heat_map(result: SearchResult, x: str | None, y: str | None, *, metric: str | None) -> go.Figure:
    """See `SearchResult.heat_map`."""
    x, y = _two_settings(result, x, y)
    name, values, higher = _shown_values(result, metric)
    columns, rows = _labels(result, x), _labels(result, y)
    at = [_places(result, path) for path in (x, y)]
    best = np.full((len(rows), len(columns)), np.nan)
    known = np.isfinite(values) & np.isfinite(result.scores[:, 0])
    pick = np.fmax if higher else np.fmin
    pick.at(best, (at[1][known], at[0][known]), values[known])
    scale, label = _unit(name)
    figure = go.Figure(
        go.Heatmap(
            x=columns,
            y=rows,
            z=scale * best,
            colorscale="Viridis",
            reversescale=not higher,
            colorbar={"title": {"text": label, "side": "right"}},
            hovertemplate=f"{x} %{{x}}<br>{y} %{{y}}<br>{label} %{{z:.4g}}<extra></extra>",
            hoverongaps=False,
        )
    )
    chosen = result.best_params
    figure.add_trace(
        go.Scatter(
            x=[str(chosen[x])],
            y=[str(chosen[y])],
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
    rows = np.flatnonzero(np.isfinite(scores))
    note = ""
    if len(rows) > LINES:
        order = rows[np.argsort(-scores[rows], kind="stable")]
        even = order[LINES // 2 :: max(1, (len(order) - LINES // 2) // (LINES // 2))]
        note = f" – the best {LINES // 2:,} and an even sample of {len(rows):,} sets"
        rows = np.concatenate([order[: LINES // 2], even])
    # The last line drawn lies on top.
    rows = rows[np.argsort(scores[rows], kind="stable")]
    dimensions = []
    for path in result.space.paths:
        labels = _labels(result, path)
        step = max(1, len(labels) // 12)
        dimensions.append(
            {
                "label": path,
                "values": _places(result, path)[rows],
                "range": [0, max(1, len(labels) - 1)],
                "tickvals": list(range(0, len(labels), step)),
                "ticktext": labels[::step],
            }
        )
    goals = [name for name in result.objective.metrics if name not in _SHOWN]
    for name in (*goals, *_SHOWN):
        if name in result.trials.columns:
            scale, label = _unit(name)
            dimensions.append({"label": label, "values": scale * _column(result, name)[rows]})
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
        labels = _labels(result, path)
        group = _places(result, path)[known]
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


def _shown_values(result: SearchResult, name: str | None) -> tuple[str, NDArray[np.float64], bool]:
    """Label, values, and whether higher is better."""
    if name is None:
        goal = result.objective.goals[0]
        if len(goal.weights) > 1:
            return goal.label, result.scores[:, 0], True
        name = goal.weights[0][0]
    higher = metric(name).better is not Better.LOWER
    if name not in result.trials.columns:
        raise ParameterError(f"the trials have no {name}: it was not among the metrics of the search")
    return name, _column(result, name), higher


def _column(result: SearchResult, name: str) -> NDArray[np.float64]:
    return result.trials[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _unit(name: str) -> tuple[float, str]:
    """What to multiply a metric by for the chart, and its label."""
    if name not in METRICS:
        return 1.0, name
    found = METRICS[name]
    return (100.0, f"{found.label} (%)") if found.unit is Unit.FRACTION else (1.0, found.label)


def _labels(result: SearchResult, path: str) -> list[str]:
    return [str(value) for value in _axis(result, path).values]


def _places(result: SearchResult, path: str) -> NDArray[np.int64]:
    """The place of each trial's value among the values of the setting."""
    values = _axis(result, path).values
    column = result.trials[path]
    where = {value: place for place, value in enumerate(values) if value is not None}
    off = values.index(None) if None in values else -1
    return np.array([off if value is None else where[value] for value in column.to_list()], dtype=np.int64)


def _axis(result: SearchResult, path: str) -> Any:
    return next(axis for axis in result.space.axes if axis.path == path)
