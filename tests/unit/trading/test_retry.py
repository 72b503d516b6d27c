from __future__ import annotations

import pytest

from spark_stacker.errors import RetryableError, StopTradingError
from spark_stacker.trading.clock import TapeClock
from spark_stacker.trading.events import CallFailed, CallMade, Event
from spark_stacker.trading.retry import BackOff, VenueCalls


def test_pauses_double_up_to_the_longest() -> None:
    pauses = BackOff(first_s=1.0, longest_s=5.0)
    assert [pauses.next_s() for _ in range(4)] == [1.0, 2.0, 4.0, 5.0]
    pauses.reset()
    assert pauses.next_s() == 1.0


async def test_a_call_is_made_again_until_it_succeeds_and_every_failure_is_told() -> None:
    events: list[Event] = []
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    answers = iter([RetryableError("busy"), RetryableError("busy"), 7])

    async def make() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    calls = VenueCalls(clock=TapeClock(lambda: 0), observer=events.append, sleep=sleep)
    assert await calls.call("kraken", "candles", make) == 7
    assert slept == [1.0, 2.0]
    assert [type(event) for event in events] == [CallFailed, CallFailed, CallMade]


async def test_what_cannot_pass_is_not_tried_again() -> None:
    async def make() -> None:
        raise StopTradingError("the account is closed")

    calls = VenueCalls(clock=TapeClock(lambda: 0), observer=lambda _event: None)
    with pytest.raises(StopTradingError):
        await calls.call("kraken", "candles", make)
