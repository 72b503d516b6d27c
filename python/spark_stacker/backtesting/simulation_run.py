"""The record of a strategy function's run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_stacker.backtesting.frames import TABLES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spark_stacker import _core
    from spark_stacker.backtesting.record import Columns

__all__ = ["SimulationRun"]


@dataclass(frozen=True, slots=True)
class SimulationRun:
    """A `RunRecord` of a simulation; ``traded`` are the candles of the traded range."""

    simulation: _core.Simulation
    traded: _core.Bars

    @property
    def open_time_ns(self) -> NDArray[np.int64]:
        """Open time of every bar traded."""
        return self.simulation.open_time_ns()

    @property
    def equity(self) -> NDArray[np.float64]:
        """Equity at the close of every bar traded."""
        return self.simulation.equity_curve()

    def fills(self) -> Columns:
        """Every execution."""
        return self.simulation.fills()

    def orders(self) -> Columns:
        """Every order, refused ones included."""
        return self.simulation.orders()

    def trades(self) -> Columns:
        """Every closed round trip."""
        return self.simulation.trades()

    def open_positions(self) -> Columns:
        """Positions that stood at the end."""
        return self.simulation.open_positions()

    def refused(self) -> Columns:
        """Nothing: limits are for configured strategies."""
        return {column: [] for column in TABLES["refused"]}

    def metrics(self) -> dict[str, float | int | None]:
        """Every metric by name."""
        return self.simulation.metrics(self.traded)

    def undefined(self) -> dict[str, str]:
        """Why a metric has no value."""
        return self.simulation.undefined(self.traded)
