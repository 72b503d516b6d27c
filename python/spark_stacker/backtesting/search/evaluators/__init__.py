"""What runs the sets of a search.

- ``configured``: strategies of a configuration and indicators, built-in or in Python; simulated in the core
- ``functions``: strategy functions, called at every bar
- ``ticks``: built-in tick strategies, played over events in the core
"""

from __future__ import annotations

from spark_stacker.backtesting.search.evaluators.contract import Evaluator, Rows, Window

__all__ = ["Evaluator", "Rows", "Window"]
