"""Probabilistic and deflated Sharpe ratio: worked examples of the papers, and the formulas in 50 digits."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from oracles import overfit as oracle
from spark_stacker import _core
from spark_stacker.backtesting.search.overfit import (
    SharpeEstimate,
    Trials,
    effective_trials,
    mean_correlation,
    minimum_backtest_years,
)

# Bailey and López de Prado (2014), "The deflated Sharpe ratio", numerical example: an annualised Sharpe ratio
# of 2.5 over 1,250 daily returns (250 a year), skewness −3, kurtosis 10, variance of the trials' annualised
# Sharpe ratios 1/2. Printed: expected maximum 0.1132, deflated 0.9004 for 100 trials and 0.9505 for 46; with
# normal returns 0.9505 for 88.
DEFLATED = [
    pytest.param(100, -3.0, 10.0, 0.9004, id="100 trials"),
    pytest.param(46, -3.0, 10.0, 0.9505, id="46 trials"),
    pytest.param(88, 0.0, 3.0, 0.9505, id="88 trials, normal returns"),
]
VARIANCE = 0.5 / 250

# Bailey and López de Prado (2012), "The Sharpe ratio efficient frontier": 24 monthly returns of Sharpe ratio
# 0.458. Printed: 0.982 as if they were normal, 0.913 with their skewness and kurtosis.
PROBABILISTIC = [
    pytest.param(0.0, 3.0, 0.982, id="as if normal"),
    pytest.param(-2.448, 10.164, 0.913, id="skewed and fat-tailed"),
]

# The same paper: years for an annualised Sharpe ratio of 2 to exceed 1 with 95 % confidence. Printed: 2.73
# from daily, 2.83 from weekly, 3.24 from monthly returns, 4.99 for the monthly hedge fund index.
TRACK_RECORDS = [
    pytest.param(252, 0.0, 3.0, 2.73, id="daily"),
    pytest.param(52, 0.0, 3.0, 2.83, id="weekly"),
    pytest.param(12, 0.0, 3.0, 3.24, id="monthly"),
    pytest.param(12, -0.72, 5.78, 4.99, id="monthly, skewed and fat-tailed"),
]


@pytest.mark.parametrize(("trials", "skewness", "kurtosis", "printed"), DEFLATED)
def test_the_deflated_sharpe_ratio_of_the_paper(
    trials: int, skewness: float, kurtosis: float, printed: float
) -> None:
    winner = SharpeEstimate(2.5 / math.sqrt(250), skewness, kurtosis, 1_250)
    deflated = winner.deflated(Trials(trials, VARIANCE))
    assert deflated == pytest.approx(printed, abs=5e-5)
    exact = oracle.probabilistic_sharpe(
        sharpe=winner.sharpe,
        skewness=skewness,
        kurtosis=kurtosis,
        observations=1_250,
        benchmark=oracle.expected_maximum(trials=trials, variance=VARIANCE),
    )
    assert deflated == pytest.approx(float(exact), abs=1e-13)


def test_the_expected_maximum_of_the_paper() -> None:
    expected = Trials(100, VARIANCE).expected_maximum
    assert expected == pytest.approx(0.1132, abs=5e-5)
    exact = oracle.expected_maximum(trials=100, variance=VARIANCE)
    assert expected == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize(("skewness", "kurtosis", "printed"), PROBABILISTIC)
def test_the_probabilistic_sharpe_ratio_of_the_paper(
    skewness: float, kurtosis: float, printed: float
) -> None:
    found = SharpeEstimate(0.458, skewness, kurtosis, 24).probabilistic()
    assert found == pytest.approx(printed, abs=5e-4)
    exact = oracle.probabilistic_sharpe(
        sharpe=0.458, skewness=skewness, kurtosis=kurtosis, observations=24, benchmark=0
    )
    assert found == pytest.approx(float(exact), abs=1e-14)


@pytest.mark.parametrize(("per_year", "skewness", "kurtosis", "printed"), TRACK_RECORDS)
def test_the_minimum_track_record_of_the_paper(
    per_year: int, skewness: float, kurtosis: float, printed: float
) -> None:
    estimate = SharpeEstimate(2 / math.sqrt(per_year), skewness, kurtosis, 100)
    record = estimate.minimum_track_record(1 / math.sqrt(per_year))
    assert record is not None
    assert record / per_year == pytest.approx(printed, abs=5e-3)
    # A record of this length gives just the confidence that it was asked for.
    with mpmath.workdps(50):
        ratio = mpmath.mpf(estimate.sharpe)
        spread = 1 - skewness * ratio + (mpmath.mpf(kurtosis) - 1) / 4 * ratio**2
        distance = oracle.normal_quantile(mpmath.mpf(0.95)) / (ratio - 1 / math.sqrt(per_year))
        assert record == pytest.approx(float(1 + spread * distance**2), rel=1e-13)


def test_the_minimum_backtest_length_of_the_paper() -> None:
    # Bailey, Borwein, López de Prado and Zhu (2014), "Pseudo-mathematics and financial charlatanism": with
    # five years, no more than 45 independent trials, or a Sharpe ratio of 1 is to be expected without skill.
    years = minimum_backtest_years(45, sharpe=1.0)
    more = minimum_backtest_years(46, sharpe=1.0)
    assert years is not None
    assert more is not None
    assert years < 5 < more
    assert years == pytest.approx(float(oracle.expected_maximum(trials=45, variance=1) ** 2), rel=1e-13)
    assert minimum_backtest_years(45, sharpe=-0.5) is None


def test_the_normal_distribution_is_exact_to_1e_15() -> None:
    with mpmath.workdps(50):
        for x in np.concatenate([np.linspace(-37.5, 8.5, 400), [0.0, 0.67448975, -5.656854249492381]]):
            exact = mpmath.ncdf(mpmath.mpf(float(x)))
            assert abs(_core.normal_cdf(float(x)) - exact) < mpmath.mpf("1e-15") * exact
        for p in np.concatenate([np.logspace(-300, -0.31, 200), np.linspace(0.02, 0.98, 97)]):
            found = mpmath.mpf(_core.normal_quantile(float(p)))
            # One step of Newton's method from the found value tells how far it is off.
            step = (mpmath.ncdf(found) - mpmath.mpf(float(p))) / mpmath.npdf(found)
            assert abs(step) < mpmath.mpf("1e-15") * max(abs(found), mpmath.mpf("0.01")), p
    assert _core.normal_quantile(0.0) == -math.inf
    assert _core.normal_quantile(1.0) == math.inf
    assert math.isnan(_core.normal_quantile(1.5))
    assert math.isnan(_core.normal_cdf(math.nan))


def test_moments_are_those_of_numpy() -> None:
    returns = np.random.default_rng(3).standard_t(4, 700) * 0.01
    found = SharpeEstimate.of(returns)
    assert found is not None
    z = (returns - returns.mean()) / returns.std()
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1), rel=1e-12)
    assert found.skewness == pytest.approx((z**3).mean(), rel=1e-12)
    assert found.kurtosis == pytest.approx((z**4).mean(), rel=1e-12)
    assert found.observations == 700
    assert SharpeEstimate.of(np.full(10, 0.01)) is None


def test_the_mean_correlation_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(4)
    returns = rng.normal(size=(30, 500)) + rng.normal(size=500)
    pairs = np.corrcoef(returns)[np.triu_indices(30, k=1)]
    found = mean_correlation(np.concatenate([returns, np.zeros((1, 500))]))
    assert found == pytest.approx(pairs.mean(), abs=1e-13)
    assert effective_trials(30, correlation=0.5) == 15.5
    assert mean_correlation(returns[:1]) is None
