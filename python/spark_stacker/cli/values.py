"""``KEY=VALUE`` on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["key_values"]


def key_values(option: str, given: Iterable[str]) -> dict[str, object]:
    """The pairs by key; numbers, ``true``, ``false`` and JSON are read as such, anything else is text.

    A key with dots stands in nested objects: ``sizing.method=fixed_usd``.
    """
    values: dict[str, object] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ParameterError(f"{option} must be KEY=VALUE, was {text!r}")
        place = values
        *outer, last = key.split(".")
        for name in outer:
            inner = place.setdefault(name, {})
            if not isinstance(inner, dict):
                raise ParameterError(f"{option} {name} was given a value and parts")
            place = inner
        if last in place:
            raise ParameterError(f"{option} {key} was given twice")
        place[last] = _value(value)
    return values


def _value(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value
