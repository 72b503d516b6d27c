from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from made.minutes import MINUTE_NS, minute, row
from spark_stacker.errors import ParameterError, StrategyError
from spark_stacker.models import Signal, SignalDirection
from spark_stacker.trading.bar_groups import BarGroup
from spark_stacker.trading.python_indicators import IndicatorRole, PythonIndicators, frame_of

if TYPE_CHECKING:
    import polars as pl


class Indicator:
    """Gives whatever it is told to, and remembers what it was shown."""

    name = "own"

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.frames: list[pl.DataFrame] = []

    def process(self, data: pl.DataFrame) -> tuple[pl.DataFrame, Signal | None]:
        self.frames.append(data)
        if isinstance(self.answer, Exception):
            raise self.answer
        return data, self.answer  # type: ignore[return-value]


def indicators(indicator: Indicator, *, minutes: int = 1) -> PythonIndicators:
    role = IndicatorRole(
        indicator=indicator,
        strategy=2,
        strategy_name="s",
        position=1,
        market=0,
        symbol="ETH-USD",
        interval_ns=MINUTE_NS,
        timeframe_ns=minutes * MINUTE_NS,
    )
    return PythonIndicators([role])


def group(number: int) -> BarGroup:
    return BarGroup(minute(number), ((0, *row(number)[1:]), (1, *row(number)[1:])))


def signal(direction: SignalDirection) -> Signal:
    return Signal(direction=direction, symbol="ETH-USD", indicator="own", confidence=0.25)


def test_a_signal_goes_to_its_place_in_the_plan() -> None:
    entries, given = indicators(Indicator(signal(SignalDirection.SELL))).on_group(group(0))
    assert entries == [(2, 1, -1, 0.25)]
    assert [(event.indicator, event.direction) for event in given] == [("own", "SELL")]


@pytest.mark.parametrize("answer", [None, signal(SignalDirection.NEUTRAL)])
def test_no_signal_is_handed_in_as_neutral(answer: Signal | None) -> None:
    assert indicators(Indicator(answer)).on_group(group(0)) == ([(2, 1, 0, 0.0)], [])


def test_it_sees_every_bar_since_the_first_of_the_history() -> None:
    indicator = Indicator(None)
    working = indicators(indicator)
    working.see(0, [row(0), row(1)])
    working.see(1, [row(2)])
    working.on_group(group(2))
    assert indicator.frames[-1].equals(frame_of([row(0), row(1), row(2)]))
    assert str(indicator.frames[-1]["timestamp"].dtype) == "Datetime(time_unit='us', time_zone='UTC')"


def test_a_higher_timeframe_is_asked_only_when_its_bar_closes() -> None:
    indicator = Indicator(None)
    working = indicators(indicator, minutes=5)
    entries = [working.on_group(group(number))[0] for number in range(10)]
    assert [len(found) for found in entries] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    assert indicator.frames[-1]["open"].to_list() == [100.0, 105.0]


def test_an_indicator_that_fails_stops_with_its_name() -> None:
    with pytest.raises(StrategyError, match="indicator 'own' failed on ETH-USD: KeyError"):
        indicators(Indicator(KeyError("close"))).on_group(group(0))
    with pytest.raises(ParameterError, match="period"):
        indicators(Indicator(ParameterError("period"))).on_group(group(0))
    with pytest.raises(StrategyError, match="must give a Signal or None, gave 'BUY'"):
        indicators(Indicator("BUY")).on_group(group(0))
