"""The kinds of value that settings hold: numbers with their bounds, times, secrets, paths.

Types are strict: ``"60"`` is not a number and ``1`` is no switch. The exception is text that came from the
environment (:class:`FromEnvironment`), which can be nothing but text and is read as what the key holds.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from spark_stacker import _core
from spark_stacker.errors import ParameterError

__all__ = [
    "LARGEST_BALANCE",
    "Count",
    "Fraction",
    "FromEnvironment",
    "FrozenSettings",
    "Interval",
    "Location",
    "Many",
    "Name",
    "NotNegative",
    "Number",
    "Percent",
    "PercentBelow100",
    "Positive",
    "Scalar",
    "Switch",
    "Whole",
    "interval_name",
    "interval_ns",
]


class FrozenSettings(BaseModel):
    """Base of all settings: unknown keys refused, types strict, values fixed, input never in errors."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class FromEnvironment(str):
    """Text in which ``${NAME}`` was replaced by the variable's value.

    ``whole`` says that all of it came from the environment, no default and no other text beside it.
    """

    __slots__ = ("whole",)

    def __new__(cls, text: str, *, whole: bool = False) -> Self:  # noqa: D102 - the class says it
        made = super().__new__(cls, text)
        made.whole = whole
        return made

    whole: bool


def _number(value: object) -> object:
    if isinstance(value, FromEnvironment):
        try:
            return float(value)
        except ValueError:
            raise ValueError("must be a number") from None
    return value


def _whole(value: object) -> object:
    if isinstance(value, FromEnvironment):
        try:
            return int(value)
        except ValueError:
            raise ValueError("must be a whole number") from None
    return value


def _switch(value: object) -> object:
    if isinstance(value, FromEnvironment):
        try:
            return {"true": True, "false": False}[value.lower()]
        except KeyError:
            raise ValueError("must be true or false") from None
    return value


def _scalar(value: object) -> object:
    if not isinstance(value, FromEnvironment):
        if not isinstance(value, bool | int | float | str) or (
            isinstance(value, float) and not math.isfinite(value)
        ):
            raise ValueError("must be a finite number, true, false or text")
        return value
    for read in (_whole, _number, _switch):
        try:
            return read(value)
        except ValueError:
            continue
    return str(value)


def interval_ns(text: str) -> int:
    """Nanoseconds of an interval such as ``15m``, ``4h`` or ``1d``.

    >>> interval_ns("4h")
    14400000000000
    """
    return _core.interval_ns(text)


def interval_name(interval_ns: int) -> str:
    """The name of an interval in nanoseconds.

    >>> interval_name(14_400_000_000_000)
    '4h'
    """
    return _core.interval_name(interval_ns)


def _interval(value: object) -> object:
    if isinstance(value, str):
        try:
            interval_ns(value)
        except ParameterError:
            raise ValueError(
                "must be a whole number and one of s, m, h, d, w, such as 1m, 15m, 1h, 4h or 1d"
            ) from None
    return value


def _location(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str | Path):
        if not str(value):
            raise ValueError("must be a path")
        directory = (info.context or {}).get("directory")
        path = Path(value).expanduser()
        return directory / path if directory is not None else path
    return value


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


T = TypeVar("T")

Number = Annotated[float, BeforeValidator(_number)]
"""Any finite number."""
Positive = Annotated[Number, Field(gt=0)]
LARGEST_BALANCE = 1e15
"""Up to here products and squares of amounts stay finite, and cents exact enough to mean something."""
NotNegative = Annotated[Number, Field(ge=0)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
"""A share between 0 and 1."""
Percent = Annotated[Number, Field(gt=0)]
"""Percent above zero: 5 is five hundredths."""
PercentBelow100 = Annotated[Number, Field(gt=0, lt=100)]
Whole = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[Whole, Field(ge=1)]
Switch = Annotated[bool, BeforeValidator(_switch)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")]
Interval = Annotated[str, BeforeValidator(_interval)]
"""A time such as ``15m``, ``4h`` or ``1d``."""
Location = Annotated[Path, BeforeValidator(_location)]
"""A path; a relative one starts at the configuration file's directory."""
Scalar = Annotated[bool | int | float | str, BeforeValidator(_scalar)]
"""The value of an indicator's parameter."""
Many = Annotated[tuple[T, ...], BeforeValidator(_tuple)]
"""A list in the file, a tuple here."""
