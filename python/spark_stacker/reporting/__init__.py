"""Reports of backtests: one HTML file that opens offline.

- ``report``: `report_html`, `write_report`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.reporting.report import report_html, write_report

__all__ = ["report_html", "write_report"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from spark_stacker.reporting import report

    return getattr(report, name)
