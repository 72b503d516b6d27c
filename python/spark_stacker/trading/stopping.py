"""Stopping: the first SIGINT or SIGTERM asks the loop to end, a second one ends the process at once."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

__all__ = ["StopRequest", "stop_on_signals", "until_stopped"]

T = TypeVar("T")

STOPPED_BY = {signal.SIGINT: "interrupted (Ctrl-C)", signal.SIGTERM: "asked to stop (SIGTERM)"}


class StopRequest:
    """Set once, with its reason."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self.reason = ""

    @property
    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked.is_set()

    def ask(self, reason: str) -> None:
        """Ask for a stop."""
        if not self.is_set:
            self.reason = reason
            self._asked.set()

    async def wait(self) -> None:
        """Wait until a stop is asked for."""
        await self._asked.wait()


async def until_stopped(work: Coroutine[None, None, T], stop: StopRequest) -> T | None:
    """Return what ``work`` returns, or ``None`` if a stop is asked for first; ``work`` is cancelled then."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


@contextmanager
def stop_on_signals(stop: StopRequest) -> Iterator[None]:
    """While inside, signals ask for a stop. After the first, the system's own handling is back for all of
    them.
    """
    loop = asyncio.get_running_loop()

    def handle(number: signal.Signals) -> None:
        stop.ask(STOPPED_BY[number])
        for other in STOPPED_BY:
            loop.remove_signal_handler(other)
            signal.signal(other, signal.SIG_DFL)

    before = {number: signal.getsignal(number) for number in STOPPED_BY}
    for number in STOPPED_BY:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
