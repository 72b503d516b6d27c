"""Spaces and objectives as they are written on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.backtesting.search.objective import ObjectiveLike

__all__ = ["objective_from", "space_from"]

_WORDS = {"none": None, "null": None, "true": True, "false": False}


def space_from(params: Sequence[str], indicators: Sequence[str] = ()) -> dict[str, object]:
    """The space of ``PATH=SPEC`` texts. With one indicator its name before a parameter may be left out.

    >>> space_from(["rsi.period=5,10", "stop_loss_pct=1:2:0.5"])
    {'rsi.period': [5, 10], 'stop_loss_pct': Range(minimum=1, maximum=2, step=0.5)}
    """
    space: dict[str, object] = {}
    for text in params:
        path, equals, spec = text.partition("=")
        if not equals or not path or not spec:
            raise ParameterError(f"--param must be PATH=SPEC, such as stop_loss_pct=1:5:1, was {text!r}")
        if len(indicators) == 1 and "." not in path and path in _parameters(indicators[0]):
            path = f"{indicators[0]}.{path}"
        if path in space:
            raise ParameterError(f"--param {path} was given twice")
        try:
            space[path] = _values(spec)
        except ParameterError as error:
            raise ParameterError(f"--param {path}: {error}") from None
    return space


def objective_from(text: str) -> ObjectiveLike:
    """A metric, several (``a,b``), or weights (``a=1,b=-2``).

    >>> objective_from("sharpe_ratio=1,max_drawdown=-2")
    {'sharpe_ratio': 1.0, 'max_drawdown': -2.0}
    """
    parts = [part.strip() for part in text.split(",")]
    if "=" not in text:
        return parts[0] if len(parts) == 1 else parts
    weights: dict[str, float] = {}
    for part in parts:
        name, _, weight = part.partition("=")
        try:
            weights[name] = float(weight)
        except ValueError:
            raise ParameterError(
                f"--metric: {name} must have a number as its weight, was {weight!r}"
            ) from None
    return weights


def _values(spec: str) -> object:
    from spark_stacker.backtesting.search import LogRange, Range

    if spec.startswith("log:"):
        numbers = [_number(part) for part in spec.split(":")[1:]]
        if len(numbers) != 3:
            raise ParameterError(f"a log range is log:MIN:MAX:COUNT, was {spec!r}")
        return LogRange(numbers[0], numbers[1], numbers[2])  # type: ignore[arg-type]
    if ":" in spec:
        numbers = [_number(part) for part in spec.split(":")]
        if len(numbers) not in (2, 3):
            raise ParameterError(f"a range is MIN:MAX or MIN:MAX:STEP, was {spec!r}")
        return Range(*numbers)
    return [_value(part.strip()) for part in spec.split(",")]


def _number(text: str) -> int | float:
    value = _value(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ParameterError(f"must be a number, was {text!r}")
    return value


def _value(text: str) -> object:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _parameters(kind: str) -> list[str]:
    from spark_stacker import _core

    for entry in _core.indicator_catalog():
        if entry["type"] == kind:
            return [
                str(name)
                for parameter in entry["parameters"]  # type: ignore[attr-defined]
                for name in (parameter["name"], *parameter["aliases"])
            ]
    return []
