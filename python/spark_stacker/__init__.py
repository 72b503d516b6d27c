"""Spark Stacker: research, rehearse and trade crypto strategies on one Rust core.

- ``spark_stacker.errors``: every exception, grouped by what to do about it
- ``spark_stacker.models``: the nouns that all parts share: signals, sides, order types
- ``spark_stacker.config``: frozen settings, loading, secrets, and the plan that the core trades
- ``spark_stacker.indicators``: indicators as functions, classes and Polars expressions
- ``spark_stacker.data``: candles: sources, catalogue, import, checks, synthetic scenarios
- ``spark_stacker.connectors``: exchanges behind one contract; the replay of recorded candles
- ``spark_stacker.backtesting``: backtests and their results
- ``spark_stacker.trading``: the live loop, in a dry run
- ``spark_stacker.metrics``: Prometheus metrics
- ``spark_stacker.reporting``: results as pages that open offline
- ``spark_stacker.logs``: structured logs, secrets blanked
- ``spark_stacker.cli``: the command line

The core itself, ``spark_stacker._core``, is not for user code.
"""

from __future__ import annotations

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("spark-stacker")
