"""Prometheus metrics of a trading session.

- ``metrics``: names and labels
- ``observer``: from the loop's events to the metrics
- ``server``: the ``/metrics`` page
"""

from __future__ import annotations

from spark_stacker.metrics.metrics import METRICS, REGISTRY, TradingMetrics
from spark_stacker.metrics.observer import MetricsObserver
from spark_stacker.metrics.server import serve_metrics

__all__ = ["METRICS", "REGISTRY", "MetricsObserver", "TradingMetrics", "serve_metrics"]
