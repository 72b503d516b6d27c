"""What a run showed, in tracks of values with the time at which each was known, and where two runs differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Observation", "Split", "Track", "first_split"]

_OF_THE_SCALE = 1e-12
"""Share of a column's largest value below which two values are one: what sums in another order leave."""


@dataclass(frozen=True, slots=True)
class Track:
    """Values of one column, signal or kind of order; ``known_ns`` is the close at which each was known (UTC).

    What is ``exact`` must be the same to the last bit.
    """

    kind: str
    known_ns: NDArray[np.int64]
    values: pl.Series
    exact: bool = False

    def until(self, close_ns: int) -> Track:
        """What was known by then."""
        rows = int(np.searchsorted(self.known_ns, close_ns, side="right"))
        return replace(self, known_ns=self.known_ns[:rows], values=self.values.head(rows))


@dataclass(frozen=True, slots=True)
class Observation:
    """Tracks by name. ``failure`` is how the code failed on the rows it was given, else empty."""

    tracks: Mapping[str, Track]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """The first place at which two tracks differ; None is no value."""

    known_ns: int
    then: object
    now: object


def first_split(then: Track | None, now: Track | None, *, relative_tolerance: float) -> Split | None:
    """Where two tracks first differ, or None.

    Floats are the same within ``relative_tolerance``, or within 1e-12 of the column's largest value; null is
    NaN. Everything else, and the times themselves, must be the same.
    """
    if then is None or now is None:
        there = then or now
        if there is None or not len(there.known_ns):
            return None
        then, now = (
            each or replace(there, known_ns=there.known_ns[:0], values=there.values[:0])
            for each in (then, now)
        )
    shared = min(len(then.known_ns), len(now.known_ns))
    same = then.known_ns[:shared] == now.known_ns[:shared]
    tolerance = 0.0 if then.exact else relative_tolerance
    same &= _same(then.values.head(shared), now.values.head(shared), tolerance)
    row = shared if same.all() else int(np.argmin(same))
    times = [int(each.known_ns[row]) if row < len(each.known_ns) else None for each in (then, now)]
    first = min((time for time in times if time is not None), default=None)
    if first is None:
        return None
    # At different times only the earlier one has said anything.
    return Split(
        first,
        *(each.values[row] if time == first else None for each, time in zip((then, now), times, strict=True)),
    )


def _same(then: pl.Series, now: pl.Series, relative_tolerance: float) -> NDArray[np.bool_]:
    if then.dtype.is_float() or now.dtype.is_float():
        try:
            left, right = _floats(then), _floats(now)
        except pl.exceptions.PolarsError:
            return np.zeros(len(now), dtype=bool)
        scale = max(float(np.max(np.abs(each[np.isfinite(each)]), initial=0.0)) for each in (left, right))
        absolute = _OF_THE_SCALE * scale if relative_tolerance else 0.0
        return np.isclose(left, right, rtol=relative_tolerance, atol=absolute, equal_nan=True)
    if then.dtype != now.dtype:
        if pl.Null not in (then.dtype, now.dtype):
            return np.zeros(len(now), dtype=bool)
        return (then.is_null() & now.is_null()).to_numpy()
    if then.dtype == pl.Object:
        return np.array([a == b for a, b in zip(then, now, strict=True)], dtype=bool)
    return then.eq_missing(now).to_numpy()


def _floats(values: pl.Series) -> NDArray[np.float64]:
    floats = values if values.dtype == pl.Float64 else values.cast(pl.Float64)
    return floats.to_numpy()  # null becomes NaN
