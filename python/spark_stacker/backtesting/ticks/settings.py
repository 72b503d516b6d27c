"""The rules of a backtest on ticks: fees, queue, latencies, what own orders do to the book."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from spark_stacker.backtesting.ticks.typed import require_types

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "QUEUES",
    "ConstantLatency",
    "FeedLatency",
    "Latency",
    "LogNormalLatency",
    "RecordedLatency",
    "TickSettings",
]

QUEUES: Final = ("conservative", "proportional", "log", "fifo", "optimistic")
"""Where a level shrank without a trade: never ahead of an own order; ahead by the odds of the sizes to a
power, or of their logarithms; nowhere (trades alone shorten the queue); always ahead."""

_CANCELLED: Final = {
    "conservative": "none of it was ahead of an own order",
    "proportional": "it was ahead of an own order by the odds of the sizes ahead and behind, to a power",
    "log": "it was ahead of an own order by the odds of the logarithms of the sizes ahead and behind",
    "fifo": "none counts: trades alone shorten the queue",
    "optimistic": "all of it was ahead of an own order",
}


@dataclass(frozen=True, slots=True)
class ConstantLatency:
    """Every message takes as long, nanoseconds."""

    ns: int = 0

    def __post_init__(self) -> None:
        require_types(self)

    def plan(self) -> dict[str, Any]:
        """The core's form."""
        return {"kind": "constant", "ns": self.ns}

    def __str__(self) -> str:
        return f"{self.ns / 1e6:g} ms"


@dataclass(frozen=True, slots=True)
class FeedLatency:
    """As long as the last market event took, times ``factor``, plus ``offset_ns``."""

    factor: float = 1.0
    offset_ns: int = 0

    def __post_init__(self) -> None:
        require_types(self)

    def plan(self) -> dict[str, Any]:
        """The core's form."""
        return {"kind": "feed", "factor": self.factor, "offset_ns": self.offset_ns}

    def __str__(self) -> str:
        more = f" and {self.offset_ns / 1e6:g} ms" if self.offset_ns else ""
        return f"{self.factor:g} times what the last market event took{more}"


@dataclass(frozen=True, slots=True)
class RecordedLatency:
    """Latencies of messages sent at rising times (UTC nanoseconds), joined by straight lines."""

    sent_ns: NDArray[np.int64]
    latency_ns: NDArray[np.int64]

    def plan(self) -> dict[str, Any]:
        """The core's form."""
        return {"kind": "recorded", "sent_ns": self.sent_ns, "latency_ns": self.latency_ns}

    def __str__(self) -> str:
        return f"as long as recorded ({len(self.sent_ns):,} times)"


@dataclass(frozen=True, slots=True)
class LogNormalLatency:
    """Seeded draws: ``floor_ns`` plus ``median_ns`` times the exponential of ``sigma`` times a normal
    draw."""

    median_ns: float
    sigma: float
    floor_ns: int = 0

    def __post_init__(self) -> None:
        require_types(self)

    def plan(self) -> dict[str, Any]:
        """The core's form."""
        return {
            "kind": "log_normal",
            "median_ns": self.median_ns,
            "sigma": self.sigma,
            "floor_ns": self.floor_ns,
        }

    def __str__(self) -> str:
        floor = f"{self.floor_ns / 1e6:g} ms and " if self.floor_ns else ""
        return f"{floor}a draw around {self.median_ns / 1e6:g} ms (log-normal, sigma {self.sigma:g})"


Latency = ConstantLatency | FeedLatency | RecordedLatency | LogNormalLatency


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSettings:
    """How a market trades tick by tick.

    Fees are fractions of a fill's notional; a maker's may be negative, a rebate. ``feed_latency_ns`` None
    takes the recorded times of receipt. ``whole_fills`` and ``consume_depth=False`` are the assumptions of
    simulators without partial fills and impact, for comparing with them. ``tick_size`` and ``lot_size``
    None are those of the events.

    >>> TickSettings(queue="conservative").queue
    'conservative'
    """

    maker_fee: float = 0.0
    taker_fee: float = 0.0
    queue: str = "proportional"
    queue_power: float = 2.0
    whole_fills: bool = False
    consume_depth: bool = True
    order_latency: Latency = field(default_factory=ConstantLatency)
    answer_latency: Latency = field(default_factory=ConstantLatency)
    feed_latency_ns: int | None = None
    fill_on_touch: bool = False
    slippage: dict[str, Any] = field(default_factory=lambda: {"model": "none"})
    initial_balance: float = 10_000.0
    leverage: float = 1.0
    tick_size: float | None = None
    lot_size: float | None = None
    record_interval_ns: int = 1_000_000_000
    seed: int = 0

    def __post_init__(self) -> None:
        require_types(self)

    def with_queue(self, queue: str) -> TickSettings:
        """The same under another model of the queue."""
        return replace(self, queue=queue)

    def assumptions(self) -> tuple[str, ...]:
        """Sentences on how orders are executed."""
        took = "takes from the book what it fills" if self.consume_depth else "leaves the book as it was"
        back = ", which comes back with the next update of the level" if self.consume_depth else ""
        whole = "An order fills whole or not at all." if self.whole_fills else "Orders fill in parts."
        return (
            f"A message takes {self.order_latency} to the exchange, an answer {self.answer_latency} back.",
            "A limit order joins the queue behind what is shown at its price. Trades shorten the queue; "
            f"where the level shrinks without a trade, {_CANCELLED[self.queue]}.",
            f"{whole} An own order {took}{back}.",
        )

    def rules(self) -> dict[str, Any]:
        """The core's form of queue, fills and latencies."""
        return {
            "queue": self.queue,
            "queue_power": self.queue_power,
            "fills": "whole" if self.whole_fills else "partial",
            "consume_depth": self.consume_depth,
            "order_latency": self.order_latency.plan(),
            "answer_latency": self.answer_latency.plan(),
            "seed": self.seed,
        }

    def setup(
        self, *, tick_size: float, lot_size: float | None, start_ns: int | None = None
    ) -> dict[str, Any]:
        """The core's form of everything; the steps are those of the events where none are set.

        Events before ``start_ns`` build the books alone.
        """
        return {
            "venue": {
                "maker_fee_rate": self.maker_fee,
                "taker_fee_rate": self.taker_fee,
                "liquidation_fee_rate": 0.0,
                "fee_in_base": False,
                "fill_on_touch": self.fill_on_touch,
                "margin_mode": "isolated",
                "seed": self.seed,
                "slippage": self.slippage,
            },
            "rules": self.rules(),
            "instrument": {
                "market_type": "margin",
                "tick_size": self.tick_size or tick_size,
                "lot_size": self.lot_size or lot_size,
                "min_quantity": None,
                "min_notional": None,
                "margin_tiers": [],
            },
            "initial_balance": self.initial_balance,
            "leverage": self.leverage,
            "feed_latency_ns": self.feed_latency_ns,
            "start_ns": start_ns,
            "record_interval_ns": self.record_interval_ns,
        }
