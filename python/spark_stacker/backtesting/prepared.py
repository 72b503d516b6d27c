"""A configured backtest with everything loaded and checked: what is left is to run it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_stacker import _core
from spark_stacker.backtesting.result import BacktestResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spark_stacker.backtesting.setup import RunSetup

__all__ = ["PreparedBacktest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBacktest:
    """Plan, candles and signals of a backtest. ``run`` may be called again and again."""

    portfolio: _core.Portfolio
    bars: tuple[_core.Bars, ...]
    first: tuple[int, ...]
    signals: tuple[tuple[int, int, NDArray[np.int8], NDArray[np.float64]], ...]
    funding: tuple[tuple[NDArray[np.int64], NDArray[np.float64]] | None, ...]
    mark: tuple[_core.Bars | None, ...]
    setup: RunSetup

    def run(self) -> BacktestResult:
        """Runs it; nothing but the core works here."""
        return BacktestResult(self.record(), self.setup)

    def record(self) -> _core.Run:
        """Runs it, for the bare record."""
        return _core.run_backtest(
            self.portfolio,
            self.bars,
            start=self.first,
            signals=self.signals,
            funding=self.funding,
            mark=self.mark,
        )
