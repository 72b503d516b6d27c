"""What is known at a cut, and what is put in the place of what came later.

A prefix alone does not show everything: a strategy may hold the later rows elsewhere, and a code path may
need a frame of full length. So the later rows are also replaced by others that a market could have brought.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Cut", "Future"]

_PRICES = ("open", "high", "low", "close")
_FACTOR = {"soared": 3.0, "crashed": 1 / 3.0}


class Future(enum.Enum):
    """What comes after a cut."""

    RECORDED = "recorded"
    """The rows as they are: nothing is replaced."""
    NONE = "none"
    """No row: the data end at the cut."""
    MIRRORED = "mirrored"
    """Every later price on the other side of the last known one, as far away in logarithms; volumes in
    reverse order."""
    SOARED = "soared"
    """Every later price threefold."""
    CRASHED = "crashed"
    """Every later price a third."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The first ``rows`` of the candles are known, at ``close_ns``, the close of the last of them (UTC).

    ``whole_rows`` is how many candles there are.
    """

    rows: int
    close_ns: int
    whole_rows: int
    future: Future

    def frame(self, frame: pl.DataFrame, known: int) -> pl.DataFrame:
        """``frame`` with everything after its first ``known`` rows replaced; candles stay candles."""
        if self.future is Future.RECORDED or known >= len(frame):
            return frame
        if self.future is Future.NONE:
            return frame.head(known)
        is_bars = set(_PRICES) <= set(frame.columns)
        return pl.DataFrame([self._column(frame, name, known, is_bars=is_bars) for name in frame.columns])

    def _column(self, frame: pl.DataFrame, name: str, known: int, *, is_bars: bool) -> pl.Series:
        column = frame[name]
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            return column
        if is_bars and name in _PRICES and self.future is Future.MIRRORED:
            # The highest price becomes the lowest.
            other = frame[{"high": "low", "low": "high"}.get(name, name)].to_numpy()[known:]
            anchor = float(frame["close"][max(known - 1, 0)])
            values = np.concatenate([column.to_numpy()[:known], anchor * anchor / other])
        elif is_bars and name == "volume" and self.future is Future.MIRRORED:
            values = np.concatenate([column.to_numpy()[:known], column.to_numpy()[known:][::-1]])
        else:
            values = self.array(column.to_numpy(), known)
        return pl.Series(name, values, dtype=column.dtype, nan_to_null=column.null_count() > 0, strict=False)

    def array(self, values: NDArray[np.generic], known: int) -> NDArray[np.generic]:
        """``values`` with everything after the first ``known`` replaced."""
        if self.future is Future.RECORDED:
            return values.copy()
        if self.future is Future.NONE:
            return values[:known].copy()
        return np.concatenate([values[:known], self.values(values[known:], values[:known])])

    def values(self, later: NDArray[np.generic], before: NDArray[np.generic]) -> NDArray[np.generic]:
        """Other numbers in the place of ``later``."""
        if later.dtype == bool:
            return np.asarray(np.logical_not(later))
        if not np.issubdtype(later.dtype, np.number):
            return later[::-1]
        numbers = later.astype(float)
        if self.future is Future.MIRRORED:
            last = float(before[-1]) if len(before) else 1.0
            anchor = last if math.isfinite(last) else 1.0
            positive = anchor > 0 and bool(np.all(numbers[np.isfinite(numbers)] > 0))
            changed = (anchor * anchor / numbers if positive else 2 * anchor - numbers)[::-1]
        else:
            changed = numbers * _FACTOR[self.future.value] + (0.0 if numbers.any() else 1.0)
        if np.issubdtype(later.dtype, np.integer):
            changed = np.rint(changed)
        return changed.astype(later.dtype)
