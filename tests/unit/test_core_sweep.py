"""What a sweep of the core refuses, and how it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.made import plans
from tests.made.sweeps import parameter, setting, sweep
from tests.made.walks import core_bars, random_walk

from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from spark_stacker import _core

WHOLE: dict[str, Any] = {"start_ns": None, "end_ns": None, "threads": 1}


@pytest.fixture(scope="module")
def bars() -> _core.Bars:
    return core_bars(random_walk(120, seed=3))


def plan(**changes: object) -> plans.Plan:
    return plans.plan("1h", plans.strategy("1h", plans.indicator("rsi", "1h", period=9), **changes))


@pytest.fixture(scope="module")
def made(bars: _core.Bars) -> _core.Sweep:
    return sweep(plan(), bars, parameter("period", 5, 7, 9), setting("leverage", 1.0, 2.0))


def digits(*rows: tuple[int, ...]) -> np.ndarray[Any, Any]:
    return np.array(rows, dtype=np.uint32)


def test_a_digit_beyond_its_axis_is_refused(made: _core.Sweep) -> None:
    with pytest.raises(
        DataError, match=r"digits\[0\], row 1: a digit must be below the 3 values of its axis, was 3"
    ):
        made.evaluate(digits((0, 1), (3, 0)), ["total_return"], **WHOLE)


def test_digits_of_another_shape_are_refused(made: _core.Sweep) -> None:
    with pytest.raises(
        ParameterError, match=r"digits must be of shape \(sets, 2\), one digit an axis, was of shape \[1, 3\]"
    ):
        made.evaluate(digits((0, 1, 0)), ["total_return"], **WHOLE)
    with pytest.raises(ParameterError, match="digits must be C-contiguous"):
        made.evaluate(np.asfortranarray(digits((0, 1), (1, 1))), ["total_return"], **WHOLE)
    with pytest.raises(
        ParameterError, match="digits must be one digit for each of the 2 axes, was 3 of them"
    ):
        made.equity(np.zeros(3, dtype=np.uint32), start_ns=None, end_ns=None)
    with pytest.raises(TypeError):
        made.evaluate(digits((0, 1)).astype(np.int64), ["total_return"], **WHOLE)


def test_no_sets_give_no_rows(made: _core.Sweep) -> None:
    values, status, reasons = made.evaluate(np.empty((0, 2), dtype=np.uint32), ["total_return"], **WHOLE)
    assert values.shape == (0, 1)
    assert (len(status), reasons) == (0, [])


def test_a_metric_that_does_not_exist_is_refused_with_the_closest(made: _core.Sweep) -> None:
    with pytest.raises(
        ParameterError, match=r'unknown metric "sharp_ratio" \(did you mean "sharpe_ratio"\?\)'
    ):
        made.evaluate(digits((0, 1)), ["sharp_ratio"], **WHOLE)
    with pytest.raises(ParameterError, match="metrics must be at least one, was none"):
        made.evaluate(digits((0, 1)), [], **WHOLE)


@pytest.mark.parametrize("threads", [0, 5_000])
def test_a_number_of_threads_that_cannot_be_is_refused(made: _core.Sweep, threads: int) -> None:
    with pytest.raises(ParameterError, match=f"threads must be at least 1 and at most 1024, was {threads}"):
        made.evaluate(digits((0, 1)), ["total_return"], start_ns=None, end_ns=None, threads=threads)


@pytest.mark.parametrize("span", [(0, 5), (2**62, None), (None, 0)])
def test_a_span_without_bars_is_refused(made: _core.Sweep, span: tuple[int | None, int | None]) -> None:
    with pytest.raises(
        ParameterError, match="span in the bars of X-USD must be such that a bar opens within it"
    ):
        made.evaluate(digits((0, 1)), ["total_return"], start_ns=span[0], end_ns=span[1], threads=1)


@pytest.mark.parametrize("blocks", [0, 121])
def test_blocks_that_bars_cannot_fill_are_refused(made: _core.Sweep, blocks: int) -> None:
    with pytest.raises(
        ParameterError, match=f"blocks must be from 1 to the 120 bars of the span, was {blocks}"
    ):
        made.block_sums(digits((0, 1)), blocks, **WHOLE)


MISTAKES = {
    "no axis": ([], "axes must be at least one, was none"),
    "no value": ([setting("leverage")], r"values of axis strategies\[0\].leverage must be at least one"),
    "twice": ([setting("leverage", 1.0), setting("leverage", 2.0)], "must be given once, was twice"),
    "by an alias": (
        [parameter("num_std_dev", 1.0, indicator=1), parameter("std_dev", 2.0, indicator=1)],
        "must be given once, was twice",
    ),
    "unknown setting": ([setting("stop_los_pct", 1.0)], r'unknown setting "stop_los_pct" \(did you mean'),
    "unknown parameter": (
        [parameter("perod", 3)],
        r'unknown parameter of rsi "perod" \(did you mean "period"',
    ),
    "out of range": ([setting("leverage", 2.0, 0.5)], r"strategies\[0\].leverage must be"),
    "wrong type": ([setting("leverage", "much")], r'strategies\[0\].leverage must be a number, was "much"'),
    "wrong word": ([setting("side", "lang")], r'unknown strategies\[0\].side "lang" \(did you mean "long"'),
    "parameter out of range": ([parameter("period", 1)], "period must be a whole number from 2"),
    "no such strategy": (
        [setting("leverage", 1.0, strategy=4)],
        "strategy of an axis must be an index below 1, was 4",
    ),
    "no such indicator": (
        [parameter("period", 3, indicator=2)],
        "indicator of an axis must be an index below 2",
    ),
    "another method": (
        [setting("sizing.amount", 5.0)],
        r"axis strategies\[0\].sizing.amount must be a setting of",
    ),
    "no hedge": (
        [setting("hedge.ratio", 0.2)],
        r"strategies\[0\].hedge.ratio must be of a strategy whose hedge is on",
    ),
    "rate": (
        [setting("venue.taker_fee_rate", 1.5, strategy=None)],
        "venue.taker_fee_rate must be at least 0 and below 1",
    ),
    "timeframe": (
        [setting("timeframe_ns", 5_400 * 10**9)],
        r"strategies\[0\].timeframe must be a whole multiple",
    ),
}


@pytest.mark.parametrize(("axes", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_an_axis_that_cannot_be_is_refused(bars: _core.Bars, axes: list[Any], message: str) -> None:
    strategy = plans.strategy("1h", plans.indicator("rsi", "1h"), plans.indicator("bollinger", "1h"))
    with pytest.raises(ParameterError, match=message):
        sweep(plans.plan("1h", strategy), bars, *axes)


def test_what_only_another_setting_forbids_is_left_to_the_sets(bars: _core.Bars) -> None:
    sizing = {"method": "risk_based", "risk_pct": 1.0}
    made = sweep(
        plan(sizing=plans.strategy("1h", sizing=sizing)["sizing"], stop_loss_pct=2.0),
        bars,
        setting("stop_loss_pct", None, 3.0),
    )
    _, status, reasons = made.evaluate(digits((0,), (1,)), ["total_return"], **WHOLE)
    assert status.tolist() == [1, 0]
    assert reasons == ["strategies[0].sizing.method must be used with a stop_loss_pct, was risk_based"]


def test_signals_from_outside_cannot_be_permuted_or_have_their_parameters_varied(bars: _core.Bars) -> None:
    outside = plans.plan("1h", plans.strategy("1h", plans.indicator(None, "1h")))
    signals = [(0, 0, np.zeros(120, dtype=np.int8), np.zeros(120))]
    made = sweep(outside, bars, setting("leverage", 1.0), signals=signals)
    with pytest.raises(ParameterError, match="computed in the core where bars are permuted"):
        made.permuted(1)
    with pytest.raises(ParameterError, match="must be of an indicator that is computed in the core"):
        sweep(outside, bars, parameter("period", 3), signals=signals)
