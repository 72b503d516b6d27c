"""Searches: many parameter sets of a strategy over the same candles.

- ``space``: what may be chosen, `Range`, `LogRange`
- ``constraints``, ``objective``: which sets count, and which is best
- ``samplers``: which sets are tried
- ``evaluators``: what runs them; ``executors``: where
- ``loop``, ``optimise``: a search from its call to its result
- ``walk_forward``: chosen on one window, judged on the next
- ``result``: `SearchResult`; ``checkpoint``: a search on disk
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.loop import Interrupted, SearchProgress
    from spark_stacker.backtesting.search.result import SearchResult
    from spark_stacker.backtesting.search.space import LogRange, Range, Space
    from spark_stacker.backtesting.search.walk_forward import WalkForwardResult

__all__ = [
    "Interrupted",
    "LogRange",
    "Range",
    "SearchProgress",
    "SearchResult",
    "Space",
    "WalkForwardResult",
]

_MODULES = {
    "Interrupted": "loop",
    "LogRange": "space",
    "Range": "space",
    "SearchProgress": "loop",
    "SearchResult": "result",
    "Space": "space",
    "WalkForwardResult": "walk_forward",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
