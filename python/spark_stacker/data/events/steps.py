"""Tick and lot size: the decimal steps on which all prices and sizes of a market lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from math import gcd
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.data.events.schema import PRICED
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["StepFinder", "Steps", "check_step", "common_step", "infer_steps"]

_MOST_PLACES: Final = 12
# Beyond it a float no longer tells neighbouring multiples of the step apart from what it lost in rounding.
_MOST_STEPS: Final = 1e13
_ROUNDING: Final = 16 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a market; ``lot_size`` is None where no size is known. ``inferred`` names those that were
    not given.
    """

    tick_size: float
    lot_size: float | None
    inferred: tuple[str, ...] = field(default=(), compare=False)


def check_step(name: str, value: float) -> float:
    """A step as it was given: positive and finite."""
    if not (isinstance(value, int | float) and 0.0 < value < float("inf")):
        raise ParameterError(f"{name} must be positive and finite, was {value!r}")
    return float(value)


def infer_steps(frame: pl.DataFrame) -> Steps:
    """The coarsest decimal steps on which all prices and all sizes lie.

    Raises `DataError` when there is no price, or the prices lie on no decimal grid of 12 places.

    >>> frame = pl.DataFrame({"kind": ["trade", "trade"], "price": [10.5, 11.0], "size": [0.02, 0.1]})
    >>> infer_steps(frame).tick_size, infer_steps(frame).lot_size
    (0.5, 0.02)
    """
    finder = StepFinder()
    finder.add(frame)
    return finder.steps()


def common_step(steps: Iterable[float]) -> float | None:
    """The coarsest step that divides all of ``steps``; None of none.

    >>> common_step([0.5, 0.2])
    0.1
    """
    decimals = [Decimal(repr(step)) for step in steps]
    if not decimals:
        return None
    places = max(0, *(-int(value.as_tuple().exponent) for value in decimals))
    divisor = gcd(*(int(value.scaleb(places)) for value in decimals))
    return float(Decimal(divisor).scaleb(-places))


class StepFinder:
    """Collects prices and sizes, frame by frame, and keeps nothing of them but the steps."""

    def __init__(self) -> None:
        self._prices = _Grid("price")
        self._sizes = _Grid("size")

    def add(self, frame: pl.DataFrame) -> None:
        """Takes in what a frame of events has. Raises `DataError` for a price that is not positive and
        finite.
        """
        priced = frame.filter(pl.col("kind").cast(pl.String).is_in(PRICED))
        self._prices.add(priced["price"])
        sizes = priced["size"]
        self._sizes.add(sizes.filter(sizes > 0))

    def found(self) -> dict[str, float | None]:
        """Tick and lot size found; None where there is no value, or none of a grid."""
        return {"tick_size": self._prices.step(), "lot_size": self._sizes.step()}

    def steps(self, *, tick_size: float | None = None, lot_size: float | None = None) -> Steps:
        """The steps found; those that are given stand instead, and are not looked for."""
        given = {"tick_size": tick_size, "lot_size": lot_size}
        inferred = tuple(name for name, value in given.items() if value is None)
        tick = self._prices.step() if tick_size is None else check_step("tick_size", tick_size)
        if tick is None and self._prices.off_grid is not None:
            raise DataError(
                f"events: column price: {self._prices.off_grid!r} lies on no grid of {_MOST_PLACES} decimal "
                "places; give the tick size"
            )
        if tick is None:
            raise DataError("events: no trade and no level of a book to infer the tick size from; give it")
        lot = self._sizes.step() if lot_size is None else check_step("lot_size", lot_size)
        return Steps(tick, lot, inferred)


class _Grid:
    """Values as whole multiples of a power of ten, and the greatest common divisor of those."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.places = 0
        self.divisor = 0
        self.off_grid: float | None = None

    def add(self, values: pl.Series) -> None:
        distinct = values.unique().to_numpy()
        sound = np.isfinite(distinct) & (distinct > 0)
        if not sound.all():
            wrong = distinct[~sound][0]
            raise DataError(f"events: column {self.column}: {wrong}; expected positive and finite")
        if not len(distinct) or self.off_grid is not None:
            return
        for places in range(self.places, _MOST_PLACES + 1):
            scaled = distinct * 10.0**places
            whole = np.rint(scaled)
            off = np.abs(scaled - whole) > _ROUNDING * scaled
            if scaled.max() > _MOST_STEPS:
                break
            if not off.any():
                self.divisor *= 10 ** (places - self.places)
                self.places = places
                self.divisor = gcd(self.divisor, int(np.gcd.reduce(whole.astype(np.int64))))
                return
        self.off_grid = float(distinct[off][0] if off.any() else distinct.max())

    def step(self) -> float | None:
        if self.off_grid is not None or not self.divisor:
            return None
        return float(Decimal(self.divisor).scaleb(-self.places))
