"""Spark Stacker: research, rehearse and trade crypto strategies on one Rust core.

- ``spark_stacker.errors``: every exception, grouped by what to do about it
- ``spark_stacker.models``: the nouns that all parts share
- ``spark_stacker.config``: frozen settings, loading, secrets
- ``spark_stacker.indicators``: indicators as functions, classes and Polars expressions
- ``spark_stacker.data``: candles: sources, catalogue, checks, synthetic scenarios
- ``spark_stacker.connectors``: exchanges behind one contract
- ``spark_stacker.backtesting``: backtests and their results
- ``spark_stacker.trading``: the live loop
- ``spark_stacker.metrics``: Prometheus metrics
- ``spark_stacker.reporting``: figures and HTML reports
- ``spark_stacker.cli``: the command line
"""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("spark-stacker")
