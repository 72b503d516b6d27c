"""Charts of a result by themselves. Reports are made by `spark_stacker.reporting`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from spark_stacker.backtesting.downsample import extreme_rows
from spark_stacker.data.files import atomic_write
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.backtesting.result import BacktestResult

__all__ = ["buy_and_hold_curve", "drawdown_figure", "equity_figure", "write_figure"]

POINTS: Final = 20_000
"""Points of a line above which a chart keeps only first, last, lows and highs."""

EQUITY, HOLD, LOSS = "#2f6fde", "#8a93a3", "#d64550"


def equity_figure(result: BacktestResult) -> go.Figure:
    """Equity, and buy-and-hold of the markets from the same balance."""
    curve = result.equity_curve
    equity = curve["equity"].to_numpy()
    figure = _figure("Equity", f"Equity ({result.quote})", len(equity))
    figure.add_trace(_line("Strategy", curve["timestamp"].to_numpy(), equity, EQUITY))
    hold = buy_and_hold_curve(result)
    if hold is not None:
        label = "Buy and hold " + ", ".join(market.symbol for market in result.markets)
        figure.add_trace(_line(label, curve["timestamp"].to_numpy(), hold, HOLD))
    return figure


def drawdown_figure(result: BacktestResult) -> go.Figure:
    """Drawdown as a negative percentage under the running peak."""
    curve = result.equity_curve
    fall = -100.0 * curve["drawdown"].to_numpy()
    figure = _figure("Drawdown", "Below the peak (%)", len(fall))
    figure.add_trace(_line("Drawdown", curve["timestamp"].to_numpy(), fall, LOSS).update(fill="tozeroy"))
    return figure


def buy_and_hold_curve(result: BacktestResult) -> NDArray[np.float64] | None:
    """The initial balance in equal parts in every market from its first close, at each bar of the equity
    curve.

    None without candles. A part is in cash until its market's first bar; between bars the last close stands.
    """
    times = result.equity_curve["timestamp"].dt.epoch("us").to_numpy()
    markets = [market.candles for market in result.markets if not market.candles.is_empty()]
    if not markets or not len(times):
        return None
    growth = np.zeros(len(times))
    for candles in markets:
        closes = candles["close"].to_numpy()
        rows = np.searchsorted(candles["timestamp"].dt.epoch("us").to_numpy(), times, side="right") - 1
        growth += np.where(rows < 0, 1.0, closes[np.maximum(rows, 0)] / closes[0])
    return result.initial_balance * growth / len(markets)


def write_figure(figure: go.Figure, path: str | Path | None) -> go.Figure:
    """Writes ``figure`` as a page that opens offline or as Plotly's JSON, by the path's ending, and gives it
    back.
    """
    if path is None:
        return figure
    path = Path(path)
    match path.suffix.lower():
        case ".html":
            text = figure.to_html(include_plotlyjs=True, div_id="figure", config={"displaylogo": False})
        case ".json":
            text = figure.to_json()
        case other:
            raise ParameterError(f"{path}: the ending must be .html or .json, was {other!r}")
    with atomic_write(path) as stream:
        stream.write(text.encode())
    return figure


def _line(name: str, times: NDArray[np.datetime64], values: NDArray[np.float64], color: str) -> go.Scatter:
    rows = extreme_rows(values, POINTS)
    return go.Scatter(
        x=times[rows], y=values[rows], name=name, mode="lines", line={"color": color, "width": 1.5}
    )


def _figure(title: str, axis: str, points: int) -> go.Figure:
    note = f" – lows and highs of {points:,} points" if points > POINTS else ""
    figure = go.Figure()
    figure.update_layout(
        title=title + note,
        template="plotly_white",
        hovermode="x unified",
        yaxis_title=axis,
        xaxis_title="UTC",
        legend={"orientation": "h", "y": 1.08},
        margin={"l": 70, "r": 20, "t": 70, "b": 50},
    )
    return figure
