"""Bootstrap and reordered trades against plain NumPy, and that a seed means the same bytes."""

from __future__ import annotations

import numpy as np
import pytest

from spark_stacker import _core
from spark_stacker.backtesting.search.resampling import bootstrap, reorder_trades, trade_returns
from spark_stacker.errors import DataError, ParameterError

RETURNS = np.random.default_rng(12).normal(0.0005, 0.01, 400)


def oracle(rng: np.random.Generator, *, length: int, stationary: bool) -> tuple[float, float, float]:
    """Total return, Sharpe ratio and drawdown of one drawn history."""
    count = len(RETURNS)
    sizes = rng.geometric(1 / length, count) if stationary else np.full(count, length)
    starts = rng.integers(count, size=count)
    pieces = np.searchsorted(np.cumsum(sizes), count) + 1
    sizes, starts = sizes[:pieces], starts[:pieces]
    offsets = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)[:count]
    rows = (offsets + np.arange(count)) % count
    drawn = RETURNS[rows]
    equity = np.concatenate([[1.0], np.cumprod(1 + drawn)])
    drawdown = (1 - equity / np.maximum.accumulate(equity)).max()
    return equity[-1] - 1, drawn.mean() / drawn.std(ddof=1), drawdown


@pytest.mark.parametrize("stationary", [True, False])
@pytest.mark.parametrize("length", [1, 8, 400])
def test_the_bootstrap_has_the_distribution_of_plain_numpy(stationary: bool, length: int) -> None:
    rng = np.random.default_rng(13)
    expected = np.array([oracle(rng, length=length, stationary=stationary) for _ in range(2_000)])
    found = _core.bootstrap_returns(
        RETURNS, mean_length=length, stationary=stationary, draws=2_000, seed=1, threads=2
    )
    for mine, theirs in zip(found.T, expected.T, strict=True):
        # Kolmogorov-Smirnov: 0.0617 is the 0.1 % point for two samples of 2,000.
        grid = np.sort(np.concatenate([mine, theirs]))
        if np.ptp(grid) < 1e-9:
            continue
        gap = np.searchsorted(np.sort(mine), grid + 1e-12) - np.searchsorted(np.sort(theirs), grid + 1e-12)
        assert np.abs(gap).max() / 2_000 < 0.0617


@pytest.mark.parametrize("method", ["stationary", "circular"])
def test_a_seed_gives_the_same_bytes_on_any_number_of_threads(method: str) -> None:
    def draw(seed: int, threads: int) -> object:
        return bootstrap(RETURNS, periods_per_year=365.0, method=method, seed=seed, threads=threads)  # type: ignore[arg-type]

    assert draw(1, 1) == draw(1, 4)
    assert draw(1, 1) != draw(2, 1)
    assert reorder_trades(RETURNS, seed=1, threads=1) == reorder_trades(RETURNS, seed=1, threads=4)
    assert reorder_trades(RETURNS, seed=1) != reorder_trades(RETURNS, seed=2)


def test_the_interval_covers_the_history_it_came_from() -> None:
    found = bootstrap(RETURNS, periods_per_year=365.0, confidence=0.9)
    total = np.prod(1 + RETURNS) - 1
    sharpe = RETURNS.mean() / RETURNS.std(ddof=1) * np.sqrt(365.0)
    assert found.sharpe_ratio is not None
    assert found.total_return.low < total < found.total_return.high
    assert found.sharpe_ratio.low < sharpe < found.sharpe_ratio.high
    assert 0 < found.max_drawdown.low < found.max_drawdown.median < found.max_drawdown.high < 1
    assert (found.block_length, found.draws, found.confidence) == (8, 1_000, 0.9)


def test_the_order_of_trades_moves_the_drawdown_and_not_the_equity() -> None:
    trades = np.array([0.5, -0.2, 0.1, -0.3, 0.05])
    found = reorder_trades(trades, confidence=0.99)
    equity = np.prod(1 + trades)
    assert found.final_equity.low == pytest.approx(equity, rel=1e-14)
    assert found.final_equity.high == pytest.approx(equity, rel=1e-14)
    assert found.max_drawdown.low == pytest.approx(0.3)
    assert found.max_drawdown.high == pytest.approx(1 - 0.8 * 0.7)
    drawn = reorder_trades(trades, replace=True).final_equity
    assert drawn.low < equity / 2 < 2 * equity < drawn.high


def test_profits_become_fractions_of_the_balance_before_them() -> None:
    assert trade_returns([100.0, -110.0, 99.0], initial_balance=1_000.0).tolist() == [0.1, -0.1, 0.1]
    with pytest.raises(ParameterError, match="balance before trade 1 must be positive, was 0"):
        trade_returns([-1_000.0, 5.0], initial_balance=1_000.0)


def test_without_variance_there_is_no_interval_of_the_sharpe_ratio() -> None:
    assert bootstrap(np.full(50, 0.01), periods_per_year=365.0).sharpe_ratio is None


def test_each_mistake_is_named() -> None:
    with pytest.raises(ParameterError, match="method must be 'stationary' or 'circular', was 'moving'"):
        bootstrap(RETURNS, periods_per_year=365.0, method="moving")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="draws must be at least 1, was 0"):
        bootstrap(RETURNS, periods_per_year=365.0, draws=0)
    with pytest.raises(ParameterError, match="confidence must be between 0 and 1, was 95"):
        reorder_trades(RETURNS, confidence=95)
    with pytest.raises(ParameterError, match="length must be from 1 to the 400 returns, was 500"):
        bootstrap(RETURNS, periods_per_year=365.0, block_length=500, method="circular")
    with pytest.raises(ParameterError, match="returns must be at least 2 values, was 0 values"):
        bootstrap([], periods_per_year=365.0)
    with pytest.raises(
        DataError, match="column returns, row 0: return must be finite and at least −1, was -2"
    ):
        reorder_trades([-2.0])
    with pytest.raises(ParameterError, match="returns must be those of at least one trade, was empty"):
        reorder_trades([])
    with pytest.raises(ParameterError, match="threads must be at least 1 and at most 1024, was 0"):
        bootstrap(RETURNS, periods_per_year=365.0, threads=0)
