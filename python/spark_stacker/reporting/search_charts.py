"""The numbers behind the charts of a search: packed columns that the page's scripts draw."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.search.pareto import front
from spark_stacker.backtesting.search.trial_columns import (
    best_and_even_rows,
    set_text,
    shown,
    shown_goal,
    shown_metric,
    value_labels,
    value_places,
)
from spark_stacker.reporting.charts import pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.result import SearchResult
    from spark_stacker.backtesting.search.trial_columns import Shown

__all__ = ["search_data"]

LINES: Final = 2_000
"""Lines of parallel axes, and points beside a Pareto front."""
VALUES: Final = 60
"""Values of a setting that a chart tells apart."""
MAPPED: Final = 8
"""Settings, those that matter most, of which every pair has a map."""
FRONT: Final = 1_000


class _Setting:
    """A setting with its values, of very many in groups of neighbours."""

    def __init__(self, result: SearchResult, path: str) -> None:
        self.path = path
        labels = value_labels(result, path)
        self.group = -(-len(labels) // VALUES)
        self.all_labels = labels
        self.labels = [
            labels[at]
            if self.group == 1
            else f"{labels[at]} – {labels[min(at + self.group, len(labels)) - 1]}"
            for at in range(0, len(labels), self.group)
        ]
        self.value_places = value_places(result, path)
        self.places = self.value_places // self.group
        place = result.space.paths.index(path)
        self.chosen = int(result.space.digits_of(result.best_params)[place]) // self.group


def search_data(result: SearchResult, notes: list[str]) -> dict[str, object]:
    """Maps, parallel axes, sensitivity, Pareto front and generations; ``notes`` takes what they leave out."""
    goal = shown_goal(result)
    shares = result.importance
    settings = [_Setting(result, path) for path in sorted(shares, key=lambda path: -shares[path])]
    known = np.isfinite(result.scores[:, 0]) & np.isfinite(goal.values)
    for setting in settings:
        if setting.group > 1:
            notes.append(
                f"{setting.path}: the charts join {setting.group} neighbours of its "
                f"{len(setting.all_labels):,} values."
            )
    return {
        "goal": {"label": goal.label, "higher": goal.higher_is_better},
        "settings": [_effect(setting, goal, known, shares[setting.path]) for setting in settings],
        "maps": _maps(settings, goal, known, notes),
        "parallel": _parallel(result, settings, goal, notes),
        "pareto": _pareto(result, notes) if len(result.objective.goals) > 1 else None,
        "history": _history(result),
    }


def _effect(setting: _Setting, goal: Shown, known: NDArray[np.bool_], share: float) -> dict[str, object]:
    """Mean and best of the sets with each value of a setting."""
    mean, best = _by_cell(setting.places[known], len(setting.labels), goal, known)
    return {
        "path": setting.path,
        "labels": setting.labels,
        "chosen": setting.chosen,
        "share": share,
        "mean": pack(mean),
        "best": pack(best),
    }


def _maps(
    settings: list[_Setting], goal: Shown, known: NDArray[np.bool_], notes: list[str]
) -> list[dict[str, object]]:
    """Mean and best over all other settings, for each pair of the settings that matter most."""
    if len(settings) > MAPPED:
        notes.append(
            f"The heat map knows the {MAPPED} settings that matter most of {len(settings)}; "
            "SearchResult.heat_map draws any."
        )
    found: list[dict[str, object]] = []
    for x, y in combinations(range(min(len(settings), MAPPED)), 2):
        columns, rows = len(settings[x].labels), len(settings[y].labels)
        cells = settings[y].places[known] * columns + settings[x].places[known]
        mean, best = _by_cell(cells, columns * rows, goal, known)
        found.append({"x": x, "y": y, "mean": pack(mean), "best": pack(best)})
    return found


def _by_cell(
    cells: NDArray[np.int64], count: int, goal: Shown, known: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = goal.values[known]
    with np.errstate(invalid="ignore"):
        mean = np.bincount(cells, weights=values, minlength=count) / np.bincount(cells, minlength=count)
    best = np.full(count, np.nan)
    (np.fmax if goal.higher_is_better else np.fmin).at(best, cells, values)
    return mean, best


def _parallel(
    result: SearchResult, settings: list[_Setting], goal: Shown, notes: list[str]
) -> dict[str, object]:
    scores = result.scores[:, 0]
    rows = best_and_even_rows(scores, LINES)
    count = int(np.isfinite(scores).sum())
    if len(rows) < count:
        notes.append(
            f"Parallel axes show {len(rows):,} of {count:,} sets: the best {LINES // 2:,} and an even sample "
            "of the others by rank."
        )
    axes: list[dict[str, object]] = [
        {
            "label": setting.path,
            "ticks": setting.all_labels[:: max(1, len(setting.all_labels) // 10)],
            "step": max(1, len(setting.all_labels) // 10),
            "count": len(setting.all_labels),
            "values": pack(setting.value_places[rows]),
        }
        for setting in settings
    ]
    axes += [{"label": column.label, "values": pack(column.values[rows])} for column in shown(result)]
    return {"axes": axes, "goal": pack(goal.values[rows])}


def _pareto(result: SearchResult, notes: list[str]) -> dict[str, object]:
    """Every goal's metric of the sets that none beats, and of others to compare them with."""
    scores = result.scores
    kept = front(scores)
    if len(kept) > FRONT:
        notes.append(f"Of {len(kept):,} sets that no other beats {FRONT:,} are drawn, evenly chosen.")
        kept = kept[np.linspace(0, len(kept) - 1, FRONT).astype(np.int64)]
    others = np.setdiff1d(best_and_even_rows(scores[:, 0], LINES), kept)
    if len(others) + len(kept) < int(np.isfinite(scores).all(axis=1).sum()):
        notes.append(
            f"Beside the Pareto front {len(others):,} sets are drawn, the best by the first goal among them."
        )
    goals = [shown_metric(result, goal.weights[0][0]) for goal in result.objective.goals]
    best = result.best_params
    rows = result.trials[kept.tolist()].select(result.space.paths).rows(named=True)
    return {
        "goals": [
            {
                "label": goal.label,
                "higher": goal.higher_is_better,
                "front": pack(goal.values[kept]),
                "others": pack(goal.values[others]),
            }
            for goal in goals
        ],
        "sets": [set_text(row) for row in rows],
        "chosen": next((place for place, row in enumerate(rows) if row == best), None),
    }


def _history(result: SearchResult) -> dict[str, object] | None:
    history = result.history
    if history.is_empty():
        return None
    goal = result.objective.goals[0]
    sign = goal.weights[0][1] if len(goal.weights) == 1 else 1.0
    scale = sign * (100.0 if shown_goal(result).label.endswith("(%)") else 1.0)
    packed: dict[str, object] = {
        name: pack(history[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() * scale)
        for name in ("best", "mean", "best_so_far")
    }
    return {"count": len(history), "tried": history["tried"].to_list(), **packed}
