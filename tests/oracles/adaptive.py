"""The two adaptive indicators in plain, slow Python, straight from their definitions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def wilder_atr(
    high: Sequence[float], low: Sequence[float], close: Sequence[float], length: int
) -> list[float | None]:
    """Average true range; the first, at row ``length``, is the mean of those of rows 1 to ``length``."""
    ranges = [
        max(high[i] - low[i], abs(high[i] - close[i - 1]), abs(low[i] - close[i - 1]))
        for i in range(1, len(close))
    ]
    result: list[float | None] = [None] * len(close)
    average = 0.0
    for i in range(length, len(close)):
        if i == length:
            average = math.fsum(ranges[:length]) / length
        else:
            average = (average * (length - 1) + ranges[i - 1]) / length
        result[i] = average
    return result


def newest_cluster(
    window: Sequence[float], fractions: Sequence[float], max_iterations: int
) -> tuple[int, float]:
    """Cluster (0 low, 1 medium, 2 high) and centroid of the last value of ``window``."""
    lowest, highest = min(window), max(window)
    centroids = [lowest + (highest - lowest) * fraction for fraction in fractions]
    assignment: list[int] = []
    for _ in range(max_iterations):
        # min() keeps the first of equals: ties go to the lower cluster.
        nearest = [min(range(3), key=lambda k: abs(x - centroids[k])) for x in window]
        if nearest == assignment:
            break
        assignment = nearest
        for k in range(3):
            members = [x for x, cluster in zip(window, assignment, strict=True) if cluster == k]
            if members:
                centroids[k] = math.fsum(members) / len(members)
    return assignment[-1], centroids[assignment[-1]]


def adaptive_supertrend(
    high: Sequence[float],
    low: Sequence[float],
    close: Sequence[float],
    *,
    atr_length: int = 10,
    factor: float = 3.0,
    training_length: int = 100,
    fractions: Sequence[float] = (0.25, 0.5, 0.75),
    max_iterations: int = 10,
) -> list[tuple[float, int, float, int] | None]:
    """ATR of the cluster, cluster, line and direction of each bar."""
    ranges = wilder_atr(high, low, close, atr_length)
    rows: list[tuple[float, int, float, int] | None] = []
    upper = lower = math.nan
    direction = 0
    for i in range(len(close)):
        window = ranges[max(0, i - training_length + 1) : i + 1]
        if len(window) < training_length or window[0] is None:
            rows.append(None)
            continue
        cluster, atr = newest_cluster([x for x in window if x is not None], fractions, max_iterations)
        middle = (high[i] + low[i]) / 2
        new_upper, new_lower = middle + factor * atr, middle - factor * atr
        if direction == 0:
            upper, lower, direction = new_upper, new_lower, 1  # taken to be up, as TA-Lib does
        else:
            upper = new_upper if new_upper < upper or close[i - 1] > upper else upper
            lower = new_lower if new_lower > lower or close[i - 1] < lower else lower
        falls, rises = close[i] < lower, close[i] > upper
        if (direction == 1 and falls) or (direction == -1 and rises):
            direction = -direction
        rows.append((atr, cluster, lower if direction == 1 else upper, direction))
    return rows


def trend_at(
    prices: Sequence[float], lengths: Sequence[int], deviations: float
) -> tuple[int, float, float, float, float, float] | None:
    """Length, correlation, slope, midline, upper and lower of the best line that ends at the last price."""
    best: tuple[int, float, float, float, float, float] | None = None
    best_fit = -math.inf
    for length in lengths:
        window = [math.log(price) for price in prices[-length:]]
        if min(window) == max(window):
            continue
        mean_x = (length - 1) / 2
        mean_y = math.fsum(window) / length
        sxx = math.fsum((x - mean_x) ** 2 for x in range(length))
        sxy = math.fsum((x - mean_x) * (y - mean_y) for x, y in enumerate(window))
        syy = math.fsum((y - mean_y) ** 2 for y in window)
        fit = sxy * sxy / (sxx * syy)
        if fit <= best_fit + 1e-12:
            continue
        best_fit = fit
        slope = sxy / sxx
        line = [mean_y + slope * (x - mean_x) for x in range(length)]
        squares = math.fsum((y - fitted) ** 2 for y, fitted in zip(window, line, strict=True))
        half_width = deviations * math.sqrt(squares / (length - 1))
        best = (
            length,
            sxy / math.sqrt(sxx * syy),
            slope,
            math.exp(line[-1]),
            math.exp(line[-1] + half_width),
            math.exp(line[-1] - half_width),
        )
    return best
