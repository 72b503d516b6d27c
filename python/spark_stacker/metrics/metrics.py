"""The Prometheus metrics: names and labels of the developer guide, and what a dry run needs beside them.

A :class:`TradingMetrics` belongs to a registry. The module's own (``trades_total`` and so on) stand in
``REGISTRY``, which is what ``/metrics`` serves; a test makes its own.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["METRICS", "REGISTRY", "TradingMetrics"]

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class TradingMetrics:
    """All metrics, in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, registry=registry)

        self.trades_total = counter(
            "spark_stacker_trades_total", "Closed trades; result is win or loss", "result", "exchange", "side"
        )
        self.active_positions = gauge(
            "spark_stacker_active_positions", "Positions open now", "exchange", "market", "side"
        )
        self.api_latency_seconds = Histogram(
            "spark_stacker_api_latency_seconds",
            "Time that calls to a venue took",
            ["exchange", "endpoint"],
            registry=registry,
            buckets=LATENCY_BUCKETS_S,
        )
        self.pnl_percent = gauge(
            "spark_stacker_pnl_percent",
            "Closed and open profit in percent of the balance at the start; position_type is main or hedge",
            "strategy",
            "position_type",
        )
        self.equity = gauge("spark_stacker_equity", "Equity in quote currency")
        self.cash = gauge("spark_stacker_cash", "Cash in quote currency")
        self.position_quantity = gauge(
            "spark_stacker_position_quantity",
            "Base units held, below zero for a short",
            *("exchange", "market", "position_type"),
        )
        self.orders_total = counter("spark_stacker_orders_total", "Orders sent", "exchange", "market", "side")
        self.orders_refused_total = counter(
            "spark_stacker_orders_refused_total", "Orders and entries refused", "exchange", "market", "reason"
        )
        self.fills_total = counter("spark_stacker_fills_total", "Executions", "exchange", "market", "side")
        self.fees_total = counter("spark_stacker_fees_paid_total", "Fees paid, quote currency", "exchange")
        self.bars_total = counter("spark_stacker_bars_total", "Closed bars decided on", "exchange", "market")
        self.bar_problems_total = counter(
            "spark_stacker_bar_problems_total",
            "Bars that were late, missing, duplicated, revised, rejected or back_filled",
            *("exchange", "market", "problem"),
        )
        self.event_problems_total = counter(
            "spark_stacker_event_problems_total",
            "Gaps among trades and changes of books (gap), messages that came too late (late)",
            *("exchange", "market", "problem"),
        )
        self.last_bar_time = gauge(
            "spark_stacker_last_bar_open_timestamp_seconds",
            "Open time of the latest bar",
            "exchange",
            "market",
        )
        self.last_price = gauge("spark_stacker_last_price", "Close of the latest bar", "exchange", "market")
        self.api_errors_total = counter(
            "spark_stacker_api_errors_total", "Calls that failed and were made again", "exchange", "endpoint"
        )
        self.up = gauge("spark_stacker_up", "1 while a session runs", "mode")
        self.uptime_seconds = gauge("spark_stacker_uptime_seconds", "Seconds since the session began")


REGISTRY = CollectorRegistry()
METRICS = TradingMetrics(REGISTRY)

trades_total = METRICS.trades_total
active_positions = METRICS.active_positions
api_latency_seconds = METRICS.api_latency_seconds
pnl_percent = METRICS.pnl_percent
