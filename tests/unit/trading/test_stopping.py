from __future__ import annotations

import asyncio
import os
import signal

import pytest

from spark_stacker.trading.stopping import StopRequest, stop_on_signals, until_stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_asks_and_the_second_is_the_system_s(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    stop = StopRequest()
    with stop_on_signals(stop):
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), timeout=5)
        assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == [signal.SIG_DFL] * 2
    assert signal.getsignal(number) == before
    assert stop.reason


async def test_work_that_ends_first_gives_its_result_and_a_stop_cancels_it() -> None:
    stop = StopRequest()
    assert await until_stopped(asyncio.sleep(0, "done"), stop) == "done"
    cancelled = []

    async def work() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    asyncio.get_running_loop().call_later(0.01, stop.ask, "first")
    assert await until_stopped(work(), stop) is None
    stop.ask("second")
    assert (cancelled, stop.reason) == ([1], "first")


async def test_work_that_fails_fails() -> None:
    async def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await until_stopped(work(), StopRequest())
