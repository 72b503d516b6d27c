"""What a closed bar must be to be traded; the core holds the same rules for history."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.connectors.contract import Candle

__all__ = ["Values", "broken_rule", "values_of"]

Values = tuple[float, float, float, float, float]
"""Open, high, low, close, volume."""


def values_of(candle: Candle) -> Values:
    """Return a candle's prices and volume for the core."""
    return (
        float(candle.open),
        float(candle.high),
        float(candle.low),
        float(candle.close),
        float(candle.volume),
    )


def broken_rule(values: Values) -> str | None:
    """Return the rule that a bar breaks, ``None`` if it is sound.

    >>> broken_rule((10.0, 9.0, 8.0, 9.0, 1.0))
    'high must be at least open, close and low'
    """
    open_, high, low, close, volume = values
    if not all(math.isfinite(price) and price > 0 for price in (open_, high, low, close)):
        return "prices must be finite and positive"
    if not (math.isfinite(volume) and volume >= 0):
        return "volume must be finite and not negative"
    if high < max(open_, close, low):
        return "high must be at least open, close and low"
    if low > min(open_, close):
        return "low must be at most open, close and high"
    return None
