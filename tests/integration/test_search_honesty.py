"""The honesty report that every search ends with: measured on its sets, for every kind of strategy."""

from __future__ import annotations

import math
import pickle

import numpy as np
import polars as pl
import pytest

from made.backtests import CrossInPython
from made.searches import GRID, engine, follow, settings, sleepy
from spark_stacker.backtesting.search import SearchResult, judgement, optimise, tally
from spark_stacker.backtesting.search.evaluators.contract import WHOLE
from spark_stacker.backtesting.search.overfit import Trials, block_sums, cross_validate, mean_correlation
from spark_stacker.backtesting.search.samplers.making import sampler_of
from spark_stacker.backtesting.search.subject import Subject


@pytest.fixture(scope="module")
def made():
    return engine()


@pytest.fixture(scope="module")
def grid(made):
    return made.optimize_parameters(settings=settings(), param_grid=GRID, ledger=False)


@pytest.fixture(scope="module")
def returns(grid):
    curves = [grid._evaluator.equity(row, judgement.WHOLE)[1] for row in grid.space.digits(range(27))]
    return np.stack(
        [np.diff(curve, prepend=10_000.0) / np.concatenate([[10_000.0], curve[:-1]]) for curve in curves]
    )


def test_it_is_that_of_the_returns_of_all_sets(grid, returns):
    report = grid.honesty
    assert (report.sets, report.trials, report.cross_validated_sets) == (27, 27, 27)
    expected = cross_validate(np.stack([block_sums(row) for row in returns]))
    assert report.cross_validation.probability == pytest.approx(expected.probability, abs=2e-3)
    assert report.correlation == pytest.approx(mean_correlation(returns), rel=1e-9)
    best = returns[grid.space.number(grid.space.digits_of(grid.best_params))]
    assert report.winner.sharpe == pytest.approx(best.mean() / best.std(ddof=1), rel=1e-9)
    assert report.winner.sharpe * math.sqrt(365 * 24) == pytest.approx(grid.best_score, rel=1e-9)


def test_the_spread_of_the_sharpe_ratios_is_that_of_the_trials(grid):
    sharpes = grid.trials["sharpe_ratio"].to_numpy() / math.sqrt(365 * 24)
    expected = Trials(grid.honesty.effective_trials, sharpes.var(ddof=1)).expected_maximum
    assert grid.honesty.expected_maximum_sharpe == pytest.approx(expected, rel=1e-9)


def test_the_permutations_are_the_same_search_over_permuted_bars(grid):
    better = 0
    for seed in range(1, 100):
        evaluator = grid._evaluator.permuted(seed)
        digits = grid.space.digits(range(27))
        sharpes = evaluator.evaluate(digits, ["sharpe_ratio"], judgement.WHOLE, threads=1).values
        better += np.nanmax(sharpes) >= grid.best_score
    assert grid.honesty.permutations == 99
    assert grid.honesty.permutation_p_value == pytest.approx((1 + better) / 100)


def test_it_says_so_in_words_and_is_timed_apart(grid):
    text = grid.summary()
    for words in (
        "27 parameter sets tried",
        "Cross-validation",
        "Deflated Sharpe",
        "Permutation test",
        "Verdict",
    ):
        assert words in text
    assert set(grid.timings) == {"load", "search", "ledger", "honesty"}


def test_it_is_kept_with_the_result(grid, tmp_path):
    grid.save(tmp_path / "kept")
    assert SearchResult.load(tmp_path / "kept").honesty == grid.honesty
    assert pickle.loads(pickle.dumps(grid)).honesty == grid.honesty  # noqa: S301 - made here


def test_a_search_that_takes_long_is_not_permuted(made, monkeypatch):
    monkeypatch.setattr(judgement, "_LONGEST_SECONDS", 1e-9)
    found = made.optimize_parameters(settings=settings(), param_grid=GRID)
    assert found.honesty.permutation_p_value is None
    assert "searches over permuted bars would take about" in found.honesty.reasons["permutation_p_value"]


def test_a_few_permutations_are_no_test(made, monkeypatch):
    monkeypatch.setattr(judgement, "_LONGEST_SECONDS", 1e-9)
    subject = Subject(None, *[None] * 5)
    plan = optimise.plan_search(made, subject, GRID, "sharpe_ratio", {"settings": settings()})
    best, why = judgement._permuted(plan, sampler_of("grid"), 1e-12)
    assert best == []
    assert why == "in 2e-09 s only 1 of the 19 searches over permuted bars that are needed could be made"


def test_a_search_read_from_disk_is_permuted_only_if_it_would_be_when_fresh(made, monkeypatch, tmp_path):
    monkeypatch.setattr(judgement, "_LONGEST_SECONDS", 1.0)
    call = {"param_grid": {"fast_period": [5, 10], "slow_period": [20], "position_size": [0.5]}, "threads": 1}
    made.optimize_parameters(sleepy, "ETH-USD", "1h", **call, honesty=False, out=tmp_path / "kept")
    again = made.optimize_parameters(sleepy, "ETH-USD", "1h", **call, resume=tmp_path / "kept")
    assert "would take about" in again.honesty.reasons["permutation_p_value"]


def test_after_a_loss_of_everything_there_are_returns_of_zero():
    returns = judgement._returns(np.array([150.0, 0.0, 0.0]), 100.0)
    assert returns.tolist() == [0.5, -1.0, 0.0]


def test_of_more_sets_than_memory_should_hold_the_best_and_a_sample_are_studied(made, monkeypatch):
    whole = made.optimize_parameters(settings=settings(), param_grid=GRID)
    monkeypatch.setattr(tally, "IN_MEMORY", 10)
    monkeypatch.setattr(tally, "BEST_KEPT", 5)
    monkeypatch.setattr(tally, "SAMPLE_KEPT", 10)
    part = made.optimize_parameters(settings=settings(), param_grid=GRID)
    assert 10 <= part.honesty.cross_validated_sets <= 15
    assert part.honesty.sets == 27
    assert part.best_params == whole.best_params


def test_of_many_sets_all_are_cross_validated_and_a_sample_gives_the_spread(made, monkeypatch):
    whole = made.optimize_parameters(settings=settings(), param_grid=GRID, ledger=False)
    monkeypatch.setattr(tally, "SAMPLED", 10)
    monkeypatch.setattr(tally, "SAMPLE_KEPT", 12)
    found = made.optimize_parameters(settings=settings(), param_grid=GRID, ledger=False)
    assert found.honesty.cross_validated_sets == 27
    assert found.honesty.cross_validation == whole.honesty.cross_validation
    studied = found._tally.studied()
    assert (len(studied.digits), studied.is_sample.sum()) == (27, 12)
    drawn = found._evaluator.evaluate(studied.digits[studied.is_sample], ["sharpe_ratio"], WHOLE, threads=1)
    sharpes = drawn.values[:, 0] / math.sqrt(365 * 24)
    expected = Trials(found.honesty.effective_trials, sharpes.var(ddof=1)).expected_maximum
    assert found.honesty.expected_maximum_sharpe == pytest.approx(expected, rel=1e-9)


def test_a_set_that_loses_everything_was_tried_and_takes_part(made):
    # At sixty times its equity a set is liquidated and left with nothing, so that it has no Sharpe ratio.
    given = {"settings": settings(), "ledger": False, "seed": 1}
    found = made.optimize_parameters(param_grid={**GRID, "main_leverage": [1.0, 60.0]}, **given)
    undefined = found.trials.filter(pl.col("sharpe_ratio").is_null())
    ruined = undefined.filter(pl.col("total_return") < 0)
    assert len(ruined) > 0
    assert found.honesty.cross_validated_sets == found.count - (len(undefined) - len(ruined))


def test_sets_that_never_trade_or_break_a_constraint_take_no_part(made):
    found = made.optimize_parameters(
        settings=settings(), param_grid={**GRID, "min_confidence": [0.0, 1.0]}, ledger=False
    )
    idle = found.trials.filter(pl.col("total_trades") == 0, pl.col("sharpe_ratio").is_null())
    assert len(idle) > 0
    assert found.honesty.cross_validated_sets == found.count - len(idle)
    constrained = made.optimize_parameters(
        settings=settings(), param_grid=GRID, constraints="total_trades >= 30", ledger=False
    )
    assert constrained.failed > 0
    assert constrained.honesty.cross_validated_sets == constrained.count - constrained.failed


def test_a_timeframe_is_judged_by_the_curves_of_its_sets(made):
    found = made.optimize_parameters(
        settings=settings(), param_grid={"timeframe": ["1h", "2h"], "cross.fast_period": [5, 10]}
    )
    assert found.honesty.cross_validated_sets == 4
    assert found.honesty.correlation is not None
    assert found.honesty.permutations == 99


def test_a_python_indicator_is_judged(made):
    found = made.optimize_parameters(
        symbol="ETH-USD",
        interval="1h",
        indicators=[CrossInPython("own", {"fast_period": 5, "slow_period": 20})],
        param_grid={"own.fast_period": [4, 8], "stop_loss_pct": [2.0, 4.0]},
    )
    assert found.honesty.cross_validated_sets == 4
    assert found.honesty.permutations in (19, 39, 99)


def test_a_function_is_judged(made):
    found = made.optimize_parameters(
        follow,
        "ETH-USD",
        "1h",
        param_grid={"fast_period": [5, 10], "slow_period": [20, 30], "position_size": [0.3]},
        threads=1,
    )
    assert found.honesty.cross_validated_sets == 4
    assert found.honesty.permutations in (19, 39, 99)
    assert found.honesty.winner.sharpe * math.sqrt(365 * 24) == pytest.approx(found.best_score, rel=1e-9)


def test_a_single_set_and_few_bars_leave_things_undefined():
    short = engine(14)
    found = short.optimize_parameters(
        settings=settings(),
        param_grid={"cross.fast_period": [1], "cross.slow_period": [2]},
        metric_to_optimize="total_return",
    )
    assert found.honesty.cross_validation is None
    assert "fewer bars than blocks" in found.honesty.reasons["cross_validation"]
    assert found.honesty.correlation is None


def test_genetic_searches_over_permuted_bars_are_bred_anew(made):
    found = made.genetic_optimize(settings=settings(), param_space=GRID, population_size=5, generations=3)
    assert found.honesty.permutations == 99
    assert found.honesty.sets == found.count
