"""Many parameter sets at once: each row is the backtest of the equal portfolio."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.made import plans
from tests.made.sweeps import every_set, parameter, setting, sweep
from tests.made.walks import core_bars, random_walk

if TYPE_CHECKING:
    from spark_stacker import _core

METRICS = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades", "profit_factor", "hedge_profit")
ROWS = 600
FAST, SLOW, STOPS = [3, 5, 8], [13, 21], [None, 2.0]


@pytest.fixture(scope="module")
def bars() -> _core.Bars:
    return core_bars(random_walk(ROWS, seed=11))


def cross(fast: int, slow: int, **changes: object) -> plans.Plan:
    indicator = plans.indicator("ma", "1h", fast_period=fast, slow_period=slow)
    return plans.plan("1h", plans.strategy("1h", indicator, **changes), taker_fee_rate=0.0005)


def crosses(bars: _core.Bars, **changes: object) -> _core.Sweep:
    axes = (
        parameter("fast_period", *FAST),
        parameter("slow_period", *SLOW),
        setting("stop_loss_pct", *STOPS),
    )
    return sweep(cross(2, 30, **changes), bars, *axes)


def row_of(run: _core.Run) -> list[float]:
    found = run.metrics()
    return [np.nan if found[name] is None else float(found[name]) for name in METRICS]


def evaluated(made: _core.Sweep, **span: Any) -> Any:
    whole: dict[str, Any] = {"start_ns": None, "end_ns": None, "threads": 2}
    return made.evaluate(every_set(made.lengths), METRICS, **whole | span)


def test_few_metrics_of_crossings_are_those_of_all_in_whatever_order_they_are_asked_for(
    bars: _core.Bars,
) -> None:
    axes = parameter("fast_period", *FAST), parameter("slow_period", *SLOW)
    made = sweep(cross(2, 30, side="long"), bars, *axes)
    whole: dict[str, Any] = {"start_ns": None, "end_ns": None, "threads": 2}
    digits = every_set(made.lengths)
    first = made.evaluate(digits, METRICS, **whole)[0]
    few = made.evaluate(digits, METRICS[:4], **whole)[0]
    again = made.evaluate(digits, METRICS, **whole)[0]
    assert first.tobytes() == again.tobytes()
    np.testing.assert_allclose(few, first[:, :4], rtol=1e-12, atol=1e-12)
    assert few[:, 3].min() > 3


def test_each_row_is_the_backtest_of_the_equal_portfolio(bars: _core.Bars) -> None:
    made = crosses(bars)
    values, status, reasons = evaluated(made)
    expected = [
        row_of(plans.run(cross(FAST[f], SLOW[s], stop_loss_pct=STOPS[p]), bars))
        for f, s, p in every_set(made.lengths)
    ]
    assert np.array_equal(values, expected, equal_nan=True)
    assert not status.any()
    assert reasons == []


def test_only_the_span_is_traded_and_bars_before_it_feed_indicators(bars: _core.Bars) -> None:
    made = crosses(bars)
    times = bars.open_time_ns
    values, _, _ = evaluated(made, start_ns=int(times[200]), end_ns=int(times[450]))
    expected = [
        row_of(plans.run(cross(FAST[f], SLOW[s], stop_loss_pct=STOPS[p]), bars.slice(0, 450), start=200))
        for f, s, p in every_set(made.lengths)
    ]
    assert np.array_equal(values, expected, equal_nan=True)
    open_time_ns, equity = made.equity(
        np.zeros(3, dtype=np.uint32), start_ns=int(times[200]), end_ns=int(times[450])
    )
    assert np.array_equal(open_time_ns, times[200:450])
    assert np.array_equal(equity, plans.run(cross(3, 13), bars.slice(0, 450), start=200).equity)


def test_threads_and_the_division_into_calls_change_no_byte(bars: _core.Bars) -> None:
    axes = (
        parameter("fast_period", *range(2, 14)),
        parameter("slow_period", *range(10, 22)),
        setting("trailing_stop_pct", None, 1.0, 3.0),
    )
    made = sweep(cross(2, 30), bars, *axes)
    digits = every_set(made.lengths)
    alone = made.evaluate(digits, METRICS, start_ns=None, end_ns=None, threads=1)
    for threads in (2, 5):
        rows = made.evaluate(digits, METRICS, start_ns=None, end_ns=None, threads=threads)
        assert rows[0].tobytes() == alone[0].tobytes()
        assert rows[1].tobytes() == alone[1].tobytes()
        assert rows[2] == alone[2]
    chunks = [
        made.evaluate(chunk, METRICS, start_ns=None, end_ns=None, threads=2)[0]
        for chunk in np.array_split(np.ascontiguousarray(digits), 7)
    ]
    assert np.concatenate(chunks).tobytes() == alone[0].tobytes()


def test_a_set_that_cannot_be_says_why_and_fails_alone(bars: _core.Bars) -> None:
    made = sweep(cross(2, 30), bars, parameter("fast_period", 5, 40, 20), parameter("slow_period", 10, 30))
    values, status, reasons = evaluated(made)
    assert status.tolist() == [0, 0, 1, 2, 3, 0]
    assert reasons == [
        "fast_period must be below slow_period (10), was 40",
        "fast_period must be below slow_period (30), was 40",
        "fast_period must be below slow_period (10), was 20",
    ]
    assert np.isnan(values[[2, 3, 4]]).all()
    assert not np.isnan(values[0, :4]).any()


def test_levels_share_values_and_give_their_own_signals(bars: _core.Bars) -> None:
    levels = [(20.0, 70.0), (20.0, 80.0), (35.0, 70.0), (35.0, 80.0)]
    made = sweep(
        plans.plan("1h", plans.strategy("1h", plans.indicator("rsi", "1h", period=9))),
        bars,
        parameter("oversold", 20.0, 35.0),
        parameter("overbought", 70.0, 80.0),
    )
    values, _, _ = evaluated(made)
    expected = [
        row_of(
            plans.run(
                plans.plan(
                    "1h",
                    plans.strategy(
                        "1h", plans.indicator("rsi", "1h", period=9, oversold=low, overbought=high)
                    ),
                ),
                bars,
            )
        )
        for low, high in levels
    ]
    assert np.array_equal(values, expected, equal_nan=True)


def test_a_hedge_may_be_switched_off_and_sizings_change_as_a_whole(bars: _core.Bars) -> None:
    sizings = [
        {"method": "percent_equity", "equity_pct": 50.0},
        {"method": "fixed_usd", "amount": 700.0},
    ]
    bounds = {
        "scale_by_confidence": True,
        "max_position_size": None,
        "min_notional": None,
        "max_notional": None,
    }
    made = sweep(
        cross(4, 15, hedge=plans.hedge()),
        bars,
        setting("hedge.ratio", 0, 0.3),
        setting("sizing", *({**bounds, **sizing} for sizing in sizings)),
    )
    values, _, _ = evaluated(made)
    expected = [
        row_of(plans.run(cross(4, 15, hedge=hedge, sizing=bounds | sizing), bars))
        for hedge in (None, plans.hedge(ratio=0.3))
        for sizing in sizings
    ]
    assert np.array_equal(values, expected, equal_nan=True)


def test_signals_from_outside_stay_while_settings_vary(bars: _core.Bars) -> None:
    rng = np.random.default_rng(5)
    direction = rng.choice([-1, 0, 0, 0, 1], ROWS).astype(np.int8)
    confidence = rng.uniform(0.2, 1.0, ROWS)
    outside = plans.indicator(None, "1h")
    signals = [(0, 0, direction, confidence)]
    made = sweep(
        plans.plan("1h", plans.strategy("1h", outside)),
        bars,
        setting("min_confidence", 0.0, 0.6),
        signals=signals,
    )
    values, _, _ = evaluated(made)
    expected = [
        row_of(
            plans.run(
                plans.plan("1h", plans.strategy("1h", outside, min_confidence=least)), bars, signals=signals
            )
        )
        for least in (0.0, 0.6)
    ]
    assert np.array_equal(values, expected, equal_nan=True)


def returns_of(made: _core.Sweep, digits: Any) -> Any:
    curves = [made.equity(row, start_ns=None, end_ns=None)[1] for row in digits]
    return np.array(
        [np.diff(curve, prepend=10_000.0) / np.concatenate([[10_000.0], curve[:-1]]) for curve in curves]
    )


def test_block_sums_are_those_of_the_returns_of_the_equity(bars: _core.Bars) -> None:
    made = crosses(bars)
    digits = every_set(made.lengths)
    sums = made.block_sums(digits, 16, start_ns=None, end_ns=None, threads=2)
    returns = returns_of(made, digits)
    bounds = [block * ROWS // 16 for block in range(17)]
    for block, (start, stop) in enumerate(itertools.pairwise(bounds)):
        part = returns[:, start:stop]
        assert (sums[:, block, 0] == stop - start).all()
        assert np.allclose(sums[:, block, 1], part.sum(axis=1), rtol=0, atol=1e-12)
        assert np.allclose(sums[:, block, 2], (part**2).sum(axis=1), rtol=1e-9, atol=1e-15)


def test_mean_correlation_is_that_of_all_pairs_for_any_number_of_threads(bars: _core.Bars) -> None:
    made = crosses(bars)
    digits = every_set(made.lengths)
    found = made.mean_correlation(digits, start_ns=None, end_ns=None, threads=1)
    pairs = np.corrcoef(returns_of(made, digits))[np.triu_indices(len(digits), 1)]
    assert found == pytest.approx(pairs.mean(), abs=1e-9)
    assert made.mean_correlation(digits, start_ns=None, end_ns=None, threads=3) == found
    assert made.mean_correlation(digits[:1], start_ns=None, end_ns=None, threads=1) is None


def test_permuted_bars_give_other_results_by_their_seed(bars: _core.Bars) -> None:
    axes = (setting("leverage", 1.0, 2.0), setting("venue.taker_fee_rate", 0.0, 0.001, strategy=None))
    made = sweep(cross(3, 13), bars, *axes, start=100)
    metrics = ("total_trades", "total_return")
    digits = every_set(made.lengths)
    span: dict[str, Any] = {"start_ns": None, "end_ns": None, "threads": 1}
    real = made.evaluate(digits, metrics, **span)[0]
    other = made.permuted(1).evaluate(digits, metrics, **span)[0]
    assert not np.isclose(real[:, 1], other[:, 1]).any()
    assert made.permuted(1).evaluate(digits, metrics, **span)[0].tobytes() == other.tobytes()
    assert not np.isclose(made.permuted(2).evaluate(digits, metrics, **span)[0][:, 1], other[:, 1]).any()
