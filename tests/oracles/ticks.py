"""A slow, plain exchange of one market, event by event; it shares no code with the package.

Books are dictionaries from tick to size; own orders are walked one by one. What happens at one nanosecond
happens in this order: market events, then what arrives from the strategy. An own order never meets another:
the newer one ends when it reaches the older one's price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Command", "Event", "Exchange", "Fill", "Rules"]

TRADE, DEPTH, SNAPSHOT, CLEAR, QUOTE, GAP = 1, 2, 3, 4, 5, 8
DUST = 1e-9


@dataclass(frozen=True)
class Event:
    time: int
    kind: int
    side: int
    tick: int = 0
    size: float = 0.0
    last: bool = True


@dataclass(frozen=True)
class Command:
    """``limit``, ``market``, ``stop``: new orders; ``cancel``, ``replace`` name one by its number."""

    sent: int
    what: str
    order: int
    side: int = 0
    quantity: float = 0.0
    tick: int = 0
    duration: str = "gtc"
    post_only: bool = False


@dataclass(frozen=True)
class Rules:
    queue: str = "conservative"
    power: float = 2.0
    consume: bool = True
    order_latency: int = 0


@dataclass(frozen=True)
class Fill:
    time: int
    order: int
    tick: int
    quantity: float
    maker: bool


@dataclass
class Order:
    command: Command
    tick: int
    left: float
    ahead: float = math.inf
    shown: float = math.inf  # at its price when last looked at
    traded: float = 0.0  # at its price since
    filled: float = 0.0

    @property
    def side(self) -> int:
        return self.command.side


class Exchange:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.book: dict[int, dict[int, float]] = {1: {}, -1: {}}
        self.known = False
        self.resting: list[Order] = []  # limits, the oldest first
        self.stops: list[Order] = []
        self.fills: list[Fill] = []
        self.ended: dict[int, str] = {}
        self.clock = 0

    def play(self, events: list[Event], commands: list[Command]) -> None:
        """Events in their order; commands as they were sent, none of which overtakes another."""
        waiting = list(commands)
        for event in events:
            while waiting and waiting[0].sent + self.rules.order_latency < event.time:
                self.arrive(waiting.pop(0))
            self.clock = event.time
            self.happen(event)
        for command in waiting:
            self.arrive(command)

    # What happens in the market

    def happen(self, event: Event) -> None:
        if event.kind == TRADE:
            self.trade(event)
        elif event.kind == GAP:
            self.book = {1: {}, -1: {}}
            self.known = False
            for order in self.resting:
                order.ahead = order.shown = math.inf
        elif event.kind == CLEAR:
            self.book[event.side] = {}
        elif event.kind == SNAPSHOT:
            self.known = True
            self.put(event.side, event.tick, event.size)
            if event.last:
                for order in self.resting:
                    self.look(order)
            self.meet(event)
        elif self.known or event.kind == QUOTE:
            self.known = True
            if event.kind == QUOTE:
                levels = self.book[event.side].items()
                self.book[event.side] = {t: s for t, s in levels if (t - event.tick) * event.side <= 0}
            self.put(event.side, event.tick, event.size)
            for order in self.resting:
                better = (order.tick - event.tick) * event.side > 0
                if (
                    order.side == event.side
                    and (order.tick == event.tick or (better and event.kind == QUOTE))
                ) or (order.side != event.side and event.size > 0 and self.crosses(event, order)):
                    self.look(order)
            self.meet(event)

    def put(self, side: int, tick: int, size: float) -> None:
        """A level's new size; what it crosses on the other side cannot stand any more."""
        if size == 0.0:
            self.book[side].pop(tick, None)
            return
        self.book[side][tick] = size
        self.book[-side] = {other: s for other, s in self.book[-side].items() if (tick - other) * side < 0}

    def look(self, order: Order) -> None:
        """A resting order sees how much is shown at its price now, and what that means for its place."""
        shown = self.book[order.side].get(order.tick, 0.0)
        if order.ahead == math.inf:
            order.ahead = order.shown = shown
            order.traded = 0.0
            return
        left_unexplained = order.shown - shown - order.traded
        ahead, behind = order.ahead, order.shown - order.ahead
        order.shown, order.traded = shown, 0.0
        model = self.rules.queue
        if model == "fifo":
            return
        if left_unexplained > 0.0 and model != "conservative":
            if model == "optimistic":
                share_behind = 0.0
            else:
                weigh = (lambda s: s**self.rules.power) if model == "proportional" else math.log1p
                share_behind = weigh(behind) / (weigh(behind) + weigh(ahead)) if ahead + behind > 0 else 1.0
            ahead -= (1.0 - share_behind) * left_unexplained
            # What left behind cannot be more than stood there.
            ahead += min(0.0, behind - share_behind * left_unexplained)
        order.ahead = max(0.0, min(ahead, shown))

    def crosses(self, event: Event, order: Order) -> bool:
        return (event.tick - order.tick) * event.side >= 0

    def meet(self, event: Event) -> None:
        """A level shown at or beyond the price of own orders would have met them first."""
        for order in self.in_priority(-event.side):
            available = self.book[event.side].get(event.tick, 0.0)
            if available > 0.0 and self.crosses(event, order):
                quantity = min(order.left, available)
                self.fill(order, order.tick, quantity, maker=True)
                self.consume(event.side, event.tick, quantity)

    def trade(self, event: Event) -> None:
        for taker in [event.side] if event.side else [1, -1]:
            left = event.size
            for order in self.in_priority(-taker):
                if not self.crosses(Event(event.time, TRADE, taker, event.tick), order):
                    continue
                reaching = left
                if order.tick == event.tick:
                    eaten = min(order.ahead, left)
                    order.ahead -= eaten
                    order.traded += event.size
                    reaching = left - eaten
                filled = min(order.left, reaching)
                self.fill(order, order.tick, filled, maker=True)
                left -= filled
        for stop in list(self.stops):
            if (event.tick - stop.tick) * stop.side >= 0:
                self.stops.remove(stop)
                self.take(stop, None)

    def in_priority(self, side: int) -> list[Order]:
        """Own limits of a side, the best price first and of one price the one that came first."""
        return sorted((o for o in self.resting if o.side == side), key=lambda o: -o.tick * side)

    # What arrives from the strategy

    def arrive(self, command: Command) -> None:
        self.clock = command.sent + self.rules.order_latency
        if command.what == "cancel":
            for waiting in (self.resting, self.stops):
                for order in waiting:
                    if order.command.order == command.order:
                        self.end(order, "cancelled")
                        return
        elif command.what == "replace":
            self.replace(command)
        else:
            order = Order(command, command.tick, command.quantity)
            if command.what == "stop":
                self.stops.append(order)
            else:
                self.enter(order)

    def replace(self, command: Command) -> None:
        """``quantity`` is what shall be left of it. Only a smaller one at the same price keeps its place."""
        for order in self.resting:
            if order.command.order == command.order:
                if command.tick == order.tick and command.quantity <= order.left:
                    order.left = command.quantity
                else:
                    self.resting.remove(order)
                    self.enter(Order(order.command, command.tick, command.quantity, filled=order.filled))
                return

    def enter(self, order: Order) -> None:
        if order.command.what == "market":
            self.take(order, None)
            return
        touch = self.best(-order.side)
        if touch is not None and (order.tick - touch) * order.side >= 0:
            if order.command.post_only:
                self.end(order, "refused")
                return
            self.take(order, order.tick)
        else:
            self.rest(order)

    def best(self, side: int) -> int | None:
        return max(self.book[side], key=lambda tick: tick * side, default=None)

    def meets_own(self, order: Order, tick: int) -> bool:
        return any(own.side != order.side and (tick - own.tick) * order.side >= 0 for own in self.resting)

    def within_reach(self, order: Order, limit: int | None) -> list[tuple[int, float]]:
        """The levels an order can take, from the best on."""
        levels = sorted(self.book[-order.side].items(), key=lambda level: level[0] * order.side)
        return [(t, s) for t, s in levels if limit is None or (limit - t) * order.side >= 0]

    def take(self, order: Order, limit: int | None) -> None:
        levels = self.within_reach(order, limit)
        if order.command.duration == "fok":
            free = sum(size for tick, size in levels if not self.meets_own(order, tick))
            if free < order.left:
                self.end(order, "refused")
                return
        for tick, size in levels:
            if self.meets_own(order, tick):
                self.end(order, "refused")
                return
            quantity = min(order.left, size)
            self.fill(order, tick, quantity, maker=False)
            self.consume(-order.side, tick, quantity)
            if order.command.order in self.ended:
                return
        if limit is None:
            self.end(order, "refused")
        else:
            self.rest(order)

    def rest(self, order: Order) -> None:
        if order.command.duration != "gtc" or self.meets_own(order, order.tick):
            self.end(order, "refused")
            return
        if self.known:
            order.ahead = order.shown = self.book[order.side].get(order.tick, 0.0)
        self.resting.append(order)

    # Fills and ends

    def fill(self, order: Order, tick: int, quantity: float, *, maker: bool) -> None:
        if quantity <= 0.0:
            return
        self.fills.append(Fill(self.clock, order.command.order, tick, quantity, maker))
        order.left -= quantity
        order.filled += quantity
        if order.left <= DUST:
            self.end(order, "filled")

    def consume(self, side: int, tick: int, quantity: float) -> None:
        if self.rules.consume:
            left = self.book[side][tick] - quantity
            if left > DUST:
                self.book[side][tick] = left
            else:
                del self.book[side][tick]

    def end(self, order: Order, why: str) -> None:
        """``refused`` is ``rejected`` for an order of which nothing has filled, else ``cancelled``."""
        if why == "refused":
            why = "cancelled" if order.filled else "rejected"
        self.ended[order.command.order] = why
        self.resting = [other for other in self.resting if other is not order]
        self.stops = [other for other in self.stops if other is not order]
