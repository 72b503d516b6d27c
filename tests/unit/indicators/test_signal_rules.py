"""What each indicator's values say, against confidences computed by hand from the table of signals."""

from __future__ import annotations

import polars as pl
import pytest

from spark_stacker.errors import DataError
from spark_stacker.indicators import IndicatorFactory
from spark_stacker.models import SignalDirection

BUY, SELL = SignalDirection.BUY, SignalDirection.SELL

# type, parameters, columns of the last rows, direction, trigger, confidence
CASES = [
    ("rsi", {}, {"rsi": [24.0]}, BUY, "oversold", (30 - 24) / 30),
    ("rsi", {}, {"rsi": [85.0]}, SELL, "overbought", (85 - 70) / 30),
    ("rsi", {"oversold": 45}, {"rsi": [5.0]}, BUY, "oversold", 1.0),
    ("rsi", {"trigger": "cross"}, {"rsi": [24.0, 33.0]}, BUY, "oversold", 6 / 30 + 0.5),
    ("rsi", {"trigger": "cross"}, {"rsi": [76.0, 69.0]}, SELL, "overbought", 6 / 30 + 0.5),
    ("rsi", {"signal_period": 2}, {"rsi": [29.0, 21.0]}, BUY, "oversold", 9 / 30),
    (
        "macd",
        {},
        {
            "close": [500.0, 500.0],
            "macd": [1.0, 2.0],
            "macd_signal": [1.5, 1.6],
            "macd_histogram": [-0.5, 0.4],
        },
        BUY,
        "cross_above",
        0.7 + 100 * 0.4 / 500,
    ),
    (
        "macd",
        {},
        {
            "close": [500.0, 500.0],
            "macd": [3.0, 1.0],
            "macd_signal": [2.0, 1.5],
            "macd_histogram": [1.0, -0.5],
        },
        SELL,
        "cross_below",
        0.5 + 100 * 0.5 / 500,
    ),
    (
        "bollinger",
        {},
        {
            "close": [95.0, 89.0],
            "bb_middle": [100.0, 100.0],
            "bb_upper": [110.0, 110.0],
            "bb_lower": [90.0, 90.0],
            "bb_width": [0.2, 0.2],
            "bb_percent_b": [0.25, -0.05],
        },
        BUY,
        "band_cross",
        0.6 + 5 * 0.05,
    ),
    (
        "bollinger",
        {"mean_reversion_threshold": 0.1},
        {
            "close": [108.8, 108.0],
            "bb_middle": [100.0, 100.0],
            "bb_upper": [110.0, 110.0],
            "bb_lower": [90.0, 90.0],
            "bb_width": [0.2, 0.2],
            "bb_percent_b": [0.94, 0.90],
        },
        SELL,
        "mean_reversion",
        0.5 + 5 * 0.04,
    ),
    (
        "ma",
        {},
        {"fast_ma": [99.0, 102.0], "slow_ma": [100.0, 100.0], "ma_ratio": [0.99, 1.02]},
        BUY,
        "golden_cross",
        0.6 + 10 * 0.02,
    ),
    (
        "ma",
        {},
        {"fast_ma": [101.0, 97.0], "slow_ma": [100.0, 100.0], "ma_ratio": [1.01, 0.97]},
        SELL,
        "death_cross",
        0.6 + 10 * 0.03,
    ),
    (
        "adaptive_supertrend",
        {},
        {
            "ast_atr": [1.0, 1.0],
            "ast_cluster": [1.0, 0.0],
            "ast_supertrend": [103.0, 97.0],
            "ast_direction": [-1.0, 1.0],
        },
        BUY,
        "trend_flip",
        0.8,
    ),
    (
        "adaptive_supertrend",
        {},
        {
            "ast_atr": [1.0, 1.0],
            "ast_cluster": [2.0, 2.0],
            "ast_supertrend": [97.0, 103.0],
            "ast_direction": [1.0, -1.0],
        },
        SELL,
        "trend_flip",
        0.6,
    ),
    (
        "adaptive_trend_finder",
        {},
        {
            "close": [89.0, 91.0],
            "atf_period": [50.0, 50.0],
            "atf_pearson_r": [0.93, 0.93],
            "atf_slope": [0.001, 0.001],
            "atf_midline": [100.0, 100.0],
            "atf_upper": [110.0, 110.0],
            "atf_lower": [90.0, 90.0],
        },
        BUY,
        "channel_return",
        0.85,
    ),
    (
        "ultimate_ma",
        {},
        {"close": [99.0, 99.0, 102.0], "uma_line1": [100.0, 100.5, 101.0], "uma_line2": [None, None, None]},
        BUY,
        "price_cross",
        0.75,
    ),
    (
        "ultimate_ma",
        {"use_second_ma": True},
        {"close": [99.0, 99.0], "uma_line1": [102.0, 100.0], "uma_line2": [101.0, 101.0]},
        SELL,
        "cross_below",
        0.80,
    ),
]


@pytest.mark.parametrize(("kind", "params", "columns", "direction", "trigger", "confidence"), CASES)
def test_values_of_the_last_rows_give_the_signal_of_the_table(
    *,
    kind: str,
    params: dict[str, object],
    columns: dict[str, list[float]],
    direction: SignalDirection,
    trigger: str,
    confidence: float,
) -> None:
    indicator = IndicatorFactory.create_indicator("mine", kind, params)
    signal = indicator.generate_signal(pl.DataFrame(columns))
    assert signal is not None
    assert (signal.direction, signal.params["trigger"], signal.indicator) == (direction, trigger, "mine")
    assert signal.confidence == pytest.approx(confidence, abs=1e-12)
    last = {name: values[-1] for name, values in columns.items() if name != "close"}
    assert {name: signal.params[name] for name in last} == {k: pytest.approx(v) for k, v in last.items()}


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("rsi", {"rsi": [30.0]}),
        ("rsi", {"rsi": [None]}),
        ("ma", {"fast_ma": [99.0, 100.0], "slow_ma": [100.0, 100.0], "ma_ratio": [0.99, 1.0]}),
        ("ma", {"fast_ma": [None, 102.0], "slow_ma": [None, 100.0], "ma_ratio": [None, 1.02]}),
    ],
)
def test_values_that_say_nothing_give_no_signal(kind: str, columns: dict[str, list[float | None]]) -> None:
    indicator = IndicatorFactory.create_indicator("mine", kind)
    assert indicator.generate_signal(pl.DataFrame(columns, strict=False)) is None


@pytest.mark.parametrize(("above", "below", "direction"), [(True, False, BUY), (False, True, SELL)])
def test_crossing_flags_of_a_single_row_are_read(
    above: bool, below: bool, direction: SignalDirection
) -> None:
    fast = 102.0 if above else 98.0
    frame = pl.DataFrame(
        {
            "fast_ma": [fast],
            "slow_ma": [100.0],
            "ma_ratio": [fast / 100.0],
            "ma_crosses_above": [above],
            "ma_crosses_below": [below],
        }
    )
    signal = IndicatorFactory.create_indicator("cross", "ma").generate_signal(frame)
    assert signal is not None
    assert signal.direction is direction
    assert signal.confidence == pytest.approx(0.8)


def test_flags_that_are_false_outrank_lines_that_seem_to_cross() -> None:
    frame = pl.DataFrame(
        {
            "fast_ma": [99.0, 102.0],
            "slow_ma": [100.0, 100.0],
            "ma_ratio": [0.99, 1.02],
            "ma_crosses_above": [False, False],
            "ma_crosses_below": [False, False],
        }
    )
    assert IndicatorFactory.create_indicator("cross", "ma").generate_signal(frame) is None


def test_a_rule_that_needs_the_close_asks_for_it() -> None:
    frame = pl.DataFrame({"macd": [1.0, 2.0], "macd_signal": [1.5, 1.6], "macd_histogram": [-0.5, 0.4]})
    with pytest.raises(DataError, match="column close is missing"):
        IndicatorFactory.create_indicator("m", "macd").generate_signal(frame)
