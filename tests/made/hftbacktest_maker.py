"""The same events and the same grid market maker in hftbacktest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hftbacktest import (
    BUY,
    GTX,
    LIMIT,
    SELL,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    event_dtype,
)
from numba import njit, uint64
from numba.typed import Dict
from numba.types import float64 as f64
from numba.types import uint64 as u64

if TYPE_CHECKING:
    from made.books import Events


def hft_events(events: Events) -> np.ndarray:
    """Events of trades and depth in hftbacktest's layout; both clocks must be in order."""
    rows = np.zeros(len(events.kind), dtype=event_dtype)
    kind = np.where(events.kind == 1, TRADE_EVENT, DEPTH_EVENT).astype(np.uint64)
    side = np.where(events.side > 0, BUY_EVENT, SELL_EVENT).astype(np.uint64)
    rows["ev"] = kind | side | np.uint64(EXCH_EVENT) | np.uint64(LOCAL_EVENT)
    rows["exch_ts"] = events.exchange_ns
    rows["local_ts"] = events.local_ns
    rows["px"] = events.price
    rows["qty"] = events.size
    return rows


def make_asset(
    rows: np.ndarray,
    *,
    tick_size: float,
    lot_size: float,
    order_ns: int,
    answer_ns: int,
    queue: str,
    power: float = 2.0,
    roi: tuple[float, float] | None = None,
    maker_fee: float = 0.0,
    taker_fee: float = 0.0,
) -> BacktestAsset:
    asset = (
        BacktestAsset()
        .data(rows)
        .linear_asset(1.0)
        .constant_order_latency(order_ns, answer_ns)
        .no_partial_fill_exchange()
        .trading_value_fee_model(maker_fee, taker_fee)
        .tick_size(tick_size)
        .lot_size(lot_size)
        .last_trades_capacity(0)
    )
    if queue == "conservative":
        asset = asset.risk_adverse_queue_model()
    elif queue == "proportional":
        asset = asset.power_prob_queue_model(power)
    else:
        asset = asset.log_prob_queue_model()
    if roi is not None:
        asset = asset.roi_lb(roi[0]).roi_ub(roi[1])
    return asset


@njit
def idle(hbt: Any, interval: int) -> int:
    steps = 0
    while hbt.elapse(interval) == 0:
        steps += 1
    return steps


@njit
def grid_maker(  # noqa: PLR0912, PLR0917 (one compiled loop, as its users write it)
    hbt: Any,
    interval: int,
    order_size: float,
    levels: int,
    grid_ticks: int,
    half_spread: float,
    skew: float,
    max_position: float,
    out: np.ndarray,
) -> int:
    """The maker of the core, in ticks; ``out`` takes time and position at every step."""
    tick_size = hbt.depth(0).tick_size
    steps = 0
    while hbt.elapse(interval) == 0:
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        position = hbt.position(0)
        if steps < len(out):
            out[steps, 0] = hbt.current_timestamp
            out[steps, 1] = position
        steps += 1
        best_bid = depth.best_bid_tick
        best_ask = depth.best_ask_tick
        if not (np.isfinite(depth.best_bid) and np.isfinite(depth.best_ask)):
            continue
        mid = (best_bid + best_ask) / 2.0
        reservation = mid - skew * (position / order_size)
        bid = min(reservation - half_spread, best_bid)
        ask = max(reservation + half_spread, best_ask)
        first_bid = int(np.floor(bid / grid_ticks)) * grid_ticks
        first_ask = int(np.ceil(ask / grid_ticks)) * grid_ticks
        bids = Dict.empty(u64, f64)
        asks = Dict.empty(u64, f64)
        for level in range(levels):
            if position < max_position and first_bid - level * grid_ticks > 0:
                tick = first_bid - level * grid_ticks
                bids[uint64(tick)] = tick * tick_size
            if position > -max_position:
                tick = first_ask + level * grid_ticks
                asks[uint64(tick)] = tick * tick_size
        orders = hbt.orders(0)
        values = orders.values()
        while values.has_next():
            order = values.get()
            if order.cancellable:
                stale = (order.side == BUY and order.order_id not in bids) or (
                    order.side == SELL and order.order_id not in asks
                )
                if stale:
                    hbt.cancel(0, order.order_id, False)
        for order_id, price in bids.items():
            if order_id not in orders:
                hbt.submit_buy_order(0, order_id, price, order_size, GTX, LIMIT, False)
        for order_id, price in asks.items():
            if order_id not in orders:
                hbt.submit_sell_order(0, order_id, price, order_size, GTX, LIMIT, False)
    return steps


def hash_map(asset: BacktestAsset) -> Any:
    return HashMapMarketDepthBacktest([asset])


def roi_vector(asset: BacktestAsset) -> Any:
    return ROIVectorMarketDepthBacktest([asset])
