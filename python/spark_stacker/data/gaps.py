"""Gaps: runs of bars that are not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_stacker import _core
from spark_stacker.data.times import interval_us
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    import polars as pl

__all__ = ["Gap", "find_gaps", "infer_interval"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of ``missing`` bars between the bars that open at ``after`` and ``before``."""

    after: datetime
    before: datetime
    missing: int

    def __str__(self) -> str:
        bars = "bar" if self.missing == 1 else "bars"
        return f"{self.missing} {bars} between {self.after:%Y-%m-%d %H:%M} and {self.before:%Y-%m-%d %H:%M}"

    def to_dict(self) -> dict[str, Any]:
        """The gap for JSON."""
        return {"after": self.after.isoformat(), "before": self.before.isoformat(), "missing": self.missing}


def find_gaps(times: pl.Series, interval: str) -> list[Gap]:
    """The gaps between sorted times: where two neighbours lie more than one and a half intervals apart."""
    nominal = interval_us(interval)
    steps = times.diff().dt.total_microseconds()
    rows = (steps > 1.5 * nominal).fill_null(value=False).arg_true().to_list()
    return [Gap(times[row - 1], times[row], round(steps[row] / nominal) - 1) for row in rows]


def infer_interval(times: pl.Series, *, where: str = "data") -> str:
    """The commonest step between sorted neighbours, to the second, as an interval such as ``5m``.

    Raises `DataError` with fewer than two different times. Of equally common steps the smallest counts.
    """
    steps = times.drop_nulls().unique().sort().diff().drop_nulls().dt.total_microseconds()
    seconds = ((steps + 500_000) // 1_000_000).rename("step")
    counts = seconds.filter(seconds > 0).value_counts().sort(["count", "step"], descending=[True, False])
    if counts.is_empty():
        raise DataError(f"{where}: fewer than two times, so the interval must be given")
    return _core.interval_name(int(counts["step"][0]) * 1_000_000_000)
