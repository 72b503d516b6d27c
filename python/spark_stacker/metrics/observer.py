"""From the loop's events to the metrics."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from spark_stacker.trading.events import (
    BarDuplicated,
    BarLate,
    BarRejected,
    BarRevised,
    BarsBackFilled,
    BarsMissing,
    BarsProcessed,
    CallFailed,
    CallMade,
    EntryRefused,
    Event,
    EventsLate,
    EventsMissing,
    Fill,
    MarketEvent,
    OrderRefused,
    OrderSent,
    SessionStarted,
    SessionStopped,
    StateRestored,
    TradeClosed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spark_stacker.metrics.metrics import TradingMetrics
    from spark_stacker.trading.portfolio import PortfolioView

__all__ = ["MetricsObserver"]

BAR_PROBLEMS: dict[type[Event], str] = {
    BarLate: "late",
    BarsMissing: "missing",
    BarDuplicated: "duplicated",
    BarRevised: "revised",
    BarRejected: "rejected",
    BarsBackFilled: "back_filled",
}

LEGS = ("main", "hedge")


class MetricsObserver:
    """Keeps metrics true. ``exchanges`` maps a market to its exchange's name, ``stopwatch_s`` rises with
    time.
    """

    def __init__(
        self,
        metrics: TradingMetrics,
        *,
        exchanges: Mapping[str, str],
        initial_balance: float,
        stopwatch_s: Callable[[], float],
    ) -> None:
        self._metrics = metrics
        self._exchanges = exchanges
        self._initial_balance = initial_balance
        self._realised: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._shown: set[tuple[str, str, str]] = set()
        began_s = stopwatch_s()
        metrics.uptime_seconds.set_function(lambda: stopwatch_s() - began_s)

    def __call__(self, event: Event) -> None:
        """Take an event into account."""
        metrics = self._metrics
        match event:
            case BarsProcessed():
                self._bars(event)
            case MarketEvent() if type(event) in BAR_PROBLEMS:
                place = (self._exchanges[event.market], event.market, BAR_PROBLEMS[type(event)])
                metrics.bar_problems_total.labels(*place).inc(getattr(event, "bars", 1))
            case EventsMissing() | EventsLate():
                self._event_problem(event)
            case CallMade():
                metrics.api_latency_seconds.labels(event.exchange, event.endpoint).observe(event.seconds)
            case CallFailed():
                metrics.api_errors_total.labels(event.exchange, event.endpoint).inc()
            case SessionStarted():
                metrics.up.labels("dry_run").set(1)
                for market, exchange in self._exchanges.items():
                    for side in ("long", "short"):
                        metrics.active_positions.labels(exchange, market, side).set(0)
            case StateRestored():
                for trade in event.trades:
                    self._realised[trade.strategy, LEGS[trade.account]] += trade.profit
                self._portfolio(event.portfolio)
            case SessionStopped():
                metrics.up.labels("dry_run").set(0)
                self._portfolio(event.portfolio)
            case _:
                self._order(event)

    def _order(self, event: Event) -> None:
        metrics = self._metrics
        match event:
            case OrderSent():
                metrics.orders_total.labels(self._exchanges[event.market], event.market, event.side).inc()
            case OrderRefused():
                self._refused(event.market, event.reason)
            case EntryRefused():
                self._refused(event.market, event.rule)
            case Fill():
                exchange = self._exchanges[event.market]
                metrics.fills_total.labels(exchange, event.market, event.side).inc()
                metrics.fees_total.labels(exchange).inc(max(event.fee, 0.0))
            case TradeClosed():
                result = "win" if event.profit > 0 else "loss"
                metrics.trades_total.labels(result, self._exchanges[event.market], event.side).inc()
                self._realised[event.strategy, LEGS[event.account]] += event.profit

    def _bars(self, event: BarsProcessed) -> None:
        for market, close in event.closes.items():
            place = (self._exchanges[market], market)
            self._metrics.bars_total.labels(*place).inc()
            self._metrics.last_bar_time.labels(*place).set(event.open_time_ns / 1e9)
            self._metrics.last_price.labels(*place).set(close)
        self._portfolio(event.portfolio)

    def _event_problem(self, event: EventsMissing | EventsLate) -> None:
        problem, times = ("late", event.messages) if isinstance(event, EventsLate) else ("gap", 1)
        place = (self._exchanges[event.market], event.market, problem)
        self._metrics.event_problems_total.labels(*place).inc(times)

    def _refused(self, market: str, reason: str) -> None:
        self._metrics.orders_refused_total.labels(self._exchanges[market], market, reason).inc()

    def _portfolio(self, portfolio: PortfolioView) -> None:
        metrics = self._metrics
        metrics.equity.set(portfolio.equity)
        metrics.cash.set(portfolio.cash)
        profit = dict(self._realised)
        quantities = {(market, leg): 0.0 for market, leg, _ in self._shown}
        open_now = {(position.market, position.leg, position.side) for position in portfolio.positions}
        for position in portfolio.positions:
            key = (position.strategy, position.leg)
            profit[key] = profit.get(key, 0.0) + position.unrealised_profit
            signed = position.quantity if position.side == "long" else -position.quantity
            quantities[position.market, position.leg] = signed
        self._shown |= open_now
        for (market, leg), quantity in quantities.items():
            metrics.position_quantity.labels(self._exchanges[market], market, leg).set(quantity)
        for market, side in {(market, side) for market, _, side in self._shown}:
            count = sum(place[0] == market and place[2] == side for place in open_now)
            metrics.active_positions.labels(self._exchanges[market], market, side).set(count)
        for (strategy, leg), amount in profit.items():
            metrics.pnl_percent.labels(strategy, leg).set(100.0 * amount / self._initial_balance)
