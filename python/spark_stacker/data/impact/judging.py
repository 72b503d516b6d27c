"""How far every model of slippage for bars is from the recorded book on held-out time.

Each look is an order at the middle price at that time, of each size on each side; the book says what it
would have paid. Models by volume see the bar that the look lies in, and the volatility of the bars before, as
they do in a backtest on bars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from spark_stacker import _core
from spark_stacker.config.simulation import (
    FixedSlippage,
    NoSlippage,
    RandomSlippage,
    SquareRootSlippage,
    VolumeShareSlippage,
)
from spark_stacker.data.impact.model import Errors, ModelErrors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from spark_stacker.data.impact.sampling import Looks

__all__ = ["CALIBRATED", "judge"]

CALIBRATED: Final = "calibrated"


def judge(
    looks: Looks,
    chosen: NDArray[np.bool_],
    impact: dict[str, Any],
    *,
    bar: str,
    best_fixed_bps: float,
) -> Errors:
    """Errors of the calibrated ``impact`` and of all other models at the ``chosen`` looks."""
    volume, volatility = _bars(looks, bar)
    mid = looks.mid[chosen]
    times = np.ascontiguousarray(looks.time_ns[chosen])
    beside = {
        "price": np.ascontiguousarray(mid),
        "time_ns": times,
        "bar_volume": np.ascontiguousarray(volume[chosen]),
        "volatility": np.ascontiguousarray(volatility[chosen]),
    }
    book = looks.cost_bps[chosen]
    filled = np.isfinite(book)
    return Errors(
        notional=tuple(looks.notional.tolist()),
        book_bps=tuple(
            max(float(book[:, :, k][filled[:, :, k]].mean()), 0.0) if filled[:, :, k].any() else None
            for k in range(len(looks.notional))
        ),
        looks=tuple(int(count) for count in filled.sum((0, 1))),
        unfilled_share=tuple((1.0 - filled.mean((0, 1))).tolist()),
        bar=bar,
        models=tuple(
            _errors(name, model, beside | {"impact": impact}, looks.notional, book)
            for name, model in _models(best_fixed_bps)
        ),
    )


def _models(best_fixed_bps: float) -> Iterator[tuple[str, dict[str, Any]]]:
    yield CALIBRATED, {"model": "calibrated", "factor": 1.0}
    yield "none", NoSlippage().model_dump()
    fixed = FixedSlippage()
    yield f"fixed, {fixed.bps:g} bps (default)", fixed.model_dump()
    best = FixedSlippage(bps=min(best_fixed_bps, 9_999.0))
    yield f"fixed, {best.bps:.3g} bps (best of training)", best.model_dump()
    drawn = RandomSlippage()
    yield f"random, up to {drawn.max_bps:g} bps (default)", drawn.model_dump()
    yield "volume_share (default)", VolumeShareSlippage().model_dump()
    yield "square_root (default)", SquareRootSlippage().model_dump()


def _errors(
    name: str,
    model: dict[str, Any],
    beside: dict[str, Any],
    notional: NDArray[np.float64],
    book: NDArray[np.float64],
) -> ModelErrors:
    absolute: list[float | None] = []
    bias: list[float | None] = []
    for place, size in enumerate(notional):
        quantity = size / beside["price"]
        if "max_share_fraction" in model:
            # What the first bar fills; the rest would wait for later ones.
            quantity = np.minimum(quantity, model["max_share_fraction"] * beside["bar_volume"])
            quantity = np.where(quantity > 0, quantity, np.nan)
        said = _core.slippage_bps(model, quantity=quantity, seed=0, **beside)
        error = said[:, None] - book[:, :, place]
        error = error[np.isfinite(error)]
        absolute.append(float(np.abs(error).mean()) if len(error) else None)
        bias.append(float(error.mean()) if len(error) else None)
    return ModelErrors(model=name, mae_bps=tuple(absolute), bias_bps=tuple(bias))


def _bars(looks: Looks, bar: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each look the volume of its bar, and the volatility of the bars before it (n - 1; 0 below two
    returns).
    """
    window = SquareRootSlippage().volatility_bars
    number = looks.time_ns // _core.interval_ns(bar)
    bars, place = np.unique(number, return_inverse=True)
    volume = np.bincount(place, weights=looks.traded, minlength=len(bars)).astype(np.float64)
    # The last middle price known in each bar is its close; a bar without one is skipped, as on bars.
    close = np.full(len(bars), np.nan)
    known = looks.known
    close[place[known]] = looks.mid[known]
    volatility = np.zeros(len(bars))
    closes: list[float] = []
    for row, price in enumerate(close):
        last = np.array(closes[-window - 1 :])
        if len(last) > 2:
            volatility[row] = float(np.std(last[1:] / last[:-1] - 1.0, ddof=1))
        if np.isfinite(price):
            closes.append(float(price))
    return volume[place], volatility[place]
