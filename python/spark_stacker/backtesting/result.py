"""The result of a backtest: a frozen view of what was recorded, converted only when asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import polars as pl

from spark_stacker.backtesting.columns import listed
from spark_stacker.backtesting.frames import TABLES, equity_frame, plain_series, table_frame
from spark_stacker.backtesting.manifest import manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import plotly.graph_objects as go

    from spark_stacker.backtesting.market import TradedMarket
    from spark_stacker.backtesting.record import RunRecord
    from spark_stacker.backtesting.setup import RunSetup

__all__ = ["BacktestResult"]


class BacktestResult:
    """What a backtest did and what came of it.

    Metrics are fractions, quote currency or seconds (`spark_stacker.backtesting.metrics.METRICS` says which);
    what is undefined is ``None``, with its reason in ``undefined``. Times are UTC. Frames are made when first
    asked for.
    """

    def __init__(self, run: RunRecord, setup: RunSetup) -> None:
        self._run = run
        self._setup = setup

    def __repr__(self) -> str:
        markets = ", ".join(f"{market.symbol} {market.interval}" for market in self.markets)
        return (
            f"<BacktestResult {markets}: {len(self._run.equity)} bars, {self.metrics['total_trades']} trades>"
        )

    # What came of it

    @cached_property
    def metrics(self) -> Mapping[str, float | int | None]:
        """Every metric by name."""
        return self._run.metrics()

    @cached_property
    def undefined(self) -> Mapping[str, str]:
        """Why a metric has no value."""
        return self._run.undefined()

    @cached_property
    def equity_curve(self) -> pl.DataFrame:
        """``timestamp`` (open time of the bar), ``equity`` at its close, ``drawdown`` (positive fraction)."""
        return equity_frame(self._run.open_time_ns, self._run.equity, self.initial_balance)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """Closed round trips; ``profit`` is net of fees and funding."""
        return self._frame("trades")

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Every execution."""
        return self._frame("fills")

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Every order with the state it ended in and the reason; refused ones too."""
        return self._frame("orders")

    @cached_property
    def open_positions(self) -> pl.DataFrame:
        """Positions that stood at the end, marked at the last close; no closed trade counts them."""
        return self._frame("open_positions")

    @cached_property
    def refused(self) -> pl.DataFrame:
        """Entries that a limit or rule forbade, with limit and value."""
        return self._frame("refused")

    def _frame(self, table: str) -> pl.DataFrame:
        markets = [market.symbol for market in self.markets]
        return table_frame(table, getattr(self._run, table)(), markets=markets, strategies=self.strategies)

    # What it was made from

    @property
    def initial_balance(self) -> float:
        """Equity before the first bar, in the quote currency."""
        return self._setup.initial_balance

    @property
    def quote(self) -> str:
        """Currency of all amounts."""
        return self._setup.quote

    @property
    def markets(self) -> tuple[TradedMarket, ...]:
        """The markets with their candles and indicator lines."""
        return self._setup.markets

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of the strategies."""
        return self._setup.strategies

    @property
    def configuration(self) -> Mapping[str, object]:
        """What would repeat the run, as plain JSON data."""
        return self._setup.configuration

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before trusting the numbers."""
        return self._setup.warnings

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """How the simulation treated what the inputs leave open, one sentence each."""
        from spark_stacker.backtesting.assumptions import closing_assumptions

        return self._setup.assumptions + closing_assumptions(self)

    @cached_property
    def manifest(self) -> Mapping[str, object]:
        """Version, seed, and the hashes of data and configuration: equal manifests, equal results."""
        return manifest(self._setup)

    def with_warnings(self, *sentences: str) -> BacktestResult:
        """The same result with further warnings."""
        return BacktestResult(self._run, replace(self._setup, warnings=(*self.warnings, *sentences)))

    # Out and in

    def summary(self) -> str:
        """The main metrics as text, one a line."""
        from spark_stacker.backtesting.summary import summary

        return summary(self)

    def to_dict(self) -> dict[str, object]:
        """Everything as plain JSON data; `from_dict` makes the same result of it."""
        return cast("dict[str, object]", listed(self._data()))

    def _data(self) -> dict[str, object]:
        """What `to_dict` lists, columns as series."""
        return {
            "manifest": dict(self.manifest),
            "initial_balance": self.initial_balance,
            "quote": self.quote,
            "seed": self._setup.seed,
            "strategies": list(self.strategies),
            "metrics": dict(self.metrics),
            "undefined": dict(self.undefined),
            "warnings": list(self.warnings),
            "assumptions": list(self._setup.assumptions),
            "configuration": dict(self.configuration),
            "equity": {
                "open_time_ns": pl.Series(self._run.open_time_ns),
                "equity": pl.Series(self._run.equity),
            },
            **{table: plain_series(table, getattr(self._run, table)()) for table in TABLES},
            "markets": [market.data() for market in self.markets],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> BacktestResult:
        """The result that `to_dict` made ``data`` of; `DataError` names what is missing or malformed."""
        from spark_stacker.backtesting.stored import read_result

        return cls(*read_result(data))

    def save_to_file(self, path: str | Path) -> Path:
        """Writes the result as JSON, wholly or not at all, with a checksum; returns the path."""
        from spark_stacker.backtesting.result_file import write_file

        return write_file(self._data(), path)

    @classmethod
    def load_from_file(cls, path: str | Path) -> BacktestResult:
        """Reads a saved result; `DataError` when it is missing, cut off, altered or of another version."""
        from spark_stacker.backtesting.result_file import read_file

        return cls.from_dict(read_file(path))

    def export_trades(self, path: str | Path) -> Path:
        """Writes the trades as CSV or Parquet, by the path's ending."""
        from spark_stacker.backtesting.result_file import export_frame

        return export_frame(self.trades, path)

    def export_equity(self, path: str | Path) -> Path:
        """Writes the equity curve as CSV or Parquet, by the path's ending."""
        from spark_stacker.backtesting.result_file import export_frame

        return export_frame(self.equity_curve, path)

    # Seen

    def plot_equity_curve(self, path: str | Path | None = None) -> go.Figure:
        """Equity beside buy-and-hold; with ``path`` also written, as HTML or JSON by its ending."""
        from spark_stacker.backtesting.figures import equity_figure, write_figure

        return write_figure(equity_figure(self), path)

    def plot_drawdown(self, path: str | Path | None = None) -> go.Figure:
        """Drawdown under the running peak; with ``path`` also written, as HTML or JSON by its ending."""
        from spark_stacker.backtesting.figures import drawdown_figure, write_figure

        return write_figure(drawdown_figure(self), path)
