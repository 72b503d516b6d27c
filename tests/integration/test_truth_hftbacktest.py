"""The venue on ticks against hftbacktest 2.4, under its assumptions: the same orders, fills and equity.

What differs, and why the tests are written around it:

- hftbacktest keeps levels that the other side has crossed and may show them again when the touch moves
  away; here the newer level removes them. The streams therefore are never crossed (the recorded one is
  not, but for its snapshot).
- A reversal is one fill there and two here (the close and the opening), so fills are added up by order.
- A snapshot in mid-stream lets hftbacktest's queue models start anew; here they compare it with what was
  shown.
- hftbacktest checks no funds: the account here is large enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from made import hftbacktest_maker as peer
from made.books import made_events, recorded_events
from spark_stacker.backtesting.ticks import ConstantLatency, GridMaker, TickSettings, run_tick_backtest

if TYPE_CHECKING:
    from pathlib import Path

ORDER_NS, ANSWER_NS = 2_000_000, 1_000_000
FEES = (-0.00005, 0.0007)


def settings(queue: str, power: float) -> TickSettings:
    return TickSettings(
        maker_fee=FEES[0],
        taker_fee=FEES[1],
        queue=queue,
        queue_power=power,
        whole_fills=True,
        consume_depth=False,
        order_latency=ConstantLatency(ORDER_NS),
        answer_latency=ConstantLatency(ANSWER_NS),
        initial_balance=1e9,
    )


def both_run(
    frame: pl.DataFrame, rows: np.ndarray, maker: GridMaker, *, queue: str, power: float, lot: float
) -> tuple[dict[str, float], dict[str, float]]:
    result = run_tick_backtest(frame, maker, settings(queue, power), tick_size=0.1)
    signed = result.fills.with_columns(
        sign=pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0)
    ).with_columns(held=pl.col("sign") * pl.col("quantity"))
    ours = {
        "orders filled": float(signed["order"].n_unique()),
        "position": float(signed["held"].sum()),
        "balance": -float((signed["held"] * signed["price"]).sum()),
        "fees": float(signed["fee"].sum()),
    }
    asset = peer.make_asset(
        rows,
        tick_size=0.1,
        lot_size=lot,
        order_ns=ORDER_NS,
        answer_ns=ANSWER_NS,
        queue=queue,
        power=power,
        maker_fee=FEES[0],
        taker_fee=FEES[1],
    )
    hbt = peer.hash_map(asset)
    plan = maker.plan()
    peer.grid_maker(
        hbt,
        plan["interval_ns"],
        maker.order_size,
        maker.levels,
        maker.grid_ticks,
        maker.half_spread_ticks,
        maker.skew_ticks,
        maker.max_position,
        np.zeros((0, 2)),
    )
    state: Any = hbt.state_values(0)
    theirs = {
        "orders filled": float(state.num_trades),
        "position": float(state.position),
        "balance": float(state.balance),
        "fees": float(state.fee),
    }
    hbt.close()
    return ours, theirs


MAKERS = {
    "behind the touch": GridMaker(
        order_size=1.0, max_position=20.0, grid_ticks=2, half_spread_ticks=2.0, skew_ticks=0.5, interval_ms=10
    ),
    "in the queue": GridMaker(
        order_size=0.5, max_position=10.0, levels=3, half_spread_ticks=0.0, skew_ticks=0.1, interval_ms=100
    ),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize(("queue", "power"), [("conservative", 1.0), ("proportional", 3.0), ("log", 1.0)])
def test_a_grid_maker_ends_as_in_hftbacktest_on_a_made_stream(
    maker: GridMaker, queue: str, power: float
) -> None:
    events = made_events(100_000, seed=11)
    ours, theirs = both_run(
        events.frame(), peer.hft_events(events), maker, queue=queue, power=power, lot=0.01
    )
    assert ours["orders filled"] > 50
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("queue", ["conservative", "proportional", "log"])
def test_a_grid_maker_ends_as_in_hftbacktest_on_recorded_events(fixtures_dir: Path, queue: str) -> None:
    stem = fixtures_dir / "data" / "hb_binance_usdm_btcusdt_20240808_"
    events = recorded_events(f"{stem}l2.parquet", f"{stem}trades.parquet", tick_size=0.1)
    maker = GridMaker(
        order_size=0.01,
        max_position=0.2,
        half_spread_ticks=5.0,
        grid_ticks=5,
        skew_ticks=2.0,
        interval_ms=100,
    )
    ours, theirs = both_run(events.frame(), peer.hft_events(events), maker, queue=queue, power=2.0, lot=0.001)
    assert ours["orders filled"] > 100
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
