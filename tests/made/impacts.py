"""Calibrated models written by hand, and recorded books whose cost is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.data.impact import ImpactModel

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR_NS = 3_600_000_000_000


def curve(half_spread_bps: float, coefficient_bps: float, exponent: float) -> dict[str, Any]:
    """A curve with the power law, measured at 1,000 and 10,000."""
    points = [
        {
            "notional": size,
            "cost_bps": half_spread_bps + coefficient_bps * size**exponent,
            "buy_bps": None,
            "sell_bps": None,
            "unfilled_share": 0.0,
            "fitted": True,
        }
        for size in (1_000.0, 10_000.0)
    ]
    law = {
        "law": "power",
        "coefficient_bps": coefficient_bps,
        "exponent": exponent,
        "score": 1.0,
        "mae_bps": 0.1,
        "bias_bps": 0.0,
    }
    profile = law | {"law": "profile", "coefficient_bps": None, "exponent": None}
    return {
        "training_looks": 60,
        "held_out_looks": 60,
        "training_blocks": 1,
        "half_spread_bps": half_spread_bps,
        "half_spread_median_bps": half_spread_bps,
        "profile": points,
        "laws": [law, profile],
        "law": "power",
    }


def stored_model(symbol: str = "ETH-USD", **changes: Any) -> dict[str, Any]:
    """A whole model as it is stored: 2 + 0.04 √N bps, at 13 o'clock 5 + 0.0001 N bps."""
    return {
        "kind": "spark-stacker slippage model",
        "version": 1,
        "venue": "made",
        "symbol": symbol,
        "tick_size": 0.1,
        "data": {
            "start_ns": 1_700_000_000_000_000_000,
            "end_ns": 1_700_000_120_000_000_000,
            "hash": "0" * 64,
            "sources": ["by hand"],
            "synthetic": None,
            "looks": 120,
            "unknown_looks": 0,
            "silent_looks": 0,
            "every_ns": 1_000_000_000,
            "block_ns": 60_000_000_000,
            "hours": [13, 22],
        },
        "all_hours": curve(2.0, 0.04, 0.5),
        "hours": {"13": curve(5.0, 0.0001, 1.0)},
        "errors": {
            "notional": [1_000.0, 10_000.0],
            "book_bps": [3.0, 6.0],
            "looks": [120, 120],
            "unfilled_share": [0.0, 0.0],
            "bar": "1m",
            "models": [{"model": "calibrated", "mae_bps": [0.1, 0.2], "bias_bps": [0.0, 0.0]}],
        },
    } | changes


def model(symbol: str = "ETH-USD", **changes: Any) -> ImpactModel:
    """The same, checked."""
    import json

    return ImpactModel.model_validate_json(json.dumps(stored_model(symbol, **changes)))


def power_books(
    *,
    seconds: int,
    seed: int,
    half_spread_bps: Mapping[int, float],
    coefficient_bps: float,
    exponent: float,
    noise: float = 0.0,
    start_ns: int = 1_700_000_000_000_000_000,
    tick_size: float = 0.001,
    last_notional: float = 5e6,
    step_s: int = 1,
) -> pl.DataFrame:
    """A snapshot each ``step_s`` seconds around a middle price of 10,000 or so.

    The mean cost of taking N is half the spread + coefficient · N ^ exponent by construction: the mean
    distance of the levels up to N. ``half_spread_bps`` goes by hour of the day, -1 for all others; ``noise``
    is the deviation of a factor, of mean one, on the impact of each look.
    """
    draw = np.random.default_rng(seed)
    edges = np.concatenate([[0.0], np.geomspace(0.01, last_notional, 300)])
    # The mean distance within a level of the ladder, so that costs at its edges are exact.
    inside = np.diff(coefficient_bps * edges ** (1 + exponent)) / np.diff(edges)
    notional = np.diff(edges)
    frames = []
    mid = 10_000.0 * np.exp(np.cumsum(draw.normal(0, 2e-5, seconds)))
    for second in range(0, seconds, step_s):
        time_ns = start_ns + second * 1_000_000_000
        hour = time_ns // HOUR_NS % 24
        half = half_spread_bps.get(int(hour), half_spread_bps[-1])
        factor = max(1.0 + noise * draw.standard_normal(), 0.0)
        away = (half + factor * inside) * 1e-4
        for side in (1, -1):
            centre = round(mid[second] / tick_size)
            ticks = centre - side * np.maximum(np.round(away * centre), 1)
            levels = pl.DataFrame({"price": ticks * tick_size, "size": notional / mid[second]})
            levels = levels.group_by("price", maintain_order=True).sum()
            frames.append(
                pl.concat(
                    [
                        pl.DataFrame({"kind": ["clear"], "price": [0.0], "size": [0.0]}),
                        levels.select(pl.lit("snapshot").alias("kind"), "price", "size"),
                    ]
                ).with_columns(
                    exchange_ns=pl.lit(time_ns, pl.Int64),
                    local_ns=pl.lit(time_ns, pl.Int64),
                    side=pl.lit(side, pl.Int8),
                    last=pl.lit(side == -1),
                )
            )
    return pl.concat(frames)
