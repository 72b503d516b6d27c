"""What a run on ticks came to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from spark_stacker.backtesting.ticks.execution import Execution

if TYPE_CHECKING:
    from spark_stacker import _core
    from spark_stacker.backtesting.ticks.settings import TickSettings

__all__ = ["TickResult"]


class TickResult:
    """A run on ticks. Prices are in quote currency, times in UTC nanoseconds; what is undefined is null."""

    def __init__(self, run: _core.TickRun, settings: TickSettings, strategy: str) -> None:
        self._run = run
        self.settings = settings
        self.strategy = strategy

    def __repr__(self) -> str:
        return f"<TickResult {self.strategy}: {self.fills.height} fills, profit {self.profit:,.2f}>"

    @property
    def events(self) -> int:
        """Events that happened at the exchange."""
        return self._run.events

    @property
    def gaps(self) -> int:
        """Gaps among them."""
        return self._run.gaps

    @property
    def profit(self) -> float:
        """Equity at the end less the balance at the start, quote currency, after fees."""
        return self._run.equity - self.settings.initial_balance

    @cached_property
    def curve(self) -> pl.DataFrame:
        """``time_ns``, ``equity``, ``position`` (signed base units) and ``mid`` at every recording."""
        return pl.DataFrame(self._run.curve()).with_columns(pl.col("mid").fill_nan(None))

    @cached_property
    def execution(self) -> Execution:
        """How its orders were executed."""
        return Execution(self._run.orders(), self._run.fills(), self._run)

    @property
    def orders(self) -> pl.DataFrame:
        """`Execution.orders`."""
        return self.execution.orders

    @property
    def fills(self) -> pl.DataFrame:
        """`Execution.fills`."""
        return self.execution.fills

    @cached_property
    def trades(self) -> pl.DataFrame:
        """Closed round trips; ``profit`` is net of fees and funding."""
        return pl.DataFrame(self._run.trades(), strict=False)

    @cached_property
    def statistics(self) -> dict[str, float | int | None]:
        """`Execution.statistics`, with ``profit``, ``max_drawdown`` (a fraction) and ``max_position`` (base
        units, either way).
        """
        drawdown = (1.0 - self.curve["equity"] / self.curve["equity"].cum_max()).max()
        position = self.curve["position"].abs().max()
        return {
            "profit": self.profit,
            **self.execution.statistics,
            "max_drawdown": drawdown if isinstance(drawdown, float) else None,
            "max_position": position if isinstance(position, float) else None,
        }
