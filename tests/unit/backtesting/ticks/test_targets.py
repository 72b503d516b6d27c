"""Positions that precomputed signals ask for."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from made.books import START_NS
from spark_stacker.backtesting.ticks import ConstantLatency, Targets, TickSettings, run_tick_backtest
from spark_stacker.errors import DataError, ParameterError

STEP = 1_000_000_000


def trades(prices: list[float]) -> pl.DataFrame:
    """A trade a second, received 10 ms after it happened."""
    time_ns = START_NS + STEP * np.arange(len(prices))
    return pl.DataFrame(
        {
            "exchange_ns": time_ns,
            "local_ns": time_ns + 10_000_000,
            "kind": "trade",
            "side": np.ones(len(prices), np.int8),
            "price": prices,
            "size": 1.0,
            "last": True,
        }
    )


def test_each_change_is_traded_once_at_the_price_that_orders_meet() -> None:
    frame = trades([10.0, 11.0, 12.0, 13.0, 12.0, 11.0, 10.0, 9.0])
    wanted = [0.0, 2.0, 2.0, -1.0, -1.0, -1.0, 0.0, 0.0]
    targets = Targets.on_trades(frame, wanted)
    assert targets.time_ns.tolist() == [START_NS + row * STEP + 10_000_000 for row in (1, 3, 6)]
    assert targets.position.tolist() == [2.0, -1.0, 0.0]
    settings = TickSettings(order_latency=ConstantLatency(2_000_000_000), taker_fee=0.001)
    result = run_tick_backtest(frame, targets, settings, tick_size=1.0)
    fills = result.fills
    # Decided on the trades at 11, 13 and 10; two seconds later the last price was 13, 11 and 9.
    # The sale closes two units and opens one.
    assert fills["price"].to_list() == [13.0, 11.0, 11.0, 9.0]
    assert fills["quantity"].to_list() == [2.0, 2.0, 1.0, 1.0]
    assert fills["side"].to_list() == ["buy", "sell", "sell", "buy"]
    fees = 0.001 * (26.0 + 33.0 + 9.0)
    assert result.profit == pytest.approx(-26.0 + 33.0 - 9.0 - fees)


def test_of_trades_received_at_once_the_last_counts() -> None:
    frame = trades([10.0, 11.0, 12.0]).with_columns(local_ns=pl.lit(START_NS + 5 * STEP))
    targets = Targets.on_trades(frame, [1.0, 5.0, 3.0])
    assert targets.time_ns.tolist() == [START_NS + 5 * STEP]
    assert targets.position.tolist() == [3.0]


def test_what_was_refused_is_tried_again_with_the_next_signal() -> None:
    frame = trades([10.0] * 6)
    # A thousand units cannot be paid for; what is wanted later counts from nothing.
    targets = Targets.on_trades(frame, [1000.0, 1000.0, 1.0, 1.0, 0.0, 0.0])
    result = run_tick_backtest(frame, targets, TickSettings(initial_balance=100.0), tick_size=1.0)
    assert result.execution.rejections == {"insufficient_margin": 1}
    assert result.fills["quantity"].to_list() == [1.0, 1.0]
    assert result.statistics["rejected_orders"] == 1


def test_columns_that_cannot_be_are_named() -> None:
    frame = trades([10.0, 11.0])
    with pytest.raises(DataError, match="one value for each of 2 trades"):
        Targets.on_trades(frame, [1.0])
    times = np.array([START_NS, START_NS + 1])

    def run(**columns: object) -> None:
        run_tick_backtest(frame, Targets(**columns), TickSettings(), tick_size=1.0)  # type: ignore[arg-type]

    with pytest.raises(ParameterError, match="position must be as many as times, 2"):
        run(time_ns=times, position=np.array([1.0]))
    with pytest.raises(DataError, match=r"time_ns.*row 1.*must rise"):
        run(time_ns=times[::-1].copy(), position=np.array([1.0, 2.0]))
    with pytest.raises(DataError, match=r"position.*row 0.*must be finite"):
        run(time_ns=times, position=np.array([np.nan, 2.0]))
