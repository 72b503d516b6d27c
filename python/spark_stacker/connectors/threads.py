"""Blocking calls in threads that never hold up the end of the process."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_thread"]

T = TypeVar("T")


async def in_thread(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a blocking call in a daemon thread and return its result.

    ``asyncio.to_thread`` would be joined at exit, and so would let a hanging socket delay a stop; this one
    is left behind when its caller is cancelled.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if outcome.done():
            return
        if error is None:
            outcome.set_result(result)  # type: ignore[arg-type]
        else:
            outcome.set_exception(error)

    def run() -> None:
        result, failure = None, None
        try:
            result = call(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001, RUF100 - handed to the caller
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, daemon=True, name=getattr(call, "__name__", "call")).start()
    return await outcome
