from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from made.minutes import MINUTE_NS, candle, minute
from spark_stacker.trading.bar_groups import BackFill, BarGroup, BarGrouper, Wait
from spark_stacker.trading.events import (
    BarDuplicated,
    BarLate,
    BarRejected,
    BarRevised,
    BarsBackFilled,
    BarsMissing,
)

GRACE_NS = 10_000_000_000


def grouper(*symbols: str) -> BarGrouper:
    return BarGrouper([(symbol, MINUTE_NS) for symbol in symbols], grace_ns=GRACE_NS)


def closed_at(number: int) -> int:
    """The moment at which a minute's bar is known."""
    return minute(number + 1)


def test_a_closed_bar_is_traded_at_once_with_one_market() -> None:
    bars = grouper("A")
    assert bars.add(candle("A", 0), now_ns=closed_at(0)) == []
    step = bars.next_step(closed_at(0))
    assert isinstance(step, BarGroup)
    assert step.bars == ((0, 100.0, 101.0, 99.0, 100.5, 10.0),)


def test_the_forming_bar_is_never_traded() -> None:
    bars = grouper("A")
    assert bars.add(candle("A", 0, closed=False), now_ns=closed_at(0)) == []
    assert bars.next_step(closed_at(0)) == Wait(None)


def test_a_group_waits_for_the_other_market_until_the_deadline() -> None:
    bars = grouper("A", "B")
    bars.begin_after(0, minute(-1))
    bars.begin_after(1, minute(-1))
    bars.add(candle("A", 0), now_ns=closed_at(0))
    assert bars.next_step(closed_at(0)) == Wait(closed_at(0) + GRACE_NS)
    bars.add(candle("B", 0), now_ns=closed_at(0) + 1)
    step = bars.next_step(closed_at(0) + 1)
    assert isinstance(step, BarGroup)
    assert [bar[0] for bar in step.bars] == [0, 1]


def test_what_has_not_come_by_the_deadline_is_looked_up_in_the_history() -> None:
    bars = grouper("A", "B")
    bars.begin_after(0, minute(-1))
    bars.begin_after(1, minute(-1))
    bars.add(candle("A", 0), now_ns=closed_at(0))
    late = closed_at(0) + GRACE_NS
    gap = bars.next_step(late)
    assert gap == BackFill(1, minute(0), minute(1))
    assert isinstance(gap, BackFill)
    assert bars.fill(gap, [candle("B", 0)], now_ns=late) == [
        BarsBackFilled(market="B", open_time_ns=minute(0), bars=1)
    ]
    step = bars.next_step(late)
    assert isinstance(step, BarGroup)
    assert len(step.bars) == 2


def test_what_the_history_lacks_is_missing_and_later_late() -> None:
    bars = grouper("A", "B")
    bars.begin_after(0, minute(-1))
    bars.begin_after(1, minute(-1))
    bars.add(candle("A", 0), now_ns=closed_at(0))
    late = closed_at(0) + GRACE_NS
    gap = bars.next_step(late)
    assert isinstance(gap, BackFill)
    assert bars.fill(gap, [], now_ns=late) == [BarsMissing(market="B", open_time_ns=minute(0), bars=1)]
    step = bars.next_step(late)
    assert isinstance(step, BarGroup)
    assert [bar[0] for bar in step.bars] == [0]
    assert bars.add(candle("B", 0), now_ns=late) == [BarLate(market="B", open_time_ns=minute(0))]


def test_a_gap_of_many_bars_is_asked_for_in_one_call() -> None:
    bars = grouper("A")
    bars.begin_after(0, minute(0))
    bars.add(candle("A", 5), now_ns=closed_at(5))
    gap = bars.next_step(closed_at(5))
    assert gap == BackFill(0, minute(1), minute(5))
    assert isinstance(gap, BackFill)
    events = bars.fill(gap, [candle("A", 1), candle("A", 3)], now_ns=closed_at(5))
    assert [
        (type(event), event.bars) for event in events if isinstance(event, BarsBackFilled | BarsMissing)
    ] == [
        (BarsBackFilled, 2),
        (BarsMissing, 2),
    ]
    traded = []
    while isinstance(step := bars.next_step(closed_at(5)), BarGroup):
        traded.append(step.open_time_ns)
    assert traded == [minute(1), minute(3), minute(5)]


def test_silence_is_looked_into_once_a_bar_is_due() -> None:
    bars = grouper("A")
    bars.begin_after(0, minute(0))
    assert bars.next_step(closed_at(1)) == Wait(closed_at(1) + GRACE_NS)
    assert bars.next_step(closed_at(3) + GRACE_NS) == BackFill(0, minute(1), minute(4))


def test_a_bar_that_comes_again_is_a_duplicate_and_with_other_values_a_revision() -> None:
    bars = grouper("A")
    bars.add(candle("A", 0), now_ns=closed_at(0))
    again = {"market": "A", "open_time_ns": minute(0)}
    assert bars.add(candle("A", 0), now_ns=closed_at(0)) == [BarDuplicated(**again)]
    assert bars.add(candle("A", 0, 7.0), now_ns=closed_at(0)) == [BarRevised(**again)]
    step = bars.next_step(closed_at(0))
    assert isinstance(step, BarGroup)
    assert step.bars[0][1] == 100.0
    assert bars.add(candle("A", 0), now_ns=closed_at(1)) == [BarDuplicated(**again)]
    assert bars.add(candle("A", 0, 7.0), now_ns=closed_at(1)) == [BarRevised(**again)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"open": Decimal("NaN")}, "finite"),
        ({"close": Decimal(0)}, "positive"),
        ({"high": Decimal(1)}, "high"),
        ({"low": Decimal(1000)}, "high|low"),
        ({"volume": Decimal(-1)}, "volume"),
        ({"open_time_ns": minute(0) + 1}, "between"),
        ({"open_time_ns": minute(500)}, "future"),
    ],
)
def test_an_unsound_bar_is_rejected(changes: dict[str, object], reason: str) -> None:
    bars = grouper("A")
    bars.begin_after(0, minute(-1))
    events = bars.add(replace(candle("A", 0), **changes), now_ns=closed_at(0) + MINUTE_NS)  # type: ignore[arg-type]
    assert [type(event) for event in events] == [BarRejected]
    assert isinstance(events[0], BarRejected)
    assert any(word in events[0].reason for word in reason.split("|"))


def test_a_market_that_has_not_begun_holds_nothing_up_for_long() -> None:
    bars = grouper("A", "B")
    bars.add(candle("A", 0), now_ns=closed_at(0))
    assert bars.next_step(closed_at(0)) == Wait(closed_at(0) + GRACE_NS)
    assert isinstance(bars.next_step(closed_at(1)), BarGroup)


def test_at_the_end_what_is_pending_is_traded_and_nothing_more_is_waited_for() -> None:
    bars = grouper("A", "B")
    bars.begin_after(0, minute(-1))
    bars.begin_after(1, minute(-1))
    bars.add(candle("A", 0), now_ns=closed_at(0))
    bars.finish()
    gap = bars.next_step(closed_at(0))
    assert gap == BackFill(1, minute(0), minute(1))
    assert isinstance(gap, BackFill)
    bars.fill(gap, [], now_ns=closed_at(0))
    assert isinstance(bars.next_step(closed_at(0)), BarGroup)
    assert bars.next_step(closed_at(0)) == Wait(None)
