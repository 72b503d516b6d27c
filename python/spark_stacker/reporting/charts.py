"""The numbers behind a report's charts: packed columns that the page's scripts draw."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.downsample import extreme_rows
from spark_stacker.backtesting.figures import buy_and_hold_curve

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from spark_stacker.backtesting.market import TradedMarket
    from spark_stacker.backtesting.result import BacktestResult

__all__ = ["ChartData", "chart_data", "curve_data", "pack", "packed_curve"]

CURVE_POINTS: Final = 6_000
CANDLES: Final = 50_000
TRADES: Final = 20_000
NEAR_PRICE: Final = 0.35
"""A line that mostly lies within this fraction of the close is drawn over the candles."""


@dataclass(frozen=True, slots=True)
class ChartData:
    """JSON data for the scripts, and sentences on what they do not show."""

    data: dict[str, object]
    notes: tuple[str, ...]


def chart_data(result: BacktestResult) -> ChartData:
    """Equity, drawdown, candles with indicator lines, and trades."""
    notes: list[str] = []
    data: dict[str, object] = {
        "quote": result.quote,
        "initial": result.initial_balance,
        "curve": curve_data(result, notes),
        "markets": [_market(market, notes) for market in result.markets],
        "trades": _trades(result, notes),
        "open": _open_positions(result),
    }
    return ChartData(data, tuple(notes))


def curve_data(result: BacktestResult, notes: list[str]) -> dict[str, object]:
    """Equity, drawdown and buy-and-hold of a result."""
    hold = buy_and_hold_curve(result)
    name = "Buy and hold " + ", ".join(market.symbol for market in result.markets)
    return {**packed_curve(result.equity_curve, notes, hold=hold), "hold_name": name}


def packed_curve(
    curve: pl.DataFrame, notes: list[str], *, hold: NDArray[np.float64] | None, what: str = "Equity"
) -> dict[str, object]:
    """``timestamp``, ``equity`` and ``drawdown`` of a curve, of a long one its lows and highs."""
    equity = curve["equity"].to_numpy()
    drawdown = curve["drawdown"].to_numpy()
    rows = np.union1d(extreme_rows(equity, CURVE_POINTS), extreme_rows(drawdown, CURVE_POINTS))
    if len(rows) < len(equity):
        notes.append(
            f"{what} and drawdown show {len(rows):,} of {len(equity):,} points: "
            "the lows and highs of each stretch."
        )
    return {
        "time": _times(curve["timestamp"][rows]),
        "equity": pack(equity[rows]),
        "drawdown": pack(-100.0 * drawdown[rows]),
        "hold": None if hold is None else pack(hold[rows]),
        "hold_name": "",
    }


def _market(market: TradedMarket, notes: list[str]) -> dict[str, object]:
    candles, lines = market.candles, market.lines
    group = -(-len(candles) // CANDLES)
    if group > 1:
        notes.append(
            f"{market.symbol}: each of the finest candles shown joins {group} bars of {market.interval}, "
            f"{len(candles):,} bars in all."
        )
        candles, lines = _joined(candles, group), lines.gather_every(group, group - 1)
    return {
        "symbol": market.symbol,
        "interval": market.interval,
        "group": group,
        "time": _times(candles["timestamp"]),
        **{name: pack(candles[name]) for name in ("open", "high", "low", "close")},
        "lines": _lines(candles, lines),
    }


def _joined(candles: pl.DataFrame, group: int) -> pl.DataFrame:
    """Candles of ``group`` bars each, the last of fewer."""
    rows = pl.int_range(pl.len()) // group
    return candles.group_by(rows.alias("group"), maintain_order=True).agg(
        pl.col("timestamp").first(),
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
    )


def _lines(candles: pl.DataFrame, lines: pl.DataFrame) -> list[dict[str, object]]:
    """Lines with where they belong: over the candles when their values are prices, else in a panel of their
    indicator.
    """
    close = candles["close"]
    found: list[dict[str, object]] = []
    for line in lines.get_columns():
        values = line[: len(candles)].cast(pl.Float64).fill_nan(None)
        near = ((values / close[: len(values)] - 1.0).abs() < NEAR_PRICE).mean()
        if near is None:
            continue
        panel = "" if near > 0.9 else line.name.split(":")[0]  # type: ignore[operator]
        found.append({"name": line.name, "panel": panel, "values": pack(values)})
    return found


def _trades(result: BacktestResult, notes: list[str]) -> dict[str, object]:
    trades = result.trades
    if len(trades) > TRADES:
        notes.append(
            f"The table holds the first {TRADES:,} of {len(trades):,} trades; export_trades writes all."
        )
        trades = trades.head(TRADES)
    symbols = {market.symbol: index for index, market in reversed(list(enumerate(result.markets)))}
    return {
        "count": len(trades),
        "entry_time": _times(trades["entry_time"]),
        "exit_time": _times(trades["exit_time"]),
        **{
            name: pack(trades[name])
            for name in ("quantity", "entry_price", "exit_price", "profit", "fees", "funding", "initial_stop")
        },
        **{
            name: trades[name].to_list() for name in ("market", "account", "strategy", "side", "exit_purpose")
        },
        "market_index": [symbols[market] for market in trades["market"]],
    }


def _open_positions(result: BacktestResult) -> dict[str, object]:
    positions = result.open_positions
    symbols = [market.symbol for market in result.markets]
    return {
        "entry_time": _times(positions["entry_time"]),
        "entry_price": pack(positions["entry_price"]),
        "side": positions["side"].to_list(),
        "market_index": [symbols.index(market) for market in positions["market"]],
    }


def _times(times: pl.Series) -> str:
    """Milliseconds since 1970, packed."""
    return pack(times.dt.epoch("ms"))


def pack(values: ArrayLike | pl.Series) -> str:
    """Little-endian Float64 in base 64, NaN for null."""
    array = values.cast(pl.Float64).to_numpy() if isinstance(values, pl.Series) else np.asarray(values)
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f8").tobytes()).decode()
