"""The clock: the only place of the package that reads the time.

With a real venue the time is the computer's. A replay has a time of its own: how far its tape has come.
What is late and what is missing is judged by that, so a replay gives the same results at any speed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Clock", "SystemClock", "TapeClock"]


class Clock(Protocol):
    """Tells the time in UTC nanoseconds."""

    def now_ns(self) -> int:
        """Return the present."""
        ...

    def seconds_until(self, time_ns: int) -> float | None:
        """Return how long to wait for a time; ``None`` if no waiting brings it, only the next candle."""
        ...

    def stopwatch_s(self) -> float:
        """Return seconds that only ever rise, for measuring how long something took."""
        ...


class SystemClock:
    """The computer's clock."""

    def now_ns(self) -> int:
        """Return the present."""
        return time.time_ns()

    def seconds_until(self, time_ns: int) -> float | None:
        """Return the wait in seconds, 0 for a time that has passed."""
        return max(time_ns - time.time_ns(), 0) / 1e9

    def stopwatch_s(self) -> float:
        """Return the monotonic clock."""
        return time.monotonic()


class TapeClock:
    """The time of a replay."""

    def __init__(self, tape_time_ns: Callable[[], int]) -> None:
        self._tape_time_ns = tape_time_ns

    def now_ns(self) -> int:
        """Return how far the tape has come."""
        return self._tape_time_ns()

    def seconds_until(self, time_ns: int) -> float | None:  # noqa: ARG002
        """Return ``None``: only the next candle moves this clock."""
        return None

    def stopwatch_s(self) -> float:
        """Return the monotonic clock."""
        return time.monotonic()
