"""Sets with what came of them, as frames."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.metrics import METRICS, Unit
from spark_stacker.backtesting.search.evaluators import Rows
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.objective import Objective
    from spark_stacker.backtesting.search.space import Space

__all__ = ["DONE", "rows_of", "scores_of", "trials_frame"]

DONE: Final = "done"
"""Status of a set that was run and satisfies the constraints."""


def trials_frame(
    space: Space, metrics: Sequence[str], digits: NDArray[np.uint32], rows: Rows
) -> pl.DataFrame:
    """One row a set: its parameters, its metrics (null where undefined), its ``status``."""
    columns = space.frame(digits).get_columns()
    for place, name in enumerate(metrics):
        column = pl.Series(name, np.ascontiguousarray(rows.values[:, place])).fill_nan(None)
        whole = METRICS[name].unit is Unit.COUNT
        columns.append(column.cast(pl.Int64) if whole else column)
    words = pl.Series([DONE, *rows.reasons], dtype=pl.String)
    columns.append(words.gather(rows.status).alias("status"))
    return pl.DataFrame(columns)


def rows_of(
    frame: pl.DataFrame, space: Space, metrics: Sequence[str], digits: NDArray[np.uint32], *, where: str
) -> Rows:
    """The rows that `trials_frame` made ``frame`` of; `DataError` when it is of other sets."""
    expected = space.frame(digits)
    names = [*expected.columns, *metrics, "status"]
    if frame.columns != names or not frame.select(expected.columns).equals(expected):
        raise DataError(f"{where}: holds other sets than this search asks for; it belongs to another search")
    values = np.empty((len(frame), len(metrics)))
    for place, name in enumerate(metrics):
        values[:, place] = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    reasons = tuple(word for word in frame["status"].unique(maintain_order=True) if word != DONE)
    codes = {DONE: 0, **{word: 1 + place for place, word in enumerate(reasons)}}
    status = frame["status"].replace_strict(codes, return_dtype=pl.UInt32).to_numpy()
    return Rows(values, status, reasons)


def scores_of(trials: pl.DataFrame, objective: Objective) -> NDArray[np.float64]:
    """The score of every trial, a column a goal; minus infinity where it failed or is undefined."""
    columns = {
        name: trials[name].cast(pl.Float64).fill_null(math.nan).to_numpy() for name in objective.metrics
    }
    scores = objective.scores(columns, len(trials))
    scores[(trials["status"] != DONE).to_numpy()] = -math.inf
    return scores
