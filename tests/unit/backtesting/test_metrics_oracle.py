"""Metrics of the core against NumPy, written down independently."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_stacker import _core
from spark_stacker.errors import DataError, ParameterError

HOUR_NS = 3_600_000_000_000


def core(equity, market=None, *, interval_ns=HOUR_NS, balance=10_000.0, rate=0.0):
    times = np.arange(len(equity), dtype=np.int64) * interval_ns
    return _core.curve_metrics(
        times, equity, initial_balance=balance, interval_ns=interval_ns, benchmark=market, risk_free_rate=rate
    )[0]


def oracle(equity, market, per_year, balance=10_000.0):
    path = np.concatenate([[balance], equity])
    returns = path[1:] / path[:-1] - 1
    hold = np.concatenate([[0.0], market[1:] / market[:-1] - 1])
    peak = np.maximum.accumulate(path)[1:]
    days = np.concatenate([[balance], [equity[row : row + 24][-1] for row in range(0, len(equity), 24)]])
    daily = days[1:] / days[:-1] - 1
    annual = (equity[-1] / balance) ** (per_year / len(equity)) - 1
    drawdown = (1 - equity / peak).max()
    beta = np.cov(returns, hold)[0, 1] / hold.var(ddof=1)
    return {
        "total_return": equity[-1] / balance - 1,
        "annualized_return": annual,
        "annualized_volatility": returns.std(ddof=1) * np.sqrt(per_year),
        "sharpe_ratio": returns.mean() / returns.std(ddof=1) * np.sqrt(per_year),
        "sortino_ratio": returns.mean() / np.sqrt((np.minimum(returns, 0) ** 2).mean()) * np.sqrt(per_year),
        "daily_sharpe_ratio": daily.mean() / daily.std(ddof=1) * np.sqrt(365),
        "max_drawdown": drawdown,
        "max_drawdown_abs": (peak - equity).max(),
        "calmar_ratio": annual / drawdown,
        "buy_and_hold_return": market[-1] / market[0] - 1,
        "beta": beta,
        "alpha": (returns.mean() - beta * hold.mean()) * per_year,
    }


def curves(bars, seed, drift):
    rng = np.random.default_rng(seed)
    equity = 10_000.0 * np.cumprod(1 + rng.normal(drift, 0.005, bars))
    return equity, 100.0 * np.cumprod(1 + rng.normal(0, 0.01, bars))


@pytest.mark.parametrize("bars", [48, 127, 128, 129, 8_760, 1_000_000])
def test_metrics_equal_numpy(bars):
    equity, market = curves(bars, bars, 1e-5)
    found = core(equity, market)
    for name, expected in oracle(equity, market, 8_760.0).items():
        assert found[name] == pytest.approx(expected, rel=1e-11), name


@given(bars=st.integers(30, 2_000), seed=st.integers(0, 2**32 - 1), drift=st.sampled_from([0.0, 1e-3, -1e-3]))
@settings(max_examples=60, deadline=None)
def test_metrics_equal_numpy_on_random_curves(bars, seed, drift):
    equity, market = curves(bars, seed, drift)
    found = core(equity, market)
    for name, expected in oracle(equity, market, 8_760.0).items():
        assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-10), name


def test_sharpe_keeps_its_digits_where_one_pass_would_lose_them():
    rng = np.random.default_rng(5)
    equity = 10_000.0 * np.cumprod(1 + 0.01 + rng.normal(0, 1e-7, 5_000))
    returns = np.diff(np.concatenate([[10_000.0], equity])) / np.concatenate([[10_000.0], equity[:-1]])
    expected = returns.mean() / returns.std(ddof=1) * np.sqrt(8_760)
    assert core(equity)["sharpe_ratio"] == pytest.approx(expected, rel=1e-6)


def test_the_bar_interval_sets_the_year():
    equity, _ = curves(500, 1, 1e-4)
    hourly, daily = core(equity), core(equity, interval_ns=24 * HOUR_NS)
    assert hourly["sharpe_ratio"] == pytest.approx(daily["sharpe_ratio"] * np.sqrt(24))
    assert daily["daily_sharpe_ratio"] == daily["sharpe_ratio"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"balance": 0.0}, ParameterError, "initial_balance must be a positive number"),
        ({"interval_ns": 0}, ParameterError, "interval must be"),
        ({"rate": float("nan")}, ParameterError, "risk_free_rate must be a finite number"),
        ({"market": np.ones(3)}, DataError, "column benchmark has 3 rows, expected 2"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        core(np.array([1.0, 2.0]), **arguments)


def test_a_nan_in_the_curve_is_named():
    with pytest.raises(DataError, match="column equity, row 1: values must be finite"):
        core(np.array([1.0, np.nan]))
