"""What a session of a dry run does, on candles as on ticks: it connects, trades until it ends or is stopped,
lets go of the venues, and tells how it stands however it ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from spark_stacker.trading.events import SessionStarted, SessionStopped
from spark_stacker.trading.stopping import until_stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence

    from spark_stacker.trading.clock import Clock
    from spark_stacker.trading.events import Observer
    from spark_stacker.trading.portfolio import PortfolioView
    from spark_stacker.trading.retry import VenueCalls
    from spark_stacker.trading.stopping import StopRequest

__all__ = ["DiskPace", "Venue", "connect", "distinct", "run_session"]

VenueT = TypeVar("VenueT", bound="Venue")

_DISCONNECT_S: Final = 0.5
_SYNC_EVERY_S: Final = 1.0


class Venue(Protocol):
    """What a session is connected to."""

    @property
    def name(self) -> str:
        """Return what it is called in messages."""
        ...

    async def open(self) -> None:
        """Connect."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


async def run_session(
    trade: Callable[[], Coroutine[None, None, str]],
    *,
    venues: Sequence[Venue],
    markets: Sequence[str],
    source: str,
    observer: Observer,
    view: Callable[[], PortfolioView],
    end: Callable[[str], None],
    stop: StopRequest,
) -> None:
    """Run ``trade``, which says why it ended, until then or a stop; report the portfolio however it ends.

    ``end`` is called last, with the reason.
    """
    exchange = ", ".join(sorted({venue.name for venue in venues}))
    observer(SessionStarted(exchange=exchange, markets=tuple(markets), source=source))
    reason = "failed"
    try:
        reason = await until_stopped(trade(), stop) or stop.reason
        await _disconnect(venues)
    except Exception as error:
        reason = f"failed: {error}"
        raise
    finally:
        observer(SessionStopped(reason=reason, portfolio=view()))
        end(reason)


async def connect(venues: Iterable[Venue], calls: VenueCalls) -> None:
    """Connect to the venues, one after another."""
    for venue in venues:
        await calls.call(venue.name, "connect", venue.open)


async def _disconnect(venues: Iterable[Venue]) -> None:
    """Let go of the venues; one that does not answer is left behind."""
    closing = [asyncio.create_task(venue.close()) for venue in venues]
    await asyncio.wait(closing, timeout=_DISCONNECT_S)
    for task in closing:
        task.cancel()
    await asyncio.gather(*closing, return_exceptions=True)


def distinct(venues: Iterable[VenueT]) -> list[VenueT]:
    """Return each once, in their order."""
    return list({id(venue): venue for venue in venues}.values())


@dataclass(slots=True)
class DiskPace:
    """Puts what is kept on the disk, once a second at most: a replay's inputs are worth less than its
    speed.
    """

    clock: Clock
    _synced_s: float = float("-inf")

    def sync(self, kept: Callable[[], None]) -> None:
        """Call ``kept`` if it is time."""
        now_s = self.clock.stopwatch_s()
        if now_s - self._synced_s >= _SYNC_EVERY_S:
            kept()
            self._synced_s = now_s
