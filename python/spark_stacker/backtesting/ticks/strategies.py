"""Strategies on ticks that run wholly in the core."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.backtesting.ticks.typed import require_types
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GridMaker", "Schedule", "Targets"]


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

    def __post_init__(self) -> None:
        require_types(self)

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

    def __post_init__(self) -> None:
        require_types(self)
        for weight in self.weights or ():
            if isinstance(weight, bool) or not isinstance(weight, int | float):
                raise ParameterError(f"Schedule: weights must be numbers, was {weight!r}")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Holds the position that precomputed signals ask for, by market orders.

    From ``time_ns[i]`` on, by the strategy's clock (UTC nanoseconds, ascending), ``position[i]`` base units
    are wanted, negative for short. `Targets.on_trades` takes signals that stand beside the trades they were
    computed from.

    >>> trades = pl.DataFrame({"local_ns": [10, 20, 30], "price": [5.0, 6.0, 4.0]})
    >>> Targets.on_trades(trades, position=[0.0, 2.0, 0.0]).time_ns
    array([20, 30])
    """

    time_ns: NDArray[np.int64]
    position: NDArray[np.float64]

    @classmethod
    def on_trades(cls, trades: pl.DataFrame, position: NDArray[np.float64] | list[float]) -> Targets:
        """The position wanted once each trade has been received: those rows at which it changes.

        ``trades`` has the column ``local_ns``; of trades received at once the last counts. Raises `DataError`
        for another number of positions than of trades.
        """
        wanted = np.asarray(position, dtype=np.float64)
        if wanted.shape != (trades.height,):
            raise DataError(
                f"position must be one value for each of {trades.height:,} trades, was {wanted.shape}"
            )
        rows = pl.DataFrame({"time_ns": trades["local_ns"], "position": wanted})
        last = rows.filter(pl.col("time_ns") != pl.col("time_ns").shift(-1, fill_value=-1))
        changed = last.filter(pl.col("position") != pl.col("position").shift(1, fill_value=0.0))
        return cls(time_ns=changed["time_ns"].to_numpy(), position=changed["position"].to_numpy())
