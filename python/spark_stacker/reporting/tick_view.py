"""A run on ticks as its report shows it, whether of a configuration or of one strategy on one market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import polars as pl

from spark_stacker.backtesting.plain import plain
from spark_stacker.backtesting.ticks import TickedBacktestResult, TickResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from spark_stacker.backtesting.ticks import EventStream, Execution, ProfitInterval

__all__ = ["Interval", "TickView", "ViewedMarket", "view_of"]

Interval: TypeAlias = "ProfitInterval[TickResult] | ProfitInterval[TickedBacktestResult]"


@dataclass(frozen=True, slots=True)
class ViewedMarket:
    """A market: its number among orders and fills, its events, and a line of its price over time."""

    symbol: str
    index: int
    stream: EventStream | None
    time_ns: NDArray[np.int64]
    price: NDArray[np.float64]
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TickView:
    """What the report shows. ``curve`` has ``timestamp``, ``equity`` and ``drawdown``."""

    strategy: str
    quote: str
    initial_balance: float
    profit: float
    start_ns: int
    end_ns: int
    markets: tuple[ViewedMarket, ...]
    execution: Execution
    curve: pl.DataFrame
    queue: str
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    manifest: Mapping[str, object]
    backtest: TickedBacktestResult | None = None


def view_of(result: TickResult | TickedBacktestResult, streams: Mapping[str, EventStream]) -> TickView:
    """The view of a result; ``streams`` are the events that it was run on, by symbol."""
    if isinstance(result, TickedBacktestResult):
        return _of_configured(result, streams)
    return _of_one(result, streams)


def _of_one(result: TickResult, streams: Mapping[str, EventStream]) -> TickView:
    (symbol, stream) = next(iter(streams.items()))
    curve, settings = result.curve, result.settings
    time_ns = curve["time_ns"].to_numpy()
    execution = result.execution
    ends = [int(time_ns[0]), int(time_ns[-1])] if len(time_ns) else [0, 0]
    market = ViewedMarket(symbol, 0, stream, time_ns, curve["mid"].fill_null(np.nan).to_numpy(), "Middle")
    gaps = (f"{symbol}: {_gaps(result.gaps)}",) if result.gaps else ()
    return TickView(
        strategy=result.strategy,
        quote=symbol.replace("/", "-").split("-")[-1],
        initial_balance=settings.initial_balance,
        profit=result.profit,
        start_ns=ends[0],
        end_ns=ends[1],
        markets=(market,),
        execution=execution,
        curve=pl.DataFrame(
            {
                "timestamp": pl.from_epoch(curve["time_ns"], "ns").dt.replace_time_zone("UTC"),
                "equity": curve["equity"],
                "drawdown": 1.0 - curve["equity"] / curve["equity"].cum_max(),
            }
        ),
        queue=settings.queue,
        assumptions=settings.assumptions(),
        warnings=gaps,
        manifest={"settings": plain(settings.setup(tick_size=stream.tick_size, lot_size=stream.lot_size))},
    )


def _of_configured(result: TickedBacktestResult, streams: Mapping[str, EventStream]) -> TickView:
    markets, starts = [], []
    for index, market in enumerate(result.markets):
        candles = market.candles
        opened = candles["timestamp"].dt.epoch("ns").to_numpy()
        starts.append(int(opened[0]))
        step = int(opened[1] - opened[0]) if len(opened) > 1 else 0
        price = candles["close"].to_numpy()
        markets.append(
            ViewedMarket(market.symbol, index, streams.get(market.symbol), opened + step, price, "Close")
        )
    filled = result.execution.fills["time_ns"].to_numpy()
    times = np.concatenate([*(market.time_ns for market in markets), filled])
    return TickView(
        strategy=", ".join(result.strategies),
        quote=result.quote,
        initial_balance=result.initial_balance,
        profit=result.profit,
        start_ns=min(starts),
        end_ns=int(times.max()),
        markets=tuple(markets),
        execution=result.execution,
        curve=result.equity_curve,
        queue=result.ticks.queue,
        assumptions=tuple(result.assumptions),
        warnings=tuple(result.warnings),
        manifest={**result.manifest, "configuration": result.configuration},
        backtest=result,
    )


def _gaps(count: int) -> str:
    return f"{count} gaps in the events; nothing was filled from the book until the next snapshot"
