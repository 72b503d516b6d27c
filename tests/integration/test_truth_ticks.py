"""The venue on ticks against a plain exchange written for the purpose, on small random streams."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.ticks import CLEAR, DEPTH, GAP, QUOTE, SNAPSHOT, TRADE, Command, Event, Exchange, Rules
from spark_stacker import _core
from spark_stacker.backtesting.ticks import ConstantLatency, TickSettings

STREAMS = int(os.environ.get("TICK_STREAMS", "2000"))
"""Of each test."""

START = 1_700_000_000_000_000_000
TICK = 0.25
MID = 100
BALANCE = 1e6

QUEUES = ("conservative", "proportional", "log", "fifo", "optimistic")


def random_size(draw: Random) -> float:
    return draw.randint(1, 12) / 2


def random_tick(draw: Random) -> int:
    return draw.randint(MID - 4, MID + 4)


def random_snapshot(draw: Random, time: int) -> list[Event]:
    """A whole book with a spread somewhere near the middle."""
    bid = draw.randint(MID - 3, MID + 2)
    ask = bid + draw.randint(1, 3)
    levels = [(1, bid - away) for away in range(3)] + [(-1, ask + away) for away in range(3)]
    kept = [level for place, level in enumerate(levels) if place % 3 == 0 or draw.random() < 0.6]
    rows = [Event(time, CLEAR, 1, last=False), Event(time, CLEAR, -1, last=False)]
    rows += [Event(time, SNAPSHOT, side, tick, random_size(draw), last=False) for side, tick in kept]
    return [*rows[:-1], replace(rows[-1], last=True)]


def random_message(draw: Random, time: int) -> list[Event]:
    kind = draw.choices([TRADE, DEPTH, QUOTE, SNAPSHOT, GAP], [10, 12, 2, 1, 1])[0]
    if kind == SNAPSHOT:
        return random_snapshot(draw, time)
    if kind == GAP:
        rest = random_snapshot(draw, time) if draw.random() < 0.7 else []
        return [Event(time, GAP, 0), *rest]
    side = draw.choice([1, -1, 1, -1, 0] if kind == TRADE else [1, -1])
    size = 0.0 if kind == DEPTH and draw.random() < 0.3 else random_size(draw)
    return [Event(time, kind, side, random_tick(draw), size)]


def random_stream(seed: int, messages: int) -> list[Event]:
    """A snapshot and a trade, then whatever comes; several messages may share a nanosecond."""
    draw = Random(f"stream {seed}")
    time = START
    events = [*random_snapshot(draw, time), Event(time, TRADE, 1, random_tick(draw), 1.0)]
    for _ in range(messages):
        time += draw.randint(0, 4)
        events += random_message(draw, time)
    return events


def random_script(seed: int, length: int) -> list[Command]:
    """Orders, cancels and replacements."""
    draw = Random(f"script {seed}")
    commands: list[Command] = []
    time, orders = START + 1, 0
    for _ in range(length):
        time += draw.randint(0, 5)
        named = ["cancel", "replace", "replace"] if orders else []
        what = draw.choice(["limit"] * 6 + ["market", "stop"] + named)
        if what in {"cancel", "replace"}:
            order = draw.randrange(orders)
        else:
            order, orders = orders, orders + 1
        limits = what == "limit"
        commands.append(
            Command(
                sent=time,
                what=what,
                order=order,
                side=draw.choice([1, -1]),
                quantity=random_size(draw),
                tick=random_tick(draw),
                duration=draw.choice(["gtc"] * 4 + ["ioc", "fok"]) if limits else "gtc",
                post_only=limits and draw.random() < 0.2,
            )
        )
    return commands


class Script:
    """Sends what is due at every nanosecond."""

    timer_interval_ns = 1

    def __init__(self, commands: list[Command]) -> None:
        self.waiting = list(commands)
        self.sent: list[Command] = []
        self.told: list[tuple[int, int, float]] = []
        self.position = 0.0

    def on_timer(self, desk: _core.TickDesk) -> None:
        while self.waiting and self.waiting[0].sent <= desk.now_ns:
            command = self.waiting.pop(0)
            assert command.sent == desk.now_ns
            self.sent.append(command)
            self.send(desk, command)

    def send(self, desk: _core.TickDesk, command: Command) -> None:
        side, price = "buy" if command.side > 0 else "sell", command.tick * TICK
        if command.what == "cancel":
            desk.cancel(command.order)
            return
        if command.what == "replace":
            desk.replace(command.order, command.quantity, price)
            return
        if command.what == "market":
            number = desk.market(side, command.quantity)
        elif command.what == "stop":
            number = desk.stop(side, command.quantity, price)
        else:
            number = desk.limit(
                side,
                command.quantity,
                price,
                time_in_force=command.duration,
                post_only=command.post_only,
            )
        assert number == command.order

    def on_fill(self, desk: _core.TickDesk, fill: _core.TickFill) -> None:
        self.told.append((desk.now_ns - fill.exchange_ns, fill.order, fill.quantity))
        self.position = desk.position


def tape_of(events: list[Event], feed_latency: int) -> _core.EventTape:
    time = np.array([event.time for event in events])
    return _core.EventTape(
        time,
        time + feed_latency,
        np.array([event.kind for event in events], dtype=np.uint8),
        np.array([event.side for event in events], dtype=np.int8),
        np.array([event.tick * TICK for event in events]),
        np.array([event.size for event in events]),
        np.array([event.last for event in events]),
        tick_size=TICK,
    )


@settings(max_examples=STREAMS)
@given(
    seed=st.integers(0, 2**32),
    messages=st.integers(3, 40),
    length=st.integers(1, 16),
    queue=st.sampled_from(QUEUES),
    power=st.sampled_from([1.0, 2.0, 2.5]),
    consume=st.booleans(),
    latencies=st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 3)),
)
@pytest.mark.timeout(900)
def test_fills_and_ends_of_orders_are_those_of_a_plain_exchange(  # noqa: PLR0917 - drawn by name
    seed: int,
    messages: int,
    length: int,
    queue: str,
    power: float,
    consume: bool,
    latencies: tuple[int, int, int],
) -> None:
    events, commands = random_stream(seed, messages), random_script(seed, length)
    order_ns, answer_ns, feed_ns = latencies
    script = Script(commands)
    setup = TickSettings(
        queue=queue,
        queue_power=power,
        consume_depth=consume,
        order_latency=ConstantLatency(order_ns),
        answer_latency=ConstantLatency(answer_ns),
        initial_balance=BALANCE,
    ).setup(tick_size=TICK, lot_size=None)
    run = _core.run_tick_class([tape_of(events, feed_ns)], setup, script)
    due = [command for command in commands if command.sent < events[-1].time]
    assert script.sent[: len(due)] == due

    exchange = Exchange(Rules(queue=queue, power=power, consume=consume, order_latency=order_ns))
    exchange.play(events, script.sent)

    # A reversal is booked as two fills, and what arithmetic leaves of a size is none.
    expected: dict[tuple[int, int, float, str], float] = defaultdict(float)
    for fill in exchange.fills:
        expected[fill.time, fill.order, fill.tick * TICK, "maker" if fill.maker else "taker"] += fill.quantity
    found: dict[tuple[int, int, float, str], float] = defaultdict(float)
    fills = run.fills()
    for time, order, price, liquidity, quantity in zip(
        fills["time_ns"], fills["order"], fills["price"], fills["liquidity"], fills["quantity"], strict=True
    ):
        found[int(time), int(order), float(price), str(liquidity)] += float(quantity)
    assert without_dust(found) == pytest.approx(without_dust(expected), abs=1e-9)

    states = dict(zip(run.orders()["order"].tolist(), run.orders()["state"], strict=True))
    for order, state in states.items():
        assert exchange.ended.get(order, "open") == ("open" if state == "partially_filled" else state)

    # What the strategy was told adds up to what happened, each answer in its time.
    assert {late for late, _, _ in script.told} <= {answer_ns}
    signs_of = {c.order: c.side for c in commands if c.what not in {"cancel", "replace"}}
    held = sum(signs_of[fill.order] * fill.quantity for fill in exchange.fills)
    assert script.position == pytest.approx(held, abs=1e-9)
    if abs(held) < 1e-9:
        paid = sum(signs_of[fill.order] * fill.quantity * fill.tick * TICK for fill in exchange.fills)
        assert run.equity - BALANCE == pytest.approx(-paid, abs=1e-6)


def without_dust(fills: dict[Any, float]) -> dict[Any, float]:
    return {key: quantity for key, quantity in fills.items() if quantity > 1e-9}
