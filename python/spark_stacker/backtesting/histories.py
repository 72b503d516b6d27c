"""Candles, funding and mark prices of the markets of a backtest, as the core takes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from spark_stacker import _core
from spark_stacker.data import bars_to_frame, synthesise, to_bars
from spark_stacker.data.fingerprint import data_hash
from spark_stacker.data.scenarios import made_up
from spark_stacker.data.times import interval_us, to_utc
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from spark_stacker.data import DataManager
    from spark_stacker.data.times import TimeLike

__all__ = [
    "MarketHistory",
    "Span",
    "load_history",
    "only_source",
    "permuted_history",
    "scenario_history",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The range to trade, start inclusive, end exclusive, UTC; None is as far as the data go.

    ``warm_up_bars`` earlier candles feed the indicators only, as far as there are any.
    """

    start: TimeLike | None = None
    end: TimeLike | None = None
    allow_partial: bool = False
    warm_up_bars: int = 0


@dataclass(frozen=True, slots=True)
class MarketHistory:
    """Candles of one market. Rows before ``first`` warm the indicators; ``frame`` has them all."""

    symbol: str
    interval: str
    source: str
    frame: pl.DataFrame
    bars: _core.Bars
    first: int
    warnings: tuple[str, ...]
    traded_hash: Callable[[], str]
    """SHA-256 of the candles of the traded range."""

    @property
    def traded(self) -> pl.DataFrame:
        """Candles of the traded range."""
        return self.frame[self.first :]

    def __reduce__(self) -> tuple[object, ...]:
        """Goes to another process as frame; the core's bars are made there."""
        given = (self.symbol, self.interval, self.source, self.frame, self.first, self.warnings)
        return _received, given


def only_source(manager: DataManager, name: str | None) -> str:
    """``name``, or the manager's only source when none is named."""
    if name is not None:
        return name
    sources = manager.sources()
    if len(sources) != 1:
        raise ParameterError(
            f"data_source_name must be given: the data manager has {', '.join(sources) or 'no source'}"
        )
    return sources[0]


def load_history(manager: DataManager, source: str, symbol: str, interval: str, span: Span) -> MarketHistory:
    """The candles of ``span``, with those before it that warm the indicators."""
    if span.warm_up_bars < 0:
        raise ParameterError(f"warm_up_bars must be 0 or more, was {span.warm_up_bars}")
    history = manager.get(source, symbol, interval, span.start, span.end, allow_partial=span.allow_partial)
    if span.start is not None and span.warm_up_bars:
        start = to_utc(span.start, name="start_date")
        before = start - timedelta(microseconds=span.warm_up_bars * interval_us(interval))
        try:
            earlier = manager.get(source, symbol, interval, before, start, allow_partial=True).frame
        except DataError:
            earlier = history.frame.clear()
        frame, first = pl.concat([earlier, history.frame]).rechunk(), len(earlier)
        bars = to_bars(frame, interval, where=f"{source}: {symbol} {interval}")
    else:
        frame, first, bars = history.frame, 0, history.bars
    return MarketHistory(
        symbol, interval, source, frame, bars, first, history.warnings, lambda: history.data_hash
    )


def permuted_history(history: MarketHistory, seed: int) -> MarketHistory:
    """The candles with their moves in another order; equal seeds put equally many candles in one order."""
    bars = _core.permute_bars(history.bars, start=history.first, seed=seed)
    frame = bars_to_frame(bars)
    return replace(history, bars=bars, frame=frame, traded_hash=lambda: data_hash(frame[history.first :]))


def scenario_history(history: MarketHistory, scenario: str, seed: int) -> MarketHistory:
    """Made-up candles of a scenario in place of ``history``: as many of its interval from the same time on,
    at its first price and its median volume, so that sizes and steps of the market still fit.
    """
    frame = history.frame
    made = synthesise(
        scenario, interval=history.interval, bars=len(frame), seed=seed, start=frame["timestamp"][0]
    ).frame
    price = frame["open"][0] / made["open"][0]
    usual, usual_made = (float(candles["volume"].median() or 1.0) for candles in (frame, made))  # type: ignore[arg-type]
    made = made.with_columns(
        pl.col("open", "high", "low", "close") * price, pl.col("volume") * (usual / usual_made)
    )
    trading = made["timestamp"][0] + timedelta(microseconds=history.first * interval_us(history.interval))
    first = int(made["timestamp"].search_sorted(trading))
    return replace(
        history,
        source=f"synthetic scenario {scenario}",
        frame=made,
        bars=to_bars(made, history.interval, where=f"scenario {scenario}"),
        first=first,
        warnings=(made_up(history.symbol, scenario),),
        traded_hash=lambda: data_hash(made[first:]),
    )


def _received(symbol: str, interval: str, source: str, frame: pl.DataFrame, *rest: Any) -> MarketHistory:
    """The history that another process sent."""
    first, warnings = rest
    bars = to_bars(frame, interval, where=f"{source}: {symbol} {interval}")
    return MarketHistory(
        symbol, interval, source, frame, bars, first, warnings, lambda: data_hash(frame[first:])
    )
