"""Threads do not come along when a process forks: none that is kept for a next call must be waited for."""

from __future__ import annotations

import os
import select
import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.made import plans
from tests.made.sweeps import parameter, sweep
from tests.made.walks import core_bars, random_walk

from spark_stacker.indicators import ema

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60.0


def in_a_child(work: Callable[[], bytes]) -> bytes:
    """What ``work`` gives in a forked process; fails where it does not come back."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - nothing is measured in the child
        try:
            os.write(writable, work())
        finally:
            os._exit(0)
    os.close(writable)
    try:
        ready, _, _ = select.select([readable], [], [], SECONDS)
        if not ready:
            pytest.fail(f"the child has not answered within {SECONDS:g} s")
        return os.read(readable, 1 << 16)
    finally:
        os.close(readable)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def search_on_two_threads() -> Callable[[], bytes]:
    """A sweep. Its candles are made here, since Polars does not live on in a forked process."""
    periods = range(5, 25)
    strategy = plans.strategy("1h", plans.indicator("rsi", "1h", period=9))
    bars = core_bars(random_walk(4_000, seed=3))
    made = sweep(plans.plan("1h", strategy), bars, parameter("period", *periods))
    digits = np.arange(len(periods), dtype=np.uint32).reshape(-1, 1)

    def rows() -> bytes:
        values, status, _ = made.evaluate(digits, ["total_return"], start_ns=None, end_ns=None, threads=2)
        assert not status.any()
        return values.tobytes()

    return rows


def average_on_all_processors() -> Callable[[], bytes]:
    """A column that is long enough for them."""
    values = np.arange(600_000, dtype=float) % 977.0

    def line() -> bytes:
        return ema(values, 20).tobytes()[-1_000:]

    return line


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("made", [search_on_two_threads, average_on_all_processors])
def test_a_forked_process_computes_on_threads_of_its_own(made: Callable[[], Callable[[], bytes]]) -> None:
    work = made()
    expected = work()
    assert in_a_child(work) == expected
    assert work() == expected
