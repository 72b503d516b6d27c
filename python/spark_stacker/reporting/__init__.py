"""Reports of backtests, of searches, of runs on ticks and of calibrated slippage: one HTML file each.

- ``report``: `report_html`, `write_report`
- ``search_report``: `search_report_html`, `write_search_report`
- ``slippage_report``: `slippage_report_html`, `write_slippage_report`
- ``tick_report``: `tick_report_html`, `write_tick_report`
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.reporting.report import report_html, write_report
    from spark_stacker.reporting.search_report import search_report_html, write_search_report
    from spark_stacker.reporting.slippage_report import slippage_report_html, write_slippage_report
    from spark_stacker.reporting.tick_report import tick_report_html, write_tick_report

__all__ = [
    "report_html",
    "search_report_html",
    "slippage_report_html",
    "tick_report_html",
    "write_report",
    "write_search_report",
    "write_slippage_report",
    "write_tick_report",
]

_MODULES = {
    "report_html": "report",
    "search_report_html": "search_report",
    "slippage_report_html": "slippage_report",
    "tick_report_html": "tick_report",
    "write_report": "report",
    "write_search_report": "search_report",
    "write_slippage_report": "slippage_report",
    "write_tick_report": "tick_report",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
