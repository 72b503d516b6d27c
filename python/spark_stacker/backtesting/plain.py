"""Anything a user passes, as plain JSON data for a manifest."""

from __future__ import annotations

import hashlib
import inspect
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

__all__ = ["describe_code", "plain"]


def plain(value: object) -> object:
    """``value`` as JSON data; what JSON has no form for becomes its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (dict, Mapping)):  # the built-in types first: asking an abstract one takes longer
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((plain(inner) for inner in value), key=str)
    if isinstance(value, (list, tuple, Sequence)):
        return [plain(inner) for inner in value]
    return str(value) if type(value).__repr__ is not object.__repr__ else type(value).__qualname__


def describe_code(code: object) -> dict[str, object]:
    """Name and hash of the source of a function or class; the hash is null without a source to read."""
    try:
        digest: str | None = _source_sha256(code)
    except (OSError, TypeError):
        digest = None
    name = getattr(code, "__qualname__", type(code).__qualname__)
    return {"name": f"{getattr(code, '__module__', '?')}.{name}", "source_sha256": digest}


@lru_cache(maxsize=256)
def _source_sha256(code: object) -> str:
    """Finding the source of a class parses its whole module, so each is looked up once."""
    return hashlib.sha256(inspect.getsource(code).encode()).hexdigest()  # type: ignore[arg-type]
