"""Looks at recorded books: what sizes cost at regular times, in training and in held-out blocks of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker._core import DepthSampler
from spark_stacker.data.events.schema import to_tape
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["DAY_HOURS", "Looks", "look_at"]

DAY_HOURS: Final = 24
_HOUR_NS: Final = 3_600_000_000_000
_MAX_SILENCE_NS: Final = 60_000_000_000
"""A minute: a book that nobody has spoken of for longer is not what the venue shows."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks at a book, one row each, in order of time.

    ``cost_bps`` has a row a look, its sizes bought, then sold; not a number where the size was not filled.
    """

    notional: NDArray[np.float64]
    every_ns: int
    time_ns: NDArray[np.int64]
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    traded: NDArray[np.float64]
    cost_bps: NDArray[np.float64]
    silent: int

    @property
    def known(self) -> NDArray[np.bool_]:
        """The book had both sides."""
        return np.isfinite(self.mid)

    @property
    def mid(self) -> NDArray[np.float64]:
        """Middle price."""
        return (self.bid + self.ask) / 2

    @property
    def half_spread_bps(self) -> NDArray[np.float64]:
        """Half the spread in basis points of the middle price."""
        return (self.ask - self.bid) / (self.ask + self.bid) * 1e4

    @property
    def hour(self) -> NDArray[np.int64]:
        """Of the day, UTC."""
        return self.time_ns // _HOUR_NS % DAY_HOURS

    def block(self, block_ns: int) -> NDArray[np.int64]:
        """The number of the block of time, counted from 1970; even ones train."""
        return self.time_ns // block_ns


def look_at(
    frames: Iterable[pl.DataFrame],
    *,
    tick_size: float,
    notional: Sequence[float],
    every_ns: int,
    place: str,
) -> Looks:
    """Looks at the book of a stream of events, every ``every_ns`` of the time of receipt.

    Memory grows with the looks (8 bytes a size and side), not with the events. Raises `DataError` for events
    that cannot be, or without a book.
    """
    sampler = DepthSampler(
        list(notional), interval_ns=every_ns, max_silence_ns=max(_MAX_SILENCE_NS, every_ns)
    )
    for frame in frames:
        if not frame.is_empty():
            # Looks go by the receiver's clock alone, however wrong it is against the exchange's.
            received = frame.with_columns(exchange_ns=pl.col("local_ns"))
            sampler.feed(to_tape(received, tick_size=tick_size, place=place))
    found = sampler.finish()
    looks = Looks(
        notional=np.array(notional, dtype=np.float64),
        every_ns=every_ns,
        time_ns=found["time_ns"],
        bid=found["bid"],
        ask=found["ask"],
        traded=found["traded"],
        cost_bps=found["cost_bps"].reshape(-1, 2, len(notional)),
        silent=found["silent"],
    )
    if not looks.known.any():
        raise DataError(
            f"{place}: at none of {len(looks.time_ns):,} looks both sides of the book were known; "
            "expected snapshots or quotes, and changes that follow on them"
        )
    return looks
