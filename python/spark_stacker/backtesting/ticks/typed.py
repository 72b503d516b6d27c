"""Types of settings, checked where they enter: what the core would only call a wrong type gets a name."""

from __future__ import annotations

from dataclasses import fields
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["require_types"]

_PLAIN: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "float": ((Real,), "a number"),
    "int": ((Integral,), "a whole number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "text"),
    "None": ((type(None),), "nothing"),
}


def require_types(settings: Any) -> None:
    """Raises `ParameterError` naming the first field of a dataclass whose value is not of its plain type;
    fields of other types are passed over.
    """
    for field in fields(settings):
        words = str(field.type).split(" | ")
        if not all(word in _PLAIN for word in words):
            continue
        value = getattr(settings, field.name)
        if not any(_is(value, word) for word in words):
            expected = " or ".join(_PLAIN[word][1] for word in words)
            raise ParameterError(f"{type(settings).__name__}: {field.name} must be {expected}, was {value!r}")


def _is(value: object, word: str) -> bool:
    # True counts as a number in Python, but not here.
    return isinstance(value, _PLAIN[word][0]) and (word == "bool" or not isinstance(value, bool))
