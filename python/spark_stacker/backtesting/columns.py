"""Plain data whose long columns are Polars series: as lists for Python, or as JSON piece by piece, so that a
long history needs no memory for its text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["json_pieces", "listed"]

_PIECE: Final = 4_096
"""Values of a column that are put into text at a time."""


def listed(value: object) -> Any:
    """The data with lists in the place of columns."""
    if isinstance(value, pl.Series):
        return value.to_list()
    if isinstance(value, dict):
        return {key: listed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [listed(inner) for inner in value]
    return value


def json_pieces(value: object) -> Iterator[str]:
    """Compact JSON of the data, in pieces that joined are the text of the whole.

    >>> "".join(json_pieces({"equity": pl.Series([1.5, None]), "quote": "USD"}))
    '{"equity":[1.5,null],"quote":"USD"}'
    """
    if isinstance(value, dict) and value:
        for place, (key, inner) in enumerate(value.items()):
            yield f"{',' if place else '{'}{_text(key)}:"
            yield from json_pieces(inner)
        yield "}"
    elif isinstance(value, pl.Series) and len(value):
        for first in range(0, len(value), _PIECE):
            yield (("," if first else "[") + _text(value[first : first + _PIECE].to_list())[1:-1])
        yield "]"
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for place, inner in enumerate(value):
            yield "," if place else "["
            yield from json_pieces(inner)
        yield "]"
    else:
        yield _text(value.to_list() if isinstance(value, pl.Series) else value)


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
