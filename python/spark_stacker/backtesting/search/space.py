"""What a search may choose from: the values of every setting, and all sets of them in a fixed order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Axis", "LogRange", "Range", "Space", "Value"]

Value: TypeAlias = "int | float | str | bool | None"
"""A value that a setting may take; None leaves an optional one (a stop, a target) out."""

_MOST_VALUES = 1_000_000
"""Values of one setting, above which a range is a mistake in its step."""


@dataclass(frozen=True, slots=True)
class Range:
    """From ``minimum`` to ``maximum`` inclusive, ``step`` apart, in exact decimals.

    Where the step does not meet ``maximum``, the last value is the one before it.

    >>> Range(0.1, 0.3, 0.1).values()
    (0.1, 0.2, 0.3)
    """

    minimum: float
    maximum: float
    step: float = 1

    def values(self) -> tuple[int | float, ...]:
        """The values, whole numbers where all three are."""
        low, high, step = (_decimal(name, getattr(self, name)) for name in ("minimum", "maximum", "step"))
        if step <= 0:
            raise ParameterError(f"step must be above 0, was {self.step!r}")
        if low > high:
            raise ParameterError(f"minimum must be at most maximum {self.maximum!r}, was {self.minimum!r}")
        count = int((high - low) / step) + 1
        if count > _MOST_VALUES:
            raise ParameterError(
                f"step must leave at most {_MOST_VALUES:,} values, {self.step!r} made {count:,}"
            )
        whole = all(
            isinstance(number, (int, np.integer)) for number in (self.minimum, self.maximum, self.step)
        )
        if whole:
            first, apart = int(low), int(step)
            return tuple(range(first, first + count * apart, apart))
        return tuple(float(low + place * step) for place in range(count))


@dataclass(frozen=True, slots=True)
class LogRange:
    """``count`` values from ``minimum`` to ``maximum`` inclusive, each the same multiple of the one before.

    >>> LogRange(0.01, 1.0, 3).values()
    (0.01, 0.1, 1.0)
    """

    minimum: float
    maximum: float
    count: int

    def values(self) -> tuple[float, ...]:
        """The values; the ends are exact, those between are rounded to 12 digits."""
        low, high = _decimal("minimum", self.minimum), _decimal("maximum", self.maximum)
        if low <= 0:
            raise ParameterError(f"minimum of a log range must be above 0, was {self.minimum!r}")
        if low >= high:
            raise ParameterError(f"minimum must be below maximum {self.maximum!r}, was {self.minimum!r}")
        if (
            isinstance(self.count, bool)
            or not isinstance(self.count, int)
            or not 2 <= self.count <= _MOST_VALUES
        ):
            raise ParameterError(
                f"count must be a whole number from 2 to {_MOST_VALUES:,}, was {self.count!r}"
            )
        first, ratio = float(low), math.log(float(high) / float(low)) / (self.count - 1)
        between = (float(f"{first * math.exp(place * ratio):.12g}") for place in range(1, self.count - 1))
        return (first, *between, float(high))


@dataclass(frozen=True, slots=True)
class Axis:
    """A setting by its path, and the values it may take."""

    path: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Space:
    """Settings and their values. A *set* is one value of each; its *digits* are the places of those values.

    Sets are numbered with the last setting changing fastest.

    >>> space = Space.of({"fast": [5, 10], "stop_loss_pct": (1, 3, 1)})
    >>> space.size, space.params(space.digits([4])[0])
    (6, {'fast': 10, 'stop_loss_pct': 2})
    """

    axes: tuple[Axis, ...]

    @classmethod
    def of(cls, given: Mapping[str, object] | Space) -> Space:
        """The space of ``given``: a list of values, ``(min, max, step)``, `Range` or `LogRange` by path."""
        if isinstance(given, Space):
            return given
        if not isinstance(given, Mapping):
            raise ParameterError(
                f"the space must be a mapping of settings to values, was {type(given).__name__}"
            )
        if not given:
            raise ParameterError("the space is empty: name at least one setting with its values")
        return cls(tuple(Axis(_path(path), _values(path, values)) for path, values in given.items()))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The settings, in order."""
        return tuple(axis.path for axis in self.axes)

    @cached_property
    def radix(self) -> tuple[int, ...]:
        """How many values each setting has."""
        return tuple(len(axis.values) for axis in self.axes)

    @cached_property
    def size(self) -> int:
        """How many sets there are."""
        return math.prod(self.radix)

    def digits(self, numbers: Sequence[int] | NDArray[np.int64]) -> NDArray[np.uint32]:
        """The digits of the sets with these numbers, a row each. For spaces below 2⁶³ sets."""
        rest = np.asarray(numbers, dtype=np.int64)
        digits = np.empty((len(rest), len(self.axes)), dtype=np.uint32)
        for place in range(len(self.axes) - 1, -1, -1):
            rest, digits[:, place] = np.divmod(rest, self.radix[place])
        return digits

    def number(self, digits: Sequence[int] | NDArray[np.uint32]) -> int:
        """The number of the set with these digits."""
        number = 0
        for digit, radix in zip(digits, self.radix, strict=True):
            number = number * radix + int(digit)
        return number

    def params(self, digits: Sequence[int] | NDArray[np.uint32]) -> dict[str, Value]:
        """The values of one set by path."""
        return {axis.path: axis.values[int(digit)] for axis, digit in zip(self.axes, digits, strict=True)}

    def digits_of(self, params: Mapping[str, Value]) -> NDArray[np.uint32]:
        """The digits of the set with these values."""
        return np.array([axis.values.index(params[axis.path]) for axis in self.axes], dtype=np.uint32)

    def column(self, place: int, digits: NDArray[np.uint32]) -> pl.Series:
        """The values that the setting at ``place`` has in these sets."""
        axis = self.axes[place]
        return pl.Series(axis.path, axis.values, dtype=_dtype(axis.values)).gather(digits[:, place])

    def frame(self, digits: NDArray[np.uint32]) -> pl.DataFrame:
        """One column a setting, one row a set."""
        return pl.DataFrame([self.column(place, digits) for place in range(len(self.axes))])

    @cached_property
    def numbers(self) -> tuple[NDArray[Any], ...]:
        """The values of each setting for comparisons: Float64 with NaN for None, or objects where text
        stands.
        """
        return tuple(_comparable(axis.values) for axis in self.axes)

    def plain(self) -> list[list[object]]:
        """Paths with values, as JSON data."""
        return [[axis.path, list(axis.values)] for axis in self.axes]


def _path(path: object) -> str:
    if not isinstance(path, str) or not path.strip():
        raise ParameterError(f"a setting must be named by its path, was {path!r}")
    return path


def _values(path: str, given: object) -> tuple[Value, ...]:
    try:
        if isinstance(given, (Range, LogRange)):
            return _checked(list(given.values()))
        if isinstance(given, range):
            given = list(given)
        if isinstance(given, tuple):
            return _of_tuple(given)
        if isinstance(given, np.ndarray) and given.ndim == 1:
            given = given.tolist()
        if not isinstance(given, list):
            raise ParameterError(
                f"must be a list of values, (min, max, step), Range or LogRange, was {given!r}"
            )
        return _checked([_scalar(value) for value in given])
    except ParameterError as error:
        raise ParameterError(f"{path}: {error}") from None


def _of_tuple(given: tuple[object, ...]) -> tuple[Value, ...]:
    numbers = all(isinstance(part, (int, float, np.number)) and not isinstance(part, bool) for part in given)
    if len(given) != 3 or not numbers:
        raise ParameterError(
            f"a tuple is (min, max, step), was {given!r}; values of their own stand in a list"
        )
    return _checked(list(Range(*given).values()))  # type: ignore[arg-type]


def _scalar(value: object) -> Value:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ParameterError(f"values must be finite, was {value!r}")
        return value
    raise ParameterError(f"values must be numbers, texts, true, false or None, was {value!r}")


def _checked(values: list[Value]) -> tuple[Value, ...]:
    if not values:
        raise ParameterError("has no value")
    seen: set[tuple[bool, Value]] = set()
    for value in values:
        key = (isinstance(value, bool), value)
        if key in seen:
            raise ParameterError(f"{value!r} is given twice")
        seen.add(key)
    _dtype(tuple(values))
    return tuple(values)


def _dtype(values: tuple[Value, ...]) -> pl.DataType:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pl.Boolean()
    if kinds == {int}:
        return pl.Int64()
    if kinds <= {int, float}:
        return pl.Float64()
    if kinds == {str}:
        return pl.String()
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise ParameterError(f"values must be of one kind, were of {names}")


def _comparable(values: tuple[Value, ...]) -> NDArray[Any]:
    if any(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    return np.array([math.nan if value is None else float(value) for value in values])


def _decimal(name: str, number: object) -> Decimal:
    """The number as it is written: a float by its shortest text, so that 0.1 is a tenth."""
    if isinstance(number, np.generic):
        number = number.item()
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        raise ParameterError(f"{name} must be a finite number, was {number!r}")
    return Decimal(repr(number))
