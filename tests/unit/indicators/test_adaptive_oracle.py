"""The two adaptive indicators equal a slow plain-Python oracle on real candles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from oracles.adaptive import adaptive_supertrend, trend_at
from spark_stacker.indicators import AdaptiveSuperTrendIndicator, AdaptiveTrendFinderIndicator

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

MARKETS = ["lean_coinbase_btcusd_1d_trade", "ft_perp_xrp_usdt_5m", "nt_btc_perp_1m"]


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize(
    "settings",
    [{}, {"atr_length": 5, "factor": 1.5, "training_length": 40, "max_iterations": 3}],
    ids=["defaults", "short"],
)
def test_adaptive_supertrend_equals_the_oracle(
    candles: Callable[[str], pl.DataFrame], market: str, settings: dict[str, float]
) -> None:
    frame = candles(market).head(900)
    result = AdaptiveSuperTrendIndicator("ast", settings).calculate(frame)
    ours = result.select("ast_atr", "ast_cluster", "ast_supertrend", "ast_direction").rows()
    prices = (frame[name].to_list() for name in ("high", "low", "close"))
    expected = adaptive_supertrend(*prices, **settings)  # type: ignore[arg-type]
    assert [row[0] is None for row in ours] == [row is None for row in expected]
    values = [(mine, theirs) for mine, theirs in zip(ours, expected, strict=True) if theirs is not None]
    assert len(values) > 700
    np.testing.assert_allclose(*zip(*values, strict=True), rtol=1e-9)
    assert {row[1] for row, _ in values} == {0, 1, 2}
    assert {row[3] for row, _ in values} == {-1, 1}


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize(
    ("params", "lengths", "rows", "deviations"),
    [
        ({}, range(20, 201, 10), 300, 2.0),
        ({"use_long_term": True, "dev_multiplier": 1.5}, range(300, 1201, 50), 40, 1.5),
    ],
    ids=["short term", "long term"],
)
def test_adaptive_trend_finder_equals_the_oracle(
    *,
    candles: Callable[[str], pl.DataFrame],
    market: str,
    params: dict[str, object],
    lengths: range,
    rows: int,
    deviations: float,
) -> None:
    longest = lengths[-1]
    frame = candles(market).head(longest + rows)
    columns = ["atf_period", "atf_pearson_r", "atf_slope", "atf_midline", "atf_upper", "atf_lower"]
    result = AdaptiveTrendFinderIndicator("atf", params).calculate(frame).select(columns)
    assert result["atf_period"].null_count() == longest - 1
    close = frame["close"].to_list()
    expected = [trend_at(close[: end + 1], lengths, deviations) for end in range(longest - 1, len(close))]
    ours = result.rows()[longest - 1 :]
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-13)


def test_a_flat_window_is_skipped_as_the_oracle_skips_it(walk: pl.DataFrame) -> None:
    close = walk["close"].to_numpy().copy()
    close[400:] = close[400]
    frame = walk.with_columns(close=close)
    result = AdaptiveTrendFinderIndicator("atf").calculate(frame.select("close"))
    for row in (445, 590, 599):
        expected = trend_at(close[: row + 1].tolist(), range(20, 201, 10), 2.0)
        columns = result.select("^atf_(period|pearson_r|slope|midline|upper|lower)$")
        if expected is None:
            assert columns.row(row) == (None,) * 6
        else:
            np.testing.assert_allclose(columns.row(row), expected, rtol=1e-9)


def test_a_market_without_movement_has_no_trend() -> None:
    import polars as pl

    frame = pl.DataFrame({"close": [42.0] * 250})
    result = AdaptiveTrendFinderIndicator("atf").calculate(frame)
    assert result["atf_period"].null_count() == 250
