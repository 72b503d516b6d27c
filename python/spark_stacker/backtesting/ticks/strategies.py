"""Strategies on ticks that run wholly in the core."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from spark_stacker.errors import ParameterError

__all__ = ["GridMaker", "Schedule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridMaker:
    """A market maker that keeps ``levels`` post-only quotes a side on a grid.

    Every ``interval_ms`` it lays the grid anew around the middle of the book moved against its position by
    ``skew_ticks`` for each ``order_size`` held, ``half_spread_ticks`` away and ``grid_ticks`` apart; what
    is not on it any more is cancelled. At ``max_position`` base units a side is no longer quoted.
    """

    order_size: float
    max_position: float
    levels: int = 5
    grid_ticks: int = 1
    half_spread_ticks: float = 1.0
    skew_ticks: float = 0.0
    interval_ms: float = 100.0

    def plan(self) -> dict[str, Any]:
        """The core's form."""
        values = asdict(self)
        return values | {"interval_ns": round(values.pop("interval_ms") * 1e6)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Buys or sells ``size`` base units over ``duration_s`` seconds, in slices.

    ``weights`` of the slices are equal for a TWAP, expected volumes for a VWAP. With ``limit_ticks`` a
    slice is quoted post-only so many ticks behind the touch; what of it is left at its end is taken from
    the book (``sweep``) or joins the next slice. Without it each slice is a market order. At the end
    whatever is missing is taken.
    """

    side: str
    size: float
    duration_s: float
    slices: int = 10
    weights: tuple[float, ...] | None = None
    delay_s: float = 0.0
    limit_ticks: int | None = 0
    sweep: bool = True

    def plan(self) -> dict[str, Any]:
        """The core's form. Raises `ParameterError` for slices that are not a positive number."""
        if self.weights is None and self.slices < 1:
            raise ParameterError(f"slices must be at least 1, was {self.slices}")
        return {
            "side": self.side,
            "size": self.size,
            "delay_ns": round(self.delay_s * 1e9),
            "duration_ns": round(self.duration_s * 1e9),
            "weights": [1.0] * self.slices if self.weights is None else list(self.weights),
            "limit_ticks": self.limit_ticks,
            "sweep": self.sweep,
        }
