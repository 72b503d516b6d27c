"""Calls to a venue: timed, reported, and made again after a failure that may pass."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from spark_stacker.errors import RetryableError
from spark_stacker.trading.events import CallFailed, CallMade

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from spark_stacker.trading.clock import Clock
    from spark_stacker.trading.events import Observer

__all__ = ["BackOff", "VenueCalls"]

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class BackOff:
    """Pauses that double from ``first_s`` up to ``longest_s``.

    >>> pauses = BackOff(first_s=1, longest_s=3)
    >>> [pauses.next_s() for _ in range(3)]
    [1.0, 2.0, 3]
    """

    first_s: float = 1.0
    longest_s: float = 60.0
    failures: int = 0

    def next_s(self) -> float:
        """Return the pause after one more failure."""
        pause_s = min(self.first_s * 2.0**self.failures, self.longest_s)
        self.failures = min(self.failures + 1, 30)
        return pause_s

    def reset(self) -> None:
        """Begin again after a success."""
        self.failures = 0


class VenueCalls:
    """Makes calls until they succeed. Only ``RetryableError`` is met with another try; all else goes up."""

    def __init__(
        self,
        *,
        clock: Clock,
        observer: Observer,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        first_pause_s: float = 1.0,
    ) -> None:
        self._clock = clock
        self._observer = observer
        self._sleep = sleep
        self._first_pause_s = first_pause_s

    async def call(self, exchange: str, endpoint: str, make: Callable[[], Awaitable[T]]) -> T:
        """Make a call, again and again if need be, and return its result."""
        back_off = self.back_off()
        while True:
            began_s = self._clock.stopwatch_s()
            try:
                result = await make()
            except RetryableError as error:
                await self.pause(exchange, endpoint, error, back_off)
                continue
            self._observer(
                CallMade(exchange=exchange, endpoint=endpoint, seconds=self._clock.stopwatch_s() - began_s)
            )
            return result

    def back_off(self) -> BackOff:
        """Return fresh pauses."""
        return BackOff(first_s=self._first_pause_s)

    async def pause(self, exchange: str, endpoint: str, error: RetryableError, back_off: BackOff) -> None:
        """Report a failure and wait before the next try."""
        pause_s = back_off.next_s()
        self._observer(CallFailed(exchange=exchange, endpoint=endpoint, error=str(error), retry_in_s=pause_s))
        await self._sleep(pause_s)
