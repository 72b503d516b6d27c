"""Searches: many parameter sets of a strategy over the same candles.

- ``space``: what may be chosen, `Range`, `LogRange`
- ``constraints``, ``objective``: which sets count, and which is best
- ``samplers``: which sets are tried
- ``evaluators``: what runs them; ``executors``, ``dask_cluster``: where
- ``loop``, ``optimise``: a search from its call to its result
- ``walk_forward``: chosen on one window, judged on the next
- ``result``: `SearchResult`; ``checkpoint``: a search on disk
- ``trial_record``: how many sets were ever tried; ``trial_ledger``, ``trial_chain``: the files that remember
  it; ``set_identity``: what makes a set the same
- ``honesty``: `HonestyReport`, whether the best set is luck: numbers, the words of a trader (``wording``), a
  verdict
- ``overfit``: the numbers: cross-validation, deflated Sharpe ratio, permutation test, decay
- ``resampling``: other histories and other orders of trades that the same results could have had
- ``robustness``: `Robustness`, the best set dearer, later and in synthetic markets (``stress``)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.honesty import HonestyReport, Verdict, assess
    from spark_stacker.backtesting.search.loop import Interrupted, SearchProgress
    from spark_stacker.backtesting.search.result import SearchResult
    from spark_stacker.backtesting.search.robustness import Robustness
    from spark_stacker.backtesting.search.space import LogRange, Range, Space
    from spark_stacker.backtesting.search.walk_forward import WalkForwardResult

__all__ = [
    "HonestyReport",
    "Interrupted",
    "LogRange",
    "Range",
    "Robustness",
    "SearchProgress",
    "SearchResult",
    "Space",
    "Verdict",
    "WalkForwardResult",
    "assess",
]

_MODULES = {
    "HonestyReport": "honesty",
    "Interrupted": "loop",
    "LogRange": "space",
    "Range": "space",
    "Robustness": "robustness",
    "SearchProgress": "loop",
    "SearchResult": "result",
    "Space": "space",
    "Verdict": "honesty",
    "WalkForwardResult": "walk_forward",
    "assess": "honesty",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
