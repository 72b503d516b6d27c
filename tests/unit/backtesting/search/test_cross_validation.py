"""The cross-validation against every split written out, and its behaviour on made cases."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.overfit import splits
from spark_stacker.backtesting.search.overfit import block_sums, cross_validate
from spark_stacker.errors import DataError, ParameterError


def made(kind: str) -> np.ndarray:
    rng = np.random.default_rng(8)
    returns = rng.normal(0.0, 0.01, (12, 203))
    if kind == "one is better":
        returns[7] += 0.01
    if kind == "some hardly trade":
        returns[:9] = 0.0
        returns[2, 30:34] = [0.01, -0.02, 0.05, 0.01]
        returns[4, 150:] = 0.01 * rng.normal(size=53)
    if kind == "twins":
        returns[1::2] = returns[::2]
    return returns


@pytest.mark.parametrize("kind", ["noise", "one is better", "some hardly trade", "twins"])
@pytest.mark.parametrize("blocks", [2, 6, 10])
def test_it_agrees_with_every_split_written_out(kind: str, blocks: int) -> None:
    returns = made(kind)
    found = cross_validate([block_sums(row, blocks=blocks) for row in returns])
    expected = splits(returns, blocks)
    defined = np.isfinite(expected.out_of_sample)
    assert found is not None
    assert found.splits == len(expected.in_sample)
    assert found.probability == expected.probability
    assert found.probability_of_loss == (defined & (expected.out_of_sample < 0)).mean()
    assert found.in_sample_sharpe == pytest.approx(expected.in_sample.mean(), rel=1e-12)
    assert found.out_of_sample_sharpe == pytest.approx(expected.out_of_sample[defined].mean(), abs=1e-12)
    median = np.median(np.where(defined, expected.out_of_sample, -np.inf))
    if np.isfinite(median):
        assert found.median_out_of_sample_sharpe == pytest.approx(median, abs=1e-12)
    else:
        assert found.median_out_of_sample_sharpe is None
    if blocks > 2:
        slope, _ = np.polyfit(expected.in_sample[defined], expected.out_of_sample[defined], 1)
        assert found.slope == pytest.approx(slope, rel=1e-9)


@pytest.mark.slow
def test_sixteen_blocks_agree_with_all_12870_splits_written_out() -> None:
    returns = np.random.default_rng(9).normal(0.0002, 0.01, (7, 320))
    found = cross_validate([block_sums(row) for row in returns])
    expected = splits(returns, 16)
    assert found is not None
    assert found.splits == len(expected.in_sample) == 12_870
    assert found.probability == expected.probability
    assert found.probability_of_loss == (expected.out_of_sample < 0).mean()
    slope, _ = np.polyfit(expected.in_sample, expected.out_of_sample, 1)
    assert found.slope == pytest.approx(slope, rel=1e-9)


def test_more_sets_than_a_slab_agree_with_every_split_written_out() -> None:
    returns = np.random.default_rng(12).normal(0.0, 0.01, (4_100, 64))
    returns[4_098] += 0.004
    returns[4_099] = returns[0]
    sums = np.stack([block_sums(row, blocks=4) for row in returns])
    expected = splits(returns, 4)
    found = cross_validate(sums)
    assert found is not None
    assert found.probability == expected.probability
    assert found.in_sample_sharpe == pytest.approx(expected.in_sample.mean(), rel=1e-12)
    assert found.out_of_sample_sharpe == pytest.approx(expected.out_of_sample.mean(), rel=1e-12)


def test_noise_is_overfit_about_half_of_the_time() -> None:
    rng = np.random.default_rng(10)
    found = []
    for _ in range(30):
        result = cross_validate([block_sums(row) for row in rng.normal(0.0, 0.01, (40, 640))])
        assert result is not None
        found.append(result.probability)
    assert np.mean(found) == pytest.approx(0.5, abs=0.12)


def test_an_edge_is_found_again() -> None:
    returns = np.random.default_rng(11).normal(0.0, 0.01, (40, 640))
    returns[5] += 0.004
    result = cross_validate([block_sums(row) for row in returns])
    assert result is not None
    assert result.probability < 0.01
    assert result.probability_of_loss < 0.01


def test_threads_do_not_change_a_bit() -> None:
    sums = np.stack([block_sums(row) for row in made("noise")])
    assert cross_validate(sums, threads=1) == cross_validate(sums, threads=4)


def test_sets_that_never_trade_have_no_result() -> None:
    assert cross_validate(np.stack([block_sums(np.zeros(160))] * 3)) is None


def test_each_mistake_is_named() -> None:
    with pytest.raises(ParameterError, match="blocks must be even, from 2 to 16, was 5"):
        block_sums(np.zeros(100), blocks=5)
    with pytest.raises(ParameterError, match="returns must be one for each of 16 blocks, was 3 values"):
        block_sums(np.zeros(3))
    with pytest.raises(DataError, match="column returns, row 7: return must be finite, was NaN"):
        block_sums(np.where(np.arange(50) == 7, np.nan, 0.0))
    with pytest.raises(ParameterError, match="sets must be at least 1, was 0"):
        cross_validate(np.zeros((0, 16, 3)))
    with pytest.raises(DataError, match="column block sums, row 1: sum must be finite, was NaN"):
        cross_validate(np.stack([np.zeros((16, 3)), np.full((16, 3), np.nan)]))
    with pytest.raises(DataError, match="column block sums has 64 rows, expected 96"):
        cross_validate(np.zeros((2, 16, 2)))
