"""When funding is due, on what and at which price; mark candles with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from made.candles import MINUTE_NS, bars_of, path
from made.outside import given
from made.plans import indicator, plan, run, strategy
from spark_stacker import _core
from spark_stacker.errors import InputError

if TYPE_CHECKING:
    from made.candles import Candle

TEN_UNITS = {"method": "fixed_units", "units": 10.0}


def funded(candles: list[Candle], signals: dict[int, int], due: dict[float, float]) -> _core.Run:
    """Ten units, long only; funding by minute."""
    terms = plan("1m", strategy("1m", indicator(None, "1m"), sizing=TEN_UNITS, side="long"))
    times = np.array([int(minute * MINUTE_NS) for minute in due], dtype=np.int64)
    rates = np.array(list(due.values()))
    return run(terms, bars_of(candles), signals=given(len(candles), signals), funding=(times, rates))


@pytest.mark.parametrize(
    ("due", "paid"),
    [
        (0, 0.0),  # before anything is held
        (1, 0.0),  # at the open at which the position fills
        (2, 1.0),
        (3, 1.0),  # at the open at which the position is closed
        (4, 0.0),
    ],
)
def test_funding_is_due_on_what_was_held_before_the_open(due: int, paid: float) -> None:
    ours = funded(path(*[100.0] * 6), {0: 1, 2: -1}, {due: 0.001})

    assert ours.trades()["funding"].tolist() == pytest.approx([paid])
    assert ours.equity[-1] == pytest.approx(10_000.0 - paid)


def test_without_a_mark_price_the_last_close_before_counts() -> None:
    candles = path(100, 100, 110, 120, 120)
    ours = funded(candles, {0: 1}, {3: 0.001})

    assert ours.metrics()["funding_paid"] == pytest.approx(10 * 110 * 0.001)


def test_funding_in_a_gap_is_due_at_the_bar_after_it_once_each() -> None:
    candles = [candle for candle in path(*[100.0] * 10) if not 3 * MINUTE_NS <= candle[0] < 8 * MINUTE_NS]
    ours = funded(candles, {0: 1}, {3.5: 0.001, 4: 0.002, 7: -0.001})

    assert ours.metrics()["funding_paid"] == pytest.approx(2.0)


def test_mark_candles_judge_liquidation_and_where_they_are_missing_trades_do() -> None:
    """10x from 100: gone below 90. The mark stays at 100 in the first fall and is missing in the second."""
    candles = path(100, 100, 88, 100, 100, 88, 100)
    mark = bars_of([candle for candle in path(*[100.0] * 7) if candle[0] != 5 * MINUTE_NS])
    tier = {"min_notional": 0.0, "maintenance_rate": 0.0, "deduction": 0.0, "max_leverage": 50.0}
    instrument = {
        "market_type": "margin",
        "tick_size": None,
        "lot_size": None,
        "min_quantity": None,
        "min_notional": None,
        "margin_tiers": [tier],
    }
    terms = plan(
        "1m", strategy("1m", indicator(None, "1m"), sizing=TEN_UNITS, leverage=10.0), instrument=instrument
    )
    ours = _core.run_backtest(
        _core.Portfolio(terms),
        [bars_of(candles)],
        start=[0],
        signals=given(7, {0: 1}),
        funding=[None],
        mark=[mark],
    )

    trades = ours.trades()
    assert trades["exit_purpose"] == ["liquidation"]
    assert trades["exit_time_ns"].tolist() == [5 * MINUTE_NS]
    assert trades["exit_price"].tolist() == pytest.approx([90.0])


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ([(1, 1.0, 1.0, 1.0, 1.0)], "marks must be a market that has a bar, each once, was 1"),
        ([(0, 1.0, 1.0, 1.0, 1.0)] * 2, "marks must be a market that has a bar, each once, was 0"),
        ([(0, 1.0, 0.5, 1.0, 1.0)], "high"),
        ([(0, 1.0, 1.0, 1.0, float("nan"))], "close"),
    ],
)
def test_a_session_refuses_mark_candles_that_cannot_be(
    marks: list[tuple[int, float, float, float, float]], words: str
) -> None:
    terms = plan("1m", strategy("1m", indicator(None, "1m"), sizing=TEN_UNITS))
    session = _core.Session(_core.Portfolio(terms))
    with pytest.raises(InputError, match=words):
        session.on_bars(0, [(0, 100.0, 100.0, 100.0, 100.0, 1.0)], [], marks)
    assert session.bars_seen == 0
