"""Events of a book: ours against hftbacktest's fastest book, idle and with a grid market maker, fills
shown equal first."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from made import hftbacktest_maker as peer
from made.books import Events, made_events, recorded_events
from measure import require_release
from serial_chain import addition_ns
from spark_stacker import _core

if TYPE_CHECKING:
    from collections.abc import Callable

FIXTURES = Path(
    os.environ.get("SPARK_STACKER_FIXTURES", Path(__file__).resolve().parents[2] / "shared" / "fixtures")
)
ROWS = int(os.environ.get("TICK_ROWS", "2000000"))
ROUNDS = 7
ORDER_NS, ANSWER_NS = 2_000_000, 1_000_000
GRID: dict[str, Any] = {
    "order_size": 1.0,
    "levels": 5,
    "grid_ticks": 2,
    "half_spread_ticks": 2.0,
    "skew_ticks": 0.5,
    "max_position": 20.0,
}
NEVER_NS = 10**15


def setup(lot_size: float) -> dict[str, Any]:
    """hftbacktest's assumptions: no partial fills, no depth consumed."""
    constant = {"kind": "constant"}
    return {
        "venue": {
            "maker_fee_rate": -0.00005,
            "taker_fee_rate": 0.0007,
            "liquidation_fee_rate": 0.0,
            "fee_in_base": False,
            "fill_on_touch": False,
            "margin_mode": "isolated",
            "seed": 0,
            "slippage": {"model": "none"},
        },
        "rules": {
            "queue": "proportional",
            "queue_power": 2.0,
            "fills": "whole",
            "consume_depth": False,
            "order_latency": constant | {"ns": ORDER_NS},
            "answer_latency": constant | {"ns": ANSWER_NS},
            "seed": 0,
        },
        "instrument": {
            "market_type": "margin",
            "tick_size": 0.1,
            "lot_size": lot_size,
            "min_quantity": None,
            "min_notional": None,
            "margin_tiers": [],
        },
        "initial_balance": 1e9,
        "leverage": 1.0,
        "feed_latency_ns": None,
        "start_ns": None,
        "record_interval_ns": NEVER_NS,
    }


def peer_backtest(events: Events, rows: np.ndarray, lot_size: float) -> Any:
    low, high = float(events.price.min()) - 1.0, float(events.price.max()) + 1.0
    asset = peer.make_asset(
        rows,
        tick_size=events.tick_size,
        lot_size=lot_size,
        order_ns=ORDER_NS,
        answer_ns=ANSWER_NS,
        queue="proportional",
        roi=(low, high),
        maker_fee=-0.00005,
        taker_fee=0.0007,
    )
    return peer.roi_vector(asset)


def ours(tape: _core.EventTape, interval_ns: int, lot_size: float) -> _core.TickRun:
    return _core.run_grid_maker([tape], setup(lot_size), GRID | {"interval_ns": interval_ns})


def theirs(hbt: Any, interval_ns: int) -> None:
    peer.grid_maker(hbt, interval_ns, 1.0, 5, 2, 2.0, 0.5, 20.0, np.zeros((0, 2)))


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def check_equal(
    events: Events, tape: _core.EventTape, rows: np.ndarray, *, interval_ns: int, lot_size: float
) -> int:
    """Whether both end with the same fills, position and balance. Returns how many orders filled."""
    fills = ours(tape, interval_ns, lot_size).fills()
    sign = np.array([1 if side == "buy" else -1 for side in fills["side"]])
    held = sign * fills["quantity"]
    hbt = peer_backtest(events, rows, lot_size)
    theirs(hbt, interval_ns)
    state = hbt.state_values(0)
    filled = len(set(fills["order"].tolist()))
    assert filled == state.num_trades, (filled, state.num_trades)
    assert abs(held.sum() - state.position) < 1e-9
    assert abs((held * fills["price"]).sum() + state.balance) < 1e-9 * abs(held * fills["price"]).sum()
    hbt.close()
    return filled


def repeated(events: Events, rows: int) -> Events:
    """The same events again and again, later and later, as many as ``rows`` or a little fewer."""
    times = max(1, rows // len(events.kind))
    length = int(events.local_ns[-1] - events.exchange_ns[0]) + 1_000_000
    later = np.repeat(np.arange(times, dtype=np.int64) * length, len(events.kind))

    def tiled(name: str) -> np.ndarray:
        return np.tile(getattr(events, name), times)

    return Events(
        exchange_ns=tiled("exchange_ns") + later,
        local_ns=tiled("local_ns") + later,
        **{name: tiled(name) for name in ("kind", "side", "price", "size", "last")},
        tick_size=events.tick_size,
    )


def compare(label: str, events: Events, lot_size: float) -> None:
    rows, tape = peer.hft_events(events), events.tape()
    count = len(events.kind)
    for name, interval_ns in [("idle", 0), ("grid, 100 ms", 100_000_000), ("grid, 10 ms", 10_000_000)]:
        filled = 0
        if interval_ns:
            filled = check_equal(events, tape, rows, interval_ns=interval_ns, lot_size=lot_size)
        pairs = []
        for _ in range(ROUNDS):
            mine = timed(lambda i=interval_ns: ours(tape, i or NEVER_NS, lot_size))
            hbt = peer_backtest(events, rows, lot_size)
            other = timed(lambda h=hbt, i=interval_ns: theirs(h, i) if i else peer.idle(h, 60_000_000_000))
            hbt.close()
            pairs.append((mine, other))
        ns = [1e9 * median(column) / count for column in zip(*pairs, strict=True)]
        ratio = median(other / mine for mine, other in pairs)
        measured = f"{ns[0]:.1f} | {ns[1]:.1f} | {ratio:.2f} | ≥ 2 | {filled:,}"
        print(f"| {label}, {name} | {measured} |", flush=True)


def main() -> None:
    require_release()
    made = made_events(ROWS, seed=1)
    print(f"about {ROWS:,} events each, an addition takes {addition_ns():.2f} ns\n")
    print("| events of a book | ours, ns an event | hftbacktest | times | wanted | orders filled |")
    print("| --- | --- | --- | --- | --- | --- |")
    compare("made", made, 0.01)
    stem = FIXTURES / "data" / "hb_binance_usdm_btcusdt_20240808_"
    recorded = recorded_events(f"{stem}l2.parquet", f"{stem}trades.parquet", tick_size=0.1)
    compare("recorded, repeated", repeated(recorded, ROWS), 0.001)


if __name__ == "__main__":
    main()
