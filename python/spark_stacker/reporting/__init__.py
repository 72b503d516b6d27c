"""Reports of backtests, of searches and of calibrated slippage: one HTML file that opens offline.

- ``report``: `report_html`, `write_report`
- ``search_report``: `search_report_html`, `write_search_report`
- ``slippage_report``: `slippage_report_html`, `write_slippage_report`
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.reporting.report import report_html, write_report
    from spark_stacker.reporting.search_report import search_report_html, write_search_report
    from spark_stacker.reporting.slippage_report import slippage_report_html, write_slippage_report

__all__ = [
    "report_html",
    "search_report_html",
    "slippage_report_html",
    "write_report",
    "write_search_report",
    "write_slippage_report",
]

_MODULES = {
    "report_html": "report",
    "search_report_html": "search_report",
    "write_report": "report",
    "write_search_report": "search_report",
    "slippage_report_html": "slippage_report",
    "write_slippage_report": "slippage_report",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
