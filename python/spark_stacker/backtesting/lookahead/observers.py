"""One run of an indicator or a strategy function on candles known up to a cut, and what it showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.backtesting.function_backtest import named_columns, play, view_of
from spark_stacker.backtesting.lookahead.observation import Track
from spark_stacker.backtesting.python_signals import added_columns
from spark_stacker.backtesting.simulation_engine import SimulationEngine
from spark_stacker.data import to_bars
from spark_stacker.errors import StrategyError
from spark_stacker.indicators.base_indicator import BaseIndicator, bar_signals
from spark_stacker.indicators.builtin import BuiltinIndicator
from spark_stacker.indicators.causality import calculated, signalled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.function_backtest import StrategyFunction
    from spark_stacker.backtesting.lookahead.futures import Cut

__all__ = [
    "FunctionFailedError",
    "FunctionTerms",
    "closes_ns",
    "observe_function",
    "observe_indicator",
    "order_tracks",
]

_DECISIONS = {"entry", "opposite_signal", "holding_time", "manual"}
"""Purposes of orders that are decided at a close; the others follow from fills inside later bars."""
_SAID = ("side", "kind", "purpose")
_AMOUNTS = ("quantity", "quote_quantity", "price", "trigger")


class FunctionFailedError(StrategyError):
    """A strategy function failed at some bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTerms:
    """What a strategy function is run with; all runs share it, so that only the candles differ."""

    symbol: str
    interval: str
    leverage: float = 1.0
    initial_balance: float = 10_000.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    indicators: Sequence[BaseIndicator] = ()


def closes_ns(frame: pl.DataFrame, step_ns: int) -> NDArray[np.int64]:
    """When each candle closed, UTC nanoseconds."""
    return frame["timestamp"].to_numpy().astype("datetime64[ns]").astype(np.int64) + step_ns


def observe_indicator(
    indicator: BaseIndicator, frame: pl.DataFrame, step_ns: int, cut: Cut, *, prefix: str = ""
) -> dict[str, Track]:
    """Columns, and direction and confidence at each row known; ``frame`` has the rows after the cut too."""
    exact = isinstance(indicator, BuiltinIndicator)
    known_ns = closes_ns(frame, step_ns)
    processed = calculated(indicator, frame)
    own = [
        name
        for name in processed.columns
        if name not in frame.columns or not processed[name].equals(frame[name])
    ]
    tracks = {f"{prefix}{name}": Track("column", known_ns, processed[name], exact) for name in own}
    if type(indicator).signals is not BaseIndicator.signals:
        given = signalled(indicator, frame)
    else:
        rows = int(np.searchsorted(known_ns, cut.close_ns, side="right"))
        given, known_ns = bar_signals(indicator, processed, rows), known_ns[:rows]
    said = f"{prefix}signals."
    for name in (name for name in ("direction", "confidence") if name in given.columns):
        is_exact = exact or name == "direction"
        tracks[f"{said}{name}"] = Track("signal", known_ns, given[name], is_exact)
    return tracks


def observe_function(
    strategy: StrategyFunction, frame: pl.DataFrame, step_ns: int, cut: Cut, terms: FunctionTerms
) -> dict[str, Track]:
    """Orders, cancellations and equity up to the cut, and the columns of the indicators.

    The function's view is sealed, so it is called on the known rows only; the indicators it reads, and what
    it holds itself, are given the later rows.
    """
    made = [(indicator, calculated(indicator, frame)) for indicator in terms.indicators]
    columns = named_columns([(one.name, added_columns(frame, all_of)) for one, all_of in made])
    known = frame.head(cut.rows)
    bars = to_bars(known, terms.interval)
    simulation = SimulationEngine(
        terms.initial_balance, symbol=terms.symbol, interval=terms.interval, leverage=terms.leverage
    )
    sealed = {name: np.ascontiguousarray(values[: cut.rows]) for name, values in columns.items()}
    try:
        play(strategy, simulation, view_of(bars, sealed, known), 0, terms.parameters)
    except StrategyError as error:
        raise FunctionFailedError(str(error)) from error
    core = simulation.core
    tracks = {
        name: Track("column", closes_ns(frame, step_ns), pl.Series(name, values))
        for name, values in columns.items()
    }
    equity = Track("equity", core.open_time_ns() + step_ns, pl.Series("equity", core.equity_curve()))
    return tracks | order_tracks(core.orders()) | {"equity": equity}


def order_tracks(orders: Mapping[str, Any], prefix: str = "") -> dict[str, Track]:
    """What was ordered and when, and what was cancelled; not what became of it, which later bars decide."""
    decided = [row for row, purpose in enumerate(orders["purpose"]) if purpose in _DECISIONS]
    decided.sort(key=lambda row: orders["submitted_ns"][row])
    sent_ns = np.asarray([orders["submitted_ns"][row] for row in decided], dtype=np.int64)
    said = [" ".join(str(orders[name][row]) for name in _SAID) for row in decided]
    tracks = {f"{prefix}orders": Track("order", sent_ns, pl.Series("orders", said, dtype=pl.String))}
    for name in _AMOUNTS:
        values = pl.Series(name, orders[name], dtype=pl.Float64)[decided]
        tracks[f"{prefix}orders.{name}"] = Track("order", sent_ns, values)
    cancelled = [row for row, reason in enumerate(orders["reason"]) if reason == "requested"]
    cancelled.sort(key=lambda row: orders["ended_ns"][row])
    ended_ns = np.asarray([orders["ended_ns"][row] for row in cancelled], dtype=np.int64)
    numbers = pl.Series("order", orders["order"], dtype=pl.Int64)[cancelled]
    tracks[f"{prefix}cancellations"] = Track("order", ended_ns, numbers)
    return tracks
