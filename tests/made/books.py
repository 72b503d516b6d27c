"""Streams of book changes and trades: seeded ones, and recorded ones as other simulators take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from spark_stacker._core import EventTape
from spark_stacker.data.events import KINDS, import_events

TRADE, DEPTH, SNAPSHOT, CLEAR = 1, 2, 3, 4
START_NS = 1_700_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class Events:
    """Columns of events of one market, in order of arrival."""

    exchange_ns: np.ndarray
    local_ns: np.ndarray
    kind: np.ndarray
    side: np.ndarray
    price: np.ndarray
    size: np.ndarray
    last: np.ndarray
    tick_size: float

    def frame(self) -> pl.DataFrame:
        """The events as users have them."""
        return pl.DataFrame(
            {
                "exchange_ns": self.exchange_ns,
                "local_ns": self.local_ns,
                "kind": [KINDS[code - 1] for code in self.kind.tolist()],
                "side": self.side,
                "price": self.price,
                "size": self.size,
                "last": self.last,
            }
        )

    def tape(self) -> EventTape:
        return EventTape(
            self.exchange_ns,
            self.local_ns,
            self.kind,
            self.side,
            self.price,
            self.size,
            self.last,
            tick_size=self.tick_size,
        )


def made_events(rows: int, *, seed: int, tick_size: float = 0.1, depth_share: float = 0.87) -> Events:
    """A book that walks around 60,000 with a spread of two ticks or more, and trades at its touch.

    Messages take about a millisecond to the strategy and never overtake one another.
    """
    draw = np.random.default_rng(seed)
    exchange = START_NS + np.cumsum(draw.integers(1, 100_000, rows))
    local = np.maximum.accumulate(exchange + draw.integers(500_000, 1_500_000, rows))
    move = draw.choice([-1, 0, 1], rows, p=[0.02, 0.96, 0.02])
    mid = 600_000 + np.cumsum(move)
    side = draw.choice(np.array([-1, 1], dtype=np.int8), rows)
    is_depth = draw.random(rows) < depth_share
    away = 1 + np.minimum(draw.geometric(0.15, rows) - 1, 60)
    # A buyer trades at the ask, a bid stands below the middle.
    reach = 1 + (draw.random(rows) < 0.03)
    tick = np.where(is_depth, mid - side * away, mid + side * reach)
    size = draw.integers(1, 400, rows) / 100.0
    size[is_depth & (draw.random(rows) < 0.25)] = 0.0
    # Where the middle moves to a level, that level goes, so that the book is never crossed.
    moved = move != 0
    is_depth |= moved
    side[moved] = -move[moved]
    tick = np.where(moved, mid, tick)
    size[moved] = 0.0
    kind = np.where(is_depth, DEPTH, TRADE).astype(np.uint8)
    return Events(
        exchange_ns=exchange,
        local_ns=local,
        kind=kind,
        side=side,
        price=tick * tick_size,
        size=size,
        last=np.ones(rows, dtype=bool),
        tick_size=tick_size,
    )


def recorded_events(*files: str, tick_size: float) -> Events:
    """Recorded trades and books with clocks that never go back and without snapshots.

    hftbacktest's layout would otherwise have rows twice; levels of the one snapshot at the start stand for
    themselves.
    """
    frame = import_events(list(files), tick_size=tick_size, correct_clock=True).frame
    frame = frame.filter(pl.col("kind") != "clear").with_columns(pl.col("exchange_ns").cum_max())
    return Events(
        exchange_ns=frame["exchange_ns"].to_numpy(),
        local_ns=frame["local_ns"].to_numpy(),
        kind=np.where(frame["kind"] == "trade", TRADE, DEPTH).astype(np.uint8),
        side=frame["side"].to_numpy(),
        price=frame["price"].to_numpy(),
        size=frame["size"].to_numpy(),
        last=frame["last"].to_numpy(),
        tick_size=tick_size,
    )
